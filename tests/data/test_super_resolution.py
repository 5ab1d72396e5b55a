"""Patches of photos: high and low resolution match, and randomness comes from the batch's generator."""

from pathlib import Path

import pytest
import torch

from gan_core.data import super_resolution
from gan_core.data.degradation import DEGRADATIONS, bicubic_downscale
from gan_core.data.super_resolution import PatchDataset, load_photos
from gan_core.errors import UsageError
from tests.data.image_sets import synthetic_photo


def load_patches(photo_folder: Path, scale: int = 4, degradation: str = "bicubic") -> PatchDataset:
    return load_photos("mine", photo_folder, patch_size=24, scale=scale, channels=3, degradation=degradation)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_low_resolution_patch_is_the_patch_downscaled(photo_folder: Path, scale: int) -> None:
    data = load_patches(photo_folder, scale)
    batch = data.get_batch(torch.arange(24) % len(data), torch.Generator().manual_seed(3))
    assert batch.images.shape == (24, 3, 24, 24)
    assert batch.low_res is not None
    assert batch.low_res.shape == (24, 3, 24 // scale, 24 // scale)
    for large, small in zip(batch.images, batch.low_res, strict=True):
        again = bicubic_downscale(large, scale)[
            :, 1:-1, 1:-1
        ].int()  # the patch alone lacks its surroundings at the edges
        assert (again - small[:, 1:-1, 1:-1].int()).abs().float().mean() < 1.5


def test_low_resolution_patches_equal_patches_of_the_downscaled_photo(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    synthetic_photo(64, 64).save(tmp_path / "mine" / "a.png")
    data = load_patches(tmp_path)
    whole = bicubic_downscale(data.load_photo(0), 4)
    seen = 0
    for seed in range(1500):
        generator = torch.Generator().manual_seed(seed)
        top, left = (super_resolution.randint(0, 40, generator) for _ in range(2))
        if top % 4 or left % 4 or super_resolution.randint(0, 7, generator):
            continue
        batch = data.get_batch(torch.tensor([0]), torch.Generator().manual_seed(seed))
        assert batch.low_res is not None
        assert torch.equal(batch.low_res[0], whole[:, top // 4 : top // 4 + 6, left // 4 : left // 4 + 6])
        seen += 1
    assert seen > 3


@pytest.mark.parametrize("degradation", DEGRADATIONS)
def test_a_batch_is_a_function_of_its_generator(photo_folder: Path, degradation: str) -> None:
    data, indices = load_patches(photo_folder, degradation=degradation), torch.tensor([0, 1, 2, 0])
    first, again, other = (data.get_batch(indices, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6))
    assert first.low_res is not None
    assert again.low_res is not None
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.low_res, again.low_res)
    assert not torch.equal(first.images, other.images)


def test_degraded_patches_differ_from_clean_ones_and_stay_in_place(photo_folder: Path) -> None:
    clean, hard = load_patches(photo_folder), load_patches(photo_folder, degradation="photo")
    indices, means = torch.zeros(64, dtype=torch.int64), []
    for data in (clean, hard):
        batch = data.get_batch(indices, torch.Generator().manual_seed(1))
        assert batch.low_res is not None
        errors = [
            (bicubic_downscale(large, 4).float() - small.float()).abs().mean()
            for large, small in zip(batch.images, batch.low_res, strict=True)
        ]
        means.append(torch.stack(errors).mean().item())
    assert means[0] < 3 < means[1] < 40


def test_all_eight_orientations_differ_and_keep_the_pixels() -> None:
    image = torch.arange(18, dtype=torch.uint8).reshape(2, 3, 3)
    turns = [super_resolution.apply_dihedral(image, turn) for turn in range(8)]
    assert len({image.numpy().tobytes() for image in turns}) == 8
    assert all(sorted(image.flatten().tolist()) == list(range(18)) for image in turns)


def test_unusable_photos_are_counted_and_named(photo_folder: Path) -> None:
    data = load_patches(photo_folder)
    assert len(data) == 3
    assert data.warnings == [
        "1 of 5 photos could not be read and were skipped: torn.jpg (starts like a JPEG file, but is damaged or cut"
        " off).",
        "1 of 5 photos are smaller than a patch of 24 pixels and were skipped: 3.png.",
    ]
    with pytest.raises(UsageError, match=r"holds no usable photo of at least 512 pixels a side \(5 found\)"):
        load_photos("mine", photo_folder, patch_size=512, scale=4, channels=3, degradation="bicubic")
    with pytest.raises(UsageError, match="There are no photos 'nothing'"):
        load_photos("nothing", photo_folder, patch_size=24, scale=4, channels=3, degradation="bicubic")


def test_photos_beyond_the_memory_limit_are_read_again(photo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = load_patches(photo_folder)
    expected = [data.load_photo(index).clone() for index in range(3)]
    monkeypatch.setattr(super_resolution, "MAX_IN_MEMORY_BYTES", 12_000)
    data = load_patches(photo_folder)
    for index in (0, 1, 2, 0, 2):
        assert torch.equal(data.load_photo(index), expected[index])
        assert data.cache_bytes == sum(photo.numel() for photo in data.cache.values())
        assert len(data.cache) == 1
