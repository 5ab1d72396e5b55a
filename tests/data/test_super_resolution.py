"""Patches of photos: large and small belong together, whatever is drawn at random comes from the batch."""

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_core.data import super_resolution
from gan_core.data.super_resolution import DEGRADATIONS, PatchDataset, benchmark_pairs, bicubic_downscale, load_photos
from gan_core.errors import UsageError


def synthetic_photo(width: int, height: int, seed: int = 0) -> Image.Image:
    """A smooth picture with edges, so that a shift of a pixel shows."""
    noise = np.random.default_rng(seed).integers(0, 256, (max(height // 6, 1), max(width // 6, 1), 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


@pytest.fixture
def photo_folder(tmp_path: Path) -> Path:
    """Three photos of different sizes, one too small, one broken, one that hides."""
    (tmp_path / "mine").mkdir()
    for number, size in enumerate([(70, 50), (48, 90), (64, 64), (20, 90)]):
        synthetic_photo(*size, seed=number).save(tmp_path / "mine" / f"{number}.png")
    (tmp_path / "mine" / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 torn")
    (tmp_path / "mine" / ".hidden.png").write_bytes(b"")
    return tmp_path


def load_patches(photo_folder: Path, scale: int = 4, degradation: str = "bicubic") -> PatchDataset:
    return load_photos("mine", photo_folder, patch_size=24, scale=scale, channels=3, degradation=degradation)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_small_patch_is_the_large_one_made_small(photo_folder: Path, scale: int) -> None:
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


def test_patches_are_those_of_the_picture_reduced_as_a_whole(tmp_path: Path) -> None:
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
def test_a_batch_is_a_function_of_its_randomness(photo_folder: Path, degradation: str) -> None:
    data, indices = load_patches(photo_folder, degradation=degradation), torch.tensor([0, 1, 2, 0])
    first, again, other = (data.get_batch(indices, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6))
    assert first.low_res is not None
    assert again.low_res is not None
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.low_res, again.low_res)
    assert not torch.equal(first.images, other.images)


def test_hard_photos_differ_from_clean_ones_and_stay_in_place(photo_folder: Path) -> None:
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


def test_every_turn_shows_the_same_pixels_another_way() -> None:
    picture = torch.arange(18, dtype=torch.uint8).reshape(2, 3, 3)
    turns = [super_resolution.apply_dihedral(picture, turn) for turn in range(8)]
    assert len({image.numpy().tobytes() for image in turns}) == 8
    assert all(sorted(image.flatten().tolist()) == list(range(18)) for image in turns)


def test_what_cannot_be_used_is_counted_and_named(photo_folder: Path) -> None:
    data = load_patches(photo_folder)
    assert len(data) == 3
    assert data.warnings == [
        "1 of 5 photos could not be read and were skipped: torn.jpg.",
        "1 of 5 photos are smaller than a patch of 24 pixels and were skipped: 3.png.",
    ]
    with pytest.raises(UsageError, match=r"holds no usable photo of at least 512 pixels a side \(5 found\)"):
        load_photos("mine", photo_folder, patch_size=512, scale=4, channels=3, degradation="bicubic")
    with pytest.raises(UsageError, match="There are no photos 'nothing'"):
        load_photos("nothing", photo_folder, patch_size=24, scale=4, channels=3, degradation="bicubic")


def test_photos_that_do_not_fit_into_memory_are_read_again(photo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = load_patches(photo_folder)
    expected = [data.load_photo(index).clone() for index in range(3)]
    monkeypatch.setattr(super_resolution, "MAX_IN_MEMORY_BYTES", 12_000)
    data = load_patches(photo_folder)
    for index in (0, 1, 2, 0, 2):
        assert torch.equal(data.load_photo(index), expected[index])
        assert data.cache_bytes == sum(photo.numel() for photo in data.cache.values())
        assert len(data.cache) == 1


def test_reducing_agrees_with_pillow() -> None:
    picture = synthetic_photo(120, 80)
    ours = bicubic_downscale(torch.from_numpy(np.array(picture)).permute(2, 0, 1), 4).permute(1, 2, 0).int()
    theirs = torch.from_numpy(np.array(picture.resize((30, 20), Image.Resampling.BICUBIC))).int()
    assert (ours - theirs).abs().max() <= 1


def test_a_benchmarks_own_pairs_are_taken_where_the_scale_fits(tmp_path: Path) -> None:
    bundle = BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, picture in (
            ("set5/img_001_SRF_4_HR.png", synthetic_photo(44, 44)),
            ("set5/img_001_SRF_4_LR.png", Image.new("RGB", (11, 11), "red")),
            ("kodak/01.png", synthetic_photo(45, 33)),
        ):
            file = BytesIO()
            picture.save(file, "PNG")
            archive.writestr(name, file.getvalue())
    (tmp_path / "sr-benchmarks.zip").write_bytes(bundle.getvalue())
    ((name, large, small),) = benchmark_pairs("set5", tmp_path, 4)
    assert (name, large.shape, small.shape) == ("img_001_SRF_4_HR", (3, 44, 44), (3, 11, 11))
    assert small[0].min() == 255
    ((_, large, small),) = benchmark_pairs("set5", tmp_path, 2)
    assert torch.equal(small, bicubic_downscale(large, 2))
    ((name, large, small),) = benchmark_pairs("kodak", tmp_path, 4)
    assert (name, large.shape, small.shape) == ("01", (3, 32, 44), (3, 8, 11))
    with pytest.raises(UsageError, match="set14 holds no picture to measure on"):
        list(benchmark_pairs("set14", tmp_path, 4))


def test_a_folder_of_ones_own_is_a_benchmark_too(photo_folder: Path) -> None:
    (photo_folder / "mine" / "torn.jpg").unlink()
    assert [name for name, _, _ in benchmark_pairs(str(photo_folder / "mine"), photo_folder, 2)] == ["0", "1", "2", "3"]
