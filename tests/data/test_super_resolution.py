"""Patches of photos: large and small belong together, whatever is drawn at random comes from the batch."""

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_core.data import super_resolution
from gan_core.data.super_resolution import DEGRADATIONS, Photos, load_photos, pairs, reduced
from gan_core.errors import InputError


def scene(width: int, height: int, seed: int = 0) -> Image.Image:
    """A smooth picture with edges, so that a shift of a pixel shows."""
    noise = np.random.default_rng(seed).integers(0, 256, (max(height // 6, 1), max(width // 6, 1), 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three photos of different sizes, one too small, one broken, one that hides."""
    (tmp_path / "mine").mkdir()
    for number, size in enumerate([(70, 50), (48, 90), (64, 64), (20, 90)]):
        scene(*size, seed=number).save(tmp_path / "mine" / f"{number}.png")
    (tmp_path / "mine" / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 torn")
    (tmp_path / "mine" / ".hidden.png").write_bytes(b"")
    return tmp_path


def loaded(folder: Path, scale: int = 4, degradation: str = "bicubic") -> Photos:
    return load_photos("mine", folder, patch=24, scale=scale, channels=3, degradation=degradation)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_small_patch_is_the_large_one_made_small(folder: Path, scale: int) -> None:
    data = loaded(folder, scale)
    batch = data.take(torch.arange(24) % len(data), torch.Generator().manual_seed(3))
    assert batch.images.shape == (24, 3, 24, 24)
    assert batch.small is not None
    assert batch.small.shape == (24, 3, 24 // scale, 24 // scale)
    for large, small in zip(batch.images, batch.small, strict=True):
        again = reduced(large, scale)[:, 1:-1, 1:-1].int()  # the patch alone lacks its surroundings at the edges
        assert (again - small[:, 1:-1, 1:-1].int()).abs().float().mean() < 1.5


def test_patches_are_those_of_the_picture_reduced_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    scene(64, 64).save(tmp_path / "mine" / "a.png")
    data = loaded(tmp_path)
    whole = reduced(data.photo(0), 4)
    seen = 0
    for seed in range(1500):
        generator = torch.Generator().manual_seed(seed)
        top, left = (super_resolution.draw(0, 40, generator) for _ in range(2))
        if top % 4 or left % 4 or super_resolution.draw(0, 7, generator):
            continue
        batch = data.take(torch.tensor([0]), torch.Generator().manual_seed(seed))
        assert batch.small is not None
        assert torch.equal(batch.small[0], whole[:, top // 4 : top // 4 + 6, left // 4 : left // 4 + 6])
        seen += 1
    assert seen > 3


@pytest.mark.parametrize("degradation", DEGRADATIONS)
def test_a_batch_is_a_function_of_its_randomness(folder: Path, degradation: str) -> None:
    data, indices = loaded(folder, degradation=degradation), torch.tensor([0, 1, 2, 0])
    first, again, other = (data.take(indices, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6))
    assert first.small is not None
    assert again.small is not None
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.small, again.small)
    assert not torch.equal(first.images, other.images)


def test_hard_photos_differ_from_clean_ones_and_stay_in_place(folder: Path) -> None:
    clean, hard = loaded(folder), loaded(folder, degradation="photo")
    indices, means = torch.zeros(64, dtype=torch.int64), []
    for data in (clean, hard):
        batch = data.take(indices, torch.Generator().manual_seed(1))
        assert batch.small is not None
        errors = [
            (reduced(large, 4).float() - small.float()).abs().mean()
            for large, small in zip(batch.images, batch.small, strict=True)
        ]
        means.append(torch.stack(errors).mean().item())
    assert means[0] < 3 < means[1] < 40


def test_every_turn_shows_the_same_pixels_another_way() -> None:
    picture = torch.arange(18, dtype=torch.uint8).reshape(2, 3, 3)
    turns = [super_resolution.turned(picture, turn) for turn in range(8)]
    assert len({each.numpy().tobytes() for each in turns}) == 8
    assert all(sorted(each.flatten().tolist()) == list(range(18)) for each in turns)


def test_what_cannot_be_used_is_counted_and_named(folder: Path) -> None:
    data = loaded(folder)
    assert len(data) == 3
    assert data.warnings == [
        "1 of 5 photos could not be read and were skipped: torn.jpg.",
        "1 of 5 photos are smaller than a patch of 24 pixels and were skipped: 3.png.",
    ]
    with pytest.raises(InputError, match=r"holds no usable photo of at least 512 pixels a side \(5 found\)"):
        load_photos("mine", folder, patch=512, scale=4, channels=3, degradation="bicubic")
    with pytest.raises(InputError, match="There are no photos 'nothing'"):
        load_photos("nothing", folder, patch=24, scale=4, channels=3, degradation="bicubic")


def test_photos_that_do_not_fit_into_memory_are_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = loaded(folder)
    expected = [data.photo(index).clone() for index in range(3)]
    monkeypatch.setattr(super_resolution, "HELD_BYTES", 12_000)
    data = loaded(folder)
    for index in (0, 1, 2, 0, 2):
        assert torch.equal(data.photo(index), expected[index])
        assert data.bytes == sum(each.numel() for each in data.held.values())
        assert len(data.held) == 1


def test_reducing_agrees_with_pillow() -> None:
    picture = scene(120, 80)
    ours = reduced(torch.from_numpy(np.array(picture)).permute(2, 0, 1), 4).permute(1, 2, 0).int()
    theirs = torch.from_numpy(np.array(picture.resize((30, 20), Image.Resampling.BICUBIC))).int()
    assert (ours - theirs).abs().max() <= 1


def test_a_benchmarks_own_pairs_are_taken_where_the_scale_fits(tmp_path: Path) -> None:
    bundle = BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, picture in (
            ("set5/img_001_SRF_4_HR.png", scene(44, 44)),
            ("set5/img_001_SRF_4_LR.png", Image.new("RGB", (11, 11), "red")),
            ("kodak/01.png", scene(45, 33)),
        ):
            file = BytesIO()
            picture.save(file, "PNG")
            archive.writestr(name, file.getvalue())
    (tmp_path / "sr-benchmarks.zip").write_bytes(bundle.getvalue())
    ((name, large, small),) = pairs("set5", tmp_path, 4)
    assert (name, large.shape, small.shape) == ("img_001_SRF_4_HR", (3, 44, 44), (3, 11, 11))
    assert small[0].min() == 255
    ((_, large, small),) = pairs("set5", tmp_path, 2)
    assert torch.equal(small, reduced(large, 2))
    ((name, large, small),) = pairs("kodak", tmp_path, 4)
    assert (name, large.shape, small.shape) == ("01", (3, 32, 44), (3, 8, 11))
    with pytest.raises(InputError, match="set14 holds no picture to measure on"):
        list(pairs("set14", tmp_path, 4))


def test_a_folder_of_ones_own_is_a_benchmark_too(folder: Path) -> None:
    (folder / "mine" / "torn.jpg").unlink()
    assert [name for name, _, _ in pairs(str(folder / "mine"), folder, 2)] == ["0", "1", "2", "3"]
