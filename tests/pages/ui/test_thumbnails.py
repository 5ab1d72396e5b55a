"""Thumbnails of models for cards."""

from pathlib import Path

import pytest

from pages.ui import thumbnails
from tests import factories


def test_thumbnails_pair_each_png_with_its_words() -> None:
    images = thumbnails.to_thumbnails([b"1", b"2"], ["one", "two"], [("a",), ()])
    assert [(image.png, image.alt, image.caption, image.metadata) for image in images] == [
        (b"1", "one", ("a",), {}), (b"2", "two", (), {}),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="argument 2 is"):
        thumbnails.to_thumbnails([b"1"], ["one", "two"])


def test_a_model_has_a_thumbnail_for_each_seed_and_a_missing_one_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.checkpoint(tmp_path, "dcgan", "tiny")
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path))
    images = thumbnails.model_thumbnails("tiny", (3, 4))
    assert [image.alt for image in images] == ["Drawn by tiny from seed 3", "Drawn by tiny from seed 4"]
    assert all(image.png.startswith(b"\x89PNG") for image in images)
    assert thumbnails.model_thumbnails("nobody", (3,)) == []
    assert thumbnails.prompt_thumbnails((3,)) == []
    assert thumbnails.upscale_thumbnails() == []
