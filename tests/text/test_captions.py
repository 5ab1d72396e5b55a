"""A picture is told in many ways; what is held out is never trained on; the encoder learns what captions mean."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from gan_core.data.datasets import HeldPictures
from gan_core.errors import InputError
from gan_core.text import encoder_training
from gan_core.text.captions import Captioned, caption, held_out, namings, split_off, with_captions, without_brand
from gan_core.text.encoder import TextEncoder
from gan_core.text.encoder_training import columns_of, learn, remembered
from tests import factories

SHIRT = {
    "file_name": "1.jpg", "text": "Turtle Check Men Navy Blue Shirt", "gender": "Men", "article": "Shirts",
    "colour": "Navy Blue", "usage": "NA",
}  # fmt: skip


def told(row: dict[str, Any], count: int = 300) -> set[str]:
    generator = torch.Generator().manual_seed(0)
    ways = [caption(row, generator) for _ in range(count)]
    assert 0 < ways.count("") < count / 8  # now and then, nothing is said
    return set(ways) - {""}


def test_a_captions_words_vary_and_stay_true() -> None:
    ways = told(SHIRT)
    assert {"a navy blue shirt", "men's navy blue shirt", "Men Navy Blue Shirt", SHIRT["text"]} <= ways
    assert len(ways) > 8
    assert all("shirt" in way.lower() for way in ways)
    assert not any("  " in way or way.endswith(" ") or "NA" in way.split() or "{" in way for way in ways)


def test_a_row_with_a_text_alone_is_told_by_it() -> None:
    assert {"passion flower", "a photo of a passion flower"} <= told({"text": "passion flower"})
    sentence = "A small dog sleeps on a red sofa."
    assert told({"text": sentence, "gender": 3}) == {sentence}


@pytest.mark.parametrize(
    ("title", "rest"),
    [
        ("Red Tape Men's Semi Casual Shoe", "Men's Semi Casual Shoe"),
        ("Ivory Tag Women Tangled Coral Red Necklace", "Women Tangled Coral Red Necklace"),
        ("Plain title", "Plain title"),
    ],
)
def test_a_brand_is_what_stands_before_the_wearer(title: str, rest: str) -> None:
    assert without_brand(title) == rest


def pictures(rows: list[dict[str, Any]]) -> HeldPictures:
    return replace(factories.pictures(len(rows)), rows=rows, classes=(), labels=None)


def test_what_is_held_out_is_a_fixed_twentieth_and_never_in_the_part_to_train_on() -> None:
    rows = [{"file_name": f"folder/{number}.jpg", "text": "star"} for number in range(2000)]
    train, held = (split_off(pictures(rows), part) for part in ("train", "held-out"))
    names = [{row["file_name"] for row in part.rows} for part in (train, held)]
    assert not names[0] & names[1]
    assert len(names[0] | names[1]) == 2000
    assert 70 < len(names[1]) < 130
    assert all(held_out(f"elsewhere/{name.split('/')[1]}") for name in names[1])
    assert [row["file_name"] for row in held.rows[:3]] == ["folder/4.jpg", "folder/48.jpg", "folder/49.jpg"]


def test_pictures_without_a_caption_are_left_out_and_counted() -> None:
    rows: list[dict[str, Any]] = [{"file_name": "a.png", "text": "star"}, {}, {"file_name": "b.png", "text": "NA"}]
    kept = with_captions(pictures(rows))
    assert len(kept) == 1
    assert kept.warnings == ["2 of 3 pictures have no caption and were left out."]
    with pytest.raises(InputError, match=r"shapes has no captions: put a metadata\.jsonl"):
        with_captions(pictures([{}, {"label": 3}]))


def test_a_batch_carries_the_vectors_of_captions_drawn_by_its_own_randomness() -> None:
    data, indices = factories.captioned(), torch.tensor([4, 0, 7])
    batch = data.take(indices, torch.Generator().manual_seed(3))
    assert batch.sentences is not None
    assert batch.sentences.shape == (3, 6)
    again = data.take(indices, torch.Generator().manual_seed(3)).sentences
    assert again is not None
    assert again.equal(batch.sentences)
    assert batch.images.equal(data.pictures.take(indices).images)
    assert data.prompts(4) == data.prompts(4)


def test_captions_are_now_and_then_told_in_words_that_the_encoder_learned_to_mean_the_same() -> None:
    data, usual = factories.captioned(), factories.CLASSES[0]
    other = replace(data, encoder=replace(data.encoder, synonyms={usual: ("ruby", "deep sky")}))

    def words(of: Captioned) -> set[str]:
        generator = torch.Generator().manual_seed(0)
        return {word for index in range(len(of)) for _ in range(40) for word in of.told(index, generator).split()}

    assert words(other) == words(data) | {"ruby", "deep", "sky"}
    assert other.take(torch.arange(4)).sentences is not None


# Learning to read ----------------------------------------------------------------------------------------------------

COLOURS, THINGS = ("Red", "Blue", "Green"), ("Bags", "Shoes")
SHOP = [
    {"file_name": f"{number}.jpg", "colour": COLOURS[number % 3], "article": THINGS[number // 3 % 2]}
    for number in range(60)
]


@pytest.fixture(scope="module")
def table() -> TextEncoder:
    """Colours that hardly differ beside things that do, "crimson" next to "red", and a filler louder than both."""
    words = ("red", "blue", "green", "bag", "shoes", "a", "crimson", "purse")
    vectors = np.random.default_rng(0).normal(size=(8, 24)).astype(np.float32)
    vectors[:3] = vectors[:3] * 0.5 + vectors[0]
    vectors[6], vectors[7] = vectors[0] * 0.9 + vectors[6] * 0.1, vectors[3] * 0.9 + vectors[7] * 0.1
    vectors[5] *= 5
    return TextEncoder.from_vectors(words, vectors)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("STEPS", 200), ("CAPTIONS", 300), ("BATCH", 64), ("NOISE", 0.5)):
        monkeypatch.setattr(encoder_training, name, value)


@pytest.mark.usefixtures("quick")
def test_the_encoder_learns_kind_and_colour_and_carries_them_over_to_words_of_no_caption(table: TextEncoder) -> None:
    learned = learn(table, SHOP, 8)
    assert learned.columns == {"article": ("Bags", "Shoes"), "colour": ("Blue", "Green", "Red")}
    assert learned.encoder.size == 8
    assert learned.tell(["a crimson purse", "blue shoes", "purse in green"], "colour") == ["Red", "Blue", "Green"]
    assert learned.tell(["a crimson purse", "blue shoes", "purse in green"], "article") == ["Bags", "Shoes", "Bags"]
    assert nearness(learned.encoder, "red bag", "blue bag") < nearness(table, "red bag", "blue bag") - 0.2
    assert learn(table, SHOP, 8).encoder.fingerprint == learned.encoder.fingerprint
    assert learn(table, SHOP, 8, seed=1).encoder.fingerprint != learned.encoder.fingerprint


@pytest.mark.usefixtures("quick")
def test_words_that_may_stand_for_others_are_learned_with_them(table: TextEncoder) -> None:
    words = (*table.words, "jade", "brogue")  # whose vectors say nothing of green and shoes
    noise = np.random.default_rng(1).normal(size=(2, table.size)).astype(np.float32)
    strange = TextEncoder.from_vectors(words, np.concatenate([table.vectors(), noise]))
    learned = learn(strange, SHOP, 8, instead={"green": ["jade"], "shoes": ["brogue", "a brogue"]})
    asked = ["jade bag", "red brogue", "a brogue in blue", "jade brogue"]
    assert learned.tell(asked, "colour") == ["Green", "Red", "Blue", "Green"]
    assert learned.tell(asked, "article") == ["Bags", "Shoes", "Shoes", "Shoes"]


@pytest.mark.usefixtures("quick")
def test_words_that_stand_for_others_are_read_as_these_and_stay_with_the_encoder(table: TextEncoder) -> None:
    words = (*table.words, "jade")
    noise = np.random.default_rng(1).normal(size=(1, table.size)).astype(np.float32)
    strange, instead = TextEncoder.from_vectors(words, np.concatenate([table.vectors(), noise])), {"green": ["jade"]}
    learned = learn(strange, SHOP, 8, instead=instead).encoder, learn(strange, SHOP, 8).encoder
    with_it, without = (replace(each, memory=each.memory[:0]) for each in learned)  # by the word's own vector
    assert nearness(with_it, "jade shoes", "green shoes") > max(0.9, nearness(without, "jade shoes", "green shoes"))
    assert with_it.synonyms == instead
    assert without.synonyms == {}


@pytest.mark.usefixtures("quick")
def test_an_encoder_remembers_the_names_of_what_several_pictures_show(table: TextEncoder) -> None:
    learned = learn(table, SHOP, 8).encoder
    assert len(learned.memory) == len(remembered(SHOP)) > 0
    assert nearness(learned, "a crimson purse", "red bag") > 0.99
    told = {"article": "Handbags", "colour": "Red", "gender": "Women", "text": "Puma Women Red Bag"}
    assert namings(told) == ["red handbag", "women's red handbag"]
    assert namings({"article": "Handbags", "colour": "Red", "gender": "Unisex"}) == ["red handbag"]
    assert namings({"article": "Handbags"}) == []  # a name without a colour is like it in every colour
    assert namings({"text": "Barberton daisy"}) == ["barberton daisy"]
    assert namings({"text": "a man who rides a horse across a river"}) == []
    long = {"text": "a man who rides a horse across a river"}
    assert remembered([told] * 3) == ["red handbag", "women's red handbag"]
    assert remembered([told] * 3 + [long] * 3) == []  # they would be read as the few that have a name
    assert remembered([told] * 2) == []


@pytest.mark.usefixtures("quick")
def test_an_encoder_can_learn_to_read_as_another_does(table: TextEncoder) -> None:
    first = learn(table, SHOP, 8).encoder
    other, like = learn(table, SHOP, 8, seed=1).encoder, learn(table, SHOP, 8, seed=1, like=first).encoder
    sentences = [f"{colour} {thing}" for colour in ("red", "blue", "green") for thing in ("bag", "shoes")]
    agreement = torch.nn.functional.cosine_similarity(like.encode(sentences), first.encode(sentences))
    assert agreement.min() > 0.9
    assert torch.nn.functional.cosine_similarity(other.encode(sentences), first.encode(sentences)).min() < 0.5
    with pytest.raises(InputError, match="gives 8 values a sentence, and 9 are asked for"):
        learn(table, SHOP, 9, like=first)


@pytest.mark.usefixtures("quick")
def test_captions_without_columns_teach_by_their_words(table: TextEncoder) -> None:
    rows = [{"file_name": f"{number}", "text": f"a {COLOURS[number % 3]} bag number {number}"} for number in range(60)]
    learned = learn(table, rows, 8)
    assert set(learned.columns["words"]) == {"red", "blue", "green", "bag", "a"}
    assert nearness(learned.encoder, "red bag", "green bag") < nearness(table, "red bag", "green bag")


def test_columns_are_those_that_sort_pictures() -> None:
    rows = [{"file_name": str(number), "text": f"no. {number}", "label": number % 3, "one": "x"} for number in range(9)]
    assert columns_of(rows) == {"label": ("0", "1", "2")}
    assert columns_of([{"file_name": "a", "text": "x"}]) == {}


def nearness(encoder: TextEncoder, first: str, second: str) -> float:
    vectors = encoder.encode([first, second])
    return torch.nn.functional.cosine_similarity(vectors[0], vectors[1], dim=0).item()


def test_a_set_with_captions_knows_no_labels() -> None:
    data: Captioned = factories.captioned()
    assert data.classes == ()
    assert len(data) == 14
