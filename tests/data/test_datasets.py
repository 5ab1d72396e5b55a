"""Data sets in memory and streamed from files give the same batches."""

from itertools import islice
from pathlib import Path

import pytest
import torch
from PIL import Image

from gan_core.data import image_folder
from gan_core.data.datasets import InMemoryImages, StreamingImages
from gan_core.data.sampler import iterate_batches
from gan_core.images.jpeg.image import JpegImage
from tests.data.image_sets import load_images, png, write_dataset


def test_streamed_and_held_sets_give_the_same_batches(
    storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"{'ab'[index % 2]}/{index}.png": png(10 * index, (8, 5)) for index in range(9)}
    path = write_dataset(tmp_path, files, storage)
    held = load_images(path)
    monkeypatch.setattr(image_folder, "MAX_IN_MEMORY_BYTES", 0)
    streamed = load_images(path)
    assert isinstance(streamed, StreamingImages)
    for one, other in islice(zip(iterate_batches(held, 4, 3), iterate_batches(streamed, 4, 3), strict=True), 6):
        assert torch.equal(one.images, other.images)
        assert one.labels is not None
        assert other.labels is not None
        assert torch.equal(one.labels, other.labels)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_subset_keeps_images_labels_and_rows_together(
    streamed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_folder, "MAX_IN_MEMORY_BYTES", 0 if streamed else image_folder.MAX_IN_MEMORY_BYTES)
    names = [f"{'ab'[index % 2]}/{index}.png" for index in range(4)]
    whole = load_images(write_dataset(tmp_path, {name: png(10 * index) for index, name in enumerate(names)}, "folder"))
    assert isinstance(whole, StreamingImages if streamed else InMemoryImages)
    part = whole.subset([3, 0])
    everything = torch.tensor([0, 1])
    batch, expected = part.get_batch(everything), whole.get_batch(torch.tensor([3, 0]))
    assert (len(part), part.classes) == (2, ("a", "b"))
    assert part.rows == [whole.rows[3], whole.rows[0]]
    assert torch.equal(batch.images, expected.images)
    assert batch.labels is not None
    assert expected.labels is not None
    assert torch.equal(batch.labels, expected.labels)


def test_a_streamed_jpeg_is_searched_for_missing_rows_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search decodes it twice more, which a training would pay for at every step."""
    monkeypatch.setattr(image_folder, "MAX_IN_MEMORY_BYTES", 0)
    searched: list[str] = []
    check = JpegImage.check_completeness
    monkeypatch.setattr(
        JpegImage, "check_completeness", lambda image: searched.append(Path(image.name).name) or check(image)
    )
    for index in range(3):
        noise = Image.effect_noise((40, 32), 60).convert("RGB")
        noise.save(tmp_path / f"{index}.jpg")
    streamed = load_images(tmp_path)
    assert sorted(searched) == ["0.jpg", "1.jpg", "2.jpg"]
    images = [streamed.get_batch(torch.arange(3)).images for _ in range(2)]
    assert torch.equal(*images)
    assert len(searched) == 3
