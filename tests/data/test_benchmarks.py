"""Benchmarks are pairs of images: their own where the scale fits, else downscaled."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
import torch
from PIL import Image

from gan_core.data.benchmarks import BENCHMARKS, benchmark_names, benchmark_pairs
from gan_core.data.degradation import bicubic_downscale
from gan_core.errors import UsageError
from tests.data.image_sets import synthetic_photo


def test_a_benchmarks_own_low_resolution_file_is_used_where_the_scale_fits(tmp_path: Path) -> None:
    bundle = BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, image in (
            ("set5/img_001_SRF_4_HR.png", synthetic_photo(44, 44)),
            ("set5/img_001_SRF_4_LR.png", Image.new("RGB", (11, 11), "red")),
            ("kodak/01.png", synthetic_photo(45, 33)),
        ):
            file = BytesIO()
            image.save(file, "PNG")
            archive.writestr(name, file.getvalue())
    (tmp_path / "sr-benchmarks.zip").write_bytes(bundle.getvalue())
    ((name, large, small),) = benchmark_pairs("set5", tmp_path, 4)
    assert (name, large.shape, small.shape) == ("img_001_SRF_4_HR", (3, 44, 44), (3, 11, 11))
    assert small[0].min() == 255
    ((_, large, small),) = benchmark_pairs("set5", tmp_path, 2)
    assert torch.equal(small, bicubic_downscale(large, 2))
    ((name, large, small),) = benchmark_pairs("kodak", tmp_path, 4)
    assert (name, large.shape, small.shape) == ("01", (3, 32, 44), (3, 8, 11))
    with pytest.raises(UsageError, match="set14 holds no image to measure on"):
        list(benchmark_pairs("set14", tmp_path, 4))


def test_any_folder_of_images_is_a_benchmark(photo_folder: Path) -> None:
    (photo_folder / "mine" / "torn.jpg").unlink()
    assert [name for name, _, _ in benchmark_pairs(str(photo_folder / "mine"), photo_folder, 2)] == ["0", "1", "2", "3"]


def test_degraded_benchmarks_are_the_same_photos_compressed_or_with_noise(tmp_path: Path) -> None:
    (tmp_path / "kodak").mkdir()
    synthetic_photo(256, 192).save(tmp_path / "kodak" / "1.png")
    ((_, large, clean),) = benchmark_pairs("kodak", tmp_path, 4)
    errors = {}
    for name in benchmark_names("degraded"):
        ((_, original, small),) = benchmark_pairs(name, tmp_path, 4)
        assert torch.equal(original, large)
        errors[name] = (small.float() - clean.float()).std().item()
        ((_, _, again),) = benchmark_pairs(name, tmp_path, 4)
        assert torch.equal(small, again)
    assert errors["kodak-jpeg30"] > errors["kodak-jpeg50"] > errors["kodak-jpeg75"] > errors["kodak-jpeg97"] > 0
    assert errors["kodak-noise6"] == pytest.approx(6, rel=0.1)
    assert benchmark_names(None) == BENCHMARKS
    assert benchmark_names("my-photos") == ["my-photos"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "is an empty file"), (b"words", "is text"), (b"\xff\xd8\xff\xe0 torn", "damaged or cut off")],
)
def test_a_photo_that_cannot_be_read_ends_a_measurement_with_its_name(
    content: bytes, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "b.jpg").write_bytes(content)
    with pytest.raises(UsageError, match=rf"b\.jpg of mine cannot be read \(.*{reason}.*replace it, or take it out"):
        list(benchmark_pairs("mine", tmp_path, 2))


def test_a_photo_smaller_than_the_scale_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    synthetic_photo(3, 20).save(tmp_path / "mine" / "a.png")
    with pytest.raises(UsageError, match=r"a\.png of mine is smaller than 4 pixels"):
        list(benchmark_pairs("mine", tmp_path, 4))
