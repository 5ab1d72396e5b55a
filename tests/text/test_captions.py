"""Captions vary and stay true to the metadata; held-out images are never trained on."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from gan_core.data.datasets import InMemoryImages
from gan_core.errors import UsageError
from gan_core.text.captions import (
    CaptionedDataset,
    compose_caption,
    drop_uncaptioned,
    is_held_out,
    select_split,
    short_names,
    strip_brand,
)
from tests import factories

SHIRT_ROW = {
    "file_name": "1.jpg", "text": "Turtle Check Men Navy Blue Shirt", "gender": "Men", "article": "Shirts",
    "colour": "Navy Blue", "usage": "NA",
}  # fmt: skip


def caption_variants(row: dict[str, Any], count: int = 300) -> set[str]:
    generator = torch.Generator().manual_seed(0)
    captions = [compose_caption(row, generator) for _ in range(count)]
    assert 0 < captions.count("") < count / 8
    return set(captions) - {""}


def test_captions_of_an_image_vary_and_stay_true() -> None:
    captions = caption_variants(SHIRT_ROW)
    assert {"a navy blue shirt", "men's navy blue shirt", "Men Navy Blue Shirt", SHIRT_ROW["text"]} <= captions
    assert len(captions) > 8
    assert all("shirt" in caption.lower() for caption in captions)
    flaws = ("  ", "NA", "{")
    assert not any(flaw in caption or caption.endswith(" ") for caption in captions for flaw in flaws)


def test_captions_of_a_row_with_only_a_text_are_made_from_it() -> None:
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
def test_a_brand_is_what_comes_before_the_wearer(title: str, rest: str) -> None:
    assert strip_brand(title) == rest


def dataset_with_rows(rows: list[dict[str, Any]]) -> InMemoryImages:
    return replace(factories.labelled_images(len(rows)), rows=rows, classes=(), labels=None)


def test_a_fixed_twentieth_is_held_out_and_never_trained_on() -> None:
    rows = [{"file_name": f"folder/{number}.jpg", "text": "star"} for number in range(2000)]
    train, held_out = (select_split(dataset_with_rows(rows), part) for part in ("train", "held-out"))
    names = [{row["file_name"] for row in part.rows} for part in (train, held_out)]
    assert not names[0] & names[1]
    assert len(names[0] | names[1]) == 2000
    assert 70 < len(names[1]) < 130
    assert all(is_held_out(f"elsewhere/{name.split('/')[1]}") for name in names[1])
    assert [row["file_name"] for row in held_out.rows[:3]] == ["folder/4.jpg", "folder/48.jpg", "folder/49.jpg"]


def test_images_without_a_caption_are_left_out_and_counted() -> None:
    rows: list[dict[str, Any]] = [{"file_name": "a.png", "text": "star"}, {}, {"file_name": "b.png", "text": "NA"}]
    kept = drop_uncaptioned(dataset_with_rows(rows))
    assert len(kept) == 1
    assert kept.warnings == ["2 of 3 images have no caption and were left out."]
    with pytest.raises(UsageError, match=r"shapes has no captions: put a metadata\.jsonl"):
        drop_uncaptioned(dataset_with_rows([{}, {"label": 3}]))


def test_short_names_have_the_colour_and_the_wearer() -> None:
    row = {"article": "Handbags", "colour": "Red", "gender": "Women", "text": "Puma Women Red Bag"}
    assert short_names(row) == ["red handbag", "women's red handbag"]
    assert short_names({"article": "Handbags", "colour": "Red", "gender": "Unisex"}) == ["red handbag"]
    assert short_names({"article": "Handbags"}) == []  # a name without a colour would stand for every colour
    assert short_names({"text": "Barberton daisy"}) == ["barberton daisy"]
    assert short_names({"text": "a man who rides a horse across a river"}) == []


def test_a_batch_has_the_embeddings_of_captions_drawn_with_its_generator() -> None:
    data, indices = factories.captioned_dataset(), torch.tensor([4, 0, 7])
    batch = data.get_batch(indices, torch.Generator().manual_seed(3))
    assert batch.text_embeddings is not None
    assert batch.text_embeddings.shape == (3, 6)
    again = data.get_batch(indices, torch.Generator().manual_seed(3)).text_embeddings
    assert again is not None
    assert again.equal(batch.text_embeddings)
    assert batch.images.equal(data.dataset.get_batch(indices).images)
    assert data.preview_captions(4) == data.preview_captions(4)


def test_some_captions_have_synonyms_that_the_encoder_knows() -> None:
    plain = factories.captioned_dataset()
    synonyms = {factories.CLASSES[0]: ("ruby", "deep sky")}
    with_synonyms = replace(plain, encoder=replace(plain.encoder, synonyms=synonyms))

    def caption_words(data: CaptionedDataset) -> set[str]:
        generator = torch.Generator().manual_seed(0)
        captions = (data.random_caption(index, generator) for index in range(len(data)) for _ in range(40))
        return {word for caption in captions for word in caption.split()}

    assert caption_words(with_synonyms) == caption_words(plain) | {"ruby", "deep", "sky"}
    assert with_synonyms.get_batch(torch.arange(4)).text_embeddings is not None


def test_a_data_set_with_captions_has_no_labels() -> None:
    data: CaptionedDataset = factories.captioned_dataset()
    assert data.classes == ()
    assert len(data) == 14
