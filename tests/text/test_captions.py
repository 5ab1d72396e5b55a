"""A picture is told in many ways; what is held out is never trained on; the encoder learns what captions mean."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from gan_core.data.datasets import InMemoryImages
from gan_core.errors import UsageError
from gan_core.text import encoder_training
from gan_core.text.captions import (
    CaptionedDataset,
    compose_caption,
    drop_uncaptioned,
    is_held_out,
    select_split,
    short_names,
    strip_brand,
)
from gan_core.text.encoder import TextEncoder
from gan_core.text.encoder_training import learnable_columns, prototype_names, train_encoder
from tests import factories

SHIRT_ROW = {
    "file_name": "1.jpg", "text": "Turtle Check Men Navy Blue Shirt", "gender": "Men", "article": "Shirts",
    "colour": "Navy Blue", "usage": "NA",
}  # fmt: skip


def caption_variants(row: dict[str, Any], count: int = 300) -> set[str]:
    generator = torch.Generator().manual_seed(0)
    ways = [compose_caption(row, generator) for _ in range(count)]
    assert 0 < ways.count("") < count / 8  # now and then, nothing is said
    return set(ways) - {""}


def test_a_captions_words_vary_and_stay_true() -> None:
    ways = caption_variants(SHIRT_ROW)
    assert {"a navy blue shirt", "men's navy blue shirt", "Men Navy Blue Shirt", SHIRT_ROW["text"]} <= ways
    assert len(ways) > 8
    assert all("shirt" in way.lower() for way in ways)
    assert not any("  " in way or way.endswith(" ") or "NA" in way.split() or "{" in way for way in ways)


def test_a_row_with_a_text_alone_is_told_by_it() -> None:
    assert {"passion flower", "a photo of a passion flower"} <= caption_variants({"text": "passion flower"})
    sentence = "A small dog sleeps on a red sofa."
    assert caption_variants({"text": sentence, "gender": 3}) == {sentence}


@pytest.mark.parametrize(
    ("title", "rest"),
    [
        ("Red Tape Men's Semi Casual Shoe", "Men's Semi Casual Shoe"),
        ("Ivory Tag Women Tangled Coral Red Necklace", "Women Tangled Coral Red Necklace"),
        ("Plain title", "Plain title"),
    ],
)
def test_a_brand_is_what_stands_before_the_wearer(title: str, rest: str) -> None:
    assert strip_brand(title) == rest


def dataset_with_rows(rows: list[dict[str, Any]]) -> InMemoryImages:
    return replace(factories.labelled_images(len(rows)), rows=rows, classes=(), labels=None)


def test_what_is_held_out_is_a_fixed_twentieth_and_never_in_the_part_to_train_on() -> None:
    rows = [{"file_name": f"folder/{number}.jpg", "text": "star"} for number in range(2000)]
    train, held = (select_split(dataset_with_rows(rows), part) for part in ("train", "held-out"))
    names = [{row["file_name"] for row in part.rows} for part in (train, held)]
    assert not names[0] & names[1]
    assert len(names[0] | names[1]) == 2000
    assert 70 < len(names[1]) < 130
    assert all(is_held_out(f"elsewhere/{name.split('/')[1]}") for name in names[1])
    assert [row["file_name"] for row in held.rows[:3]] == ["folder/4.jpg", "folder/48.jpg", "folder/49.jpg"]


def test_pictures_without_a_caption_are_left_out_and_counted() -> None:
    rows: list[dict[str, Any]] = [{"file_name": "a.png", "text": "star"}, {}, {"file_name": "b.png", "text": "NA"}]
    kept = drop_uncaptioned(dataset_with_rows(rows))
    assert len(kept) == 1
    assert kept.warnings == ["2 of 3 pictures have no caption and were left out."]
    with pytest.raises(UsageError, match=r"shapes has no captions: put a metadata\.jsonl"):
        drop_uncaptioned(dataset_with_rows([{}, {"label": 3}]))


def test_a_batch_carries_the_vectors_of_captions_drawn_by_its_own_randomness() -> None:
    data, indices = factories.captioned_dataset(), torch.tensor([4, 0, 7])
    batch = data.get_batch(indices, torch.Generator().manual_seed(3))
    assert batch.text_embeddings is not None
    assert batch.text_embeddings.shape == (3, 6)
    again = data.get_batch(indices, torch.Generator().manual_seed(3)).text_embeddings
    assert again is not None
    assert again.equal(batch.text_embeddings)
    assert batch.images.equal(data.dataset.get_batch(indices).images)
    assert data.preview_captions(4) == data.preview_captions(4)


def test_captions_are_now_and_then_told_in_words_that_the_encoder_learned_to_mean_the_same() -> None:
    data, usual = factories.captioned_dataset(), factories.CLASSES[0]
    other = replace(data, encoder=replace(data.encoder, synonyms={usual: ("ruby", "deep sky")}))

    def words(of: CaptionedDataset) -> set[str]:
        generator = torch.Generator().manual_seed(0)
        return {
            word for index in range(len(of)) for _ in range(40) for word in of.random_caption(index, generator).split()
        }

    assert words(other) == words(data) | {"ruby", "deep", "sky"}
    assert other.get_batch(torch.arange(4)).text_embeddings is not None


# Learning to read ----------------------------------------------------------------------------------------------------

COLOURS, THINGS = ("Red", "Blue", "Green"), ("Bags", "Shoes")
SHOP_ROWS = [
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
    for name, value in (("STEPS", 200), ("CAPTION_COUNT", 300), ("BATCH_SIZE", 64), ("NOISE_SCALE", 0.5)):
        monkeypatch.setattr(encoder_training, name, value)


@pytest.mark.usefixtures("quick")
def test_the_encoder_learns_kind_and_colour_and_carries_them_over_to_words_of_no_caption(table: TextEncoder) -> None:
    learned = train_encoder(table, SHOP_ROWS, 8)
    assert learned.columns == {"article": ("Bags", "Shoes"), "colour": ("Blue", "Green", "Red")}
    assert learned.encoder.dim == 8
    assert learned.predict(["a crimson purse", "blue shoes", "purse in green"], "colour") == ["Red", "Blue", "Green"]
    assert learned.predict(["a crimson purse", "blue shoes", "purse in green"], "article") == ["Bags", "Shoes", "Bags"]
    assert cosine(learned.encoder, "red bag", "blue bag") < cosine(table, "red bag", "blue bag") - 0.2
    assert train_encoder(table, SHOP_ROWS, 8).encoder.fingerprint == learned.encoder.fingerprint
    assert train_encoder(table, SHOP_ROWS, 8, seed=1).encoder.fingerprint != learned.encoder.fingerprint


@pytest.mark.usefixtures("quick")
def test_words_that_may_stand_for_others_are_learned_with_them(table: TextEncoder) -> None:
    words = (*table.words, "jade", "brogue")  # whose vectors say nothing of green and shoes
    noise = np.random.default_rng(1).normal(size=(2, table.dim)).astype(np.float32)
    strange = TextEncoder.from_vectors(words, np.concatenate([table.float_embeddings(), noise]))
    learned = train_encoder(strange, SHOP_ROWS, 8, synonyms={"green": ["jade"], "shoes": ["brogue", "a brogue"]})
    asked = ["jade bag", "red brogue", "a brogue in blue", "jade brogue"]
    assert learned.predict(asked, "colour") == ["Green", "Red", "Blue", "Green"]
    assert learned.predict(asked, "article") == ["Bags", "Shoes", "Shoes", "Shoes"]


@pytest.mark.usefixtures("quick")
def test_words_that_stand_for_others_are_read_as_these_and_stay_with_the_encoder(table: TextEncoder) -> None:
    words = (*table.words, "jade")
    noise = np.random.default_rng(1).normal(size=(1, table.dim)).astype(np.float32)
    strange, instead = (
        TextEncoder.from_vectors(words, np.concatenate([table.float_embeddings(), noise])),
        {"green": ["jade"]},
    )
    learned = (
        train_encoder(strange, SHOP_ROWS, 8, synonyms=instead).encoder,
        train_encoder(strange, SHOP_ROWS, 8).encoder,
    )
    with_it, without = (
        replace(encoder, prototypes=encoder.prototypes[:0]) for encoder in learned
    )  # by the word's own vector
    assert cosine(with_it, "jade shoes", "green shoes") > max(0.9, cosine(without, "jade shoes", "green shoes"))
    assert with_it.synonyms == instead
    assert without.synonyms == {}


@pytest.mark.usefixtures("quick")
def test_an_encoder_remembers_the_names_of_what_several_pictures_show(table: TextEncoder) -> None:
    learned = train_encoder(table, SHOP_ROWS, 8).encoder
    assert len(learned.prototypes) == len(prototype_names(SHOP_ROWS)) > 0
    assert cosine(learned, "a crimson purse", "red bag") > 0.99
    told = {"article": "Handbags", "colour": "Red", "gender": "Women", "text": "Puma Women Red Bag"}
    assert short_names(told) == ["red handbag", "women's red handbag"]
    assert short_names({"article": "Handbags", "colour": "Red", "gender": "Unisex"}) == ["red handbag"]
    assert short_names({"article": "Handbags"}) == []  # a name without a colour is like it in every colour
    assert short_names({"text": "Barberton daisy"}) == ["barberton daisy"]
    assert short_names({"text": "a man who rides a horse across a river"}) == []
    long = {"text": "a man who rides a horse across a river"}
    assert prototype_names([told] * 3) == ["red handbag", "women's red handbag"]
    assert prototype_names([told] * 3 + [long] * 3) == []  # they would be read as the few that have a name
    assert prototype_names([told] * 2) == []


@pytest.mark.usefixtures("quick")
def test_an_encoder_can_learn_to_read_as_another_does(table: TextEncoder) -> None:
    first = train_encoder(table, SHOP_ROWS, 8).encoder
    other, like = (
        train_encoder(table, SHOP_ROWS, 8, seed=1).encoder,
        train_encoder(table, SHOP_ROWS, 8, seed=1, teacher=first).encoder,
    )
    sentences = [f"{colour} {thing}" for colour in ("red", "blue", "green") for thing in ("bag", "shoes")]
    agreement = torch.nn.functional.cosine_similarity(like.encode(sentences), first.encode(sentences))
    assert agreement.min() > 0.9
    assert torch.nn.functional.cosine_similarity(other.encode(sentences), first.encode(sentences)).min() < 0.5
    with pytest.raises(UsageError, match="gives 8 values a sentence, and 9 are asked for"):
        train_encoder(table, SHOP_ROWS, 9, teacher=first)


@pytest.mark.usefixtures("quick")
def test_captions_without_columns_teach_by_their_words(table: TextEncoder) -> None:
    rows = [{"file_name": f"{number}", "text": f"a {COLOURS[number % 3]} bag number {number}"} for number in range(60)]
    learned = train_encoder(table, rows, 8)
    assert set(learned.columns["words"]) == {"red", "blue", "green", "bag", "a"}
    assert cosine(learned.encoder, "red bag", "green bag") < cosine(table, "red bag", "green bag")


def test_columns_are_those_that_sort_pictures() -> None:
    rows = [{"file_name": str(number), "text": f"no. {number}", "label": number % 3, "one": "x"} for number in range(9)]
    assert learnable_columns(rows) == {"label": ("0", "1", "2")}
    assert learnable_columns([{"file_name": "a", "text": "x"}]) == {}


def cosine(encoder: TextEncoder, first: str, second: str) -> float:
    vectors = encoder.encode([first, second])
    return torch.nn.functional.cosine_similarity(vectors[0], vectors[1], dim=0).item()


def test_a_set_with_captions_knows_no_labels() -> None:
    data: CaptionedDataset = factories.captioned_dataset()
    assert data.classes == ()
    assert len(data) == 14
