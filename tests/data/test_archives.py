"""Folders and zips are read in place, and hostile zips are refused by everything that reads data."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core.cli import main
from gan_core.data import archives, benchmarks, registry, super_resolution
from gan_core.data.archives import image_files, open_archive, visible_files
from gan_core.errors import UsageError
from tests.data.image_sets import png, write_dataset, write_zip

ESCAPING_NAMES = (
    "../evil.png", "a/../../evil.png", "/etc/evil.png", "..\\evil.png", "C:\\evil.png", "C:evil.png", "a\\..\\..\\b",
)  # fmt: skip


def noise_png(number: int) -> bytes:
    """Pixels that hardly compress."""
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (40, 40, 3), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def image_members(count: int = 10) -> dict[str | zipfile.ZipInfo, bytes]:
    return {f"{number}.png": noise_png(number) for number in range(count)}


# Reading -------------------------------------------------------------------------------------------------------------


def test_a_folder_and_a_zip_have_the_same_files_and_contents(storage: str, tmp_path: Path) -> None:
    archive = open_archive(write_dataset(tmp_path, {"b/1.png": b"one", "a/0.png": b"zero", "notes.txt": b""}, storage))
    assert archive.names() == ["a/0.png", "b/1.png", "notes.txt"]
    assert archive.read("b/1.png") == b"one"


def test_hidden_files_and_other_formats_are_left_out(storage: str, tmp_path: Path) -> None:
    names = ("a/0.PNG", "__MACOSX/a/._0.png", "a/.0.png", ".cache/1.png", "metadata.jsonl")
    archive = open_archive(write_dataset(tmp_path, dict.fromkeys(names, b""), storage))
    assert visible_files(archive) == ["a/0.PNG", "metadata.jsonl"]
    assert image_files(visible_files(archive)) == ["a/0.PNG"]


def test_a_file_that_is_no_zip_is_named(tmp_path: Path) -> None:
    (tmp_path / "fake.zip").write_bytes(b"PK, but not really")
    with pytest.raises(UsageError, match=r"fake\.zip is not a readable zip file"):
        open_archive(tmp_path / "fake.zip")


def test_a_member_larger_than_memory_allows_is_not_decompressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBER_BYTES", 10_000)
    bomb, fine = io.BytesIO(), io.BytesIO()
    Image.new("L", (3000, 3000)).save(bomb, "BMP")
    Image.new("L", (30, 30)).save(fine, "BMP")
    members = {"bomb.bmp": bomb.getvalue(), "fine.bmp": fine.getvalue()}
    path = write_zip(tmp_path / "bomb.zip", members, zipfile.ZIP_DEFLATED)
    loaded = registry.load_dataset(str(path), tmp_path, size=28)
    assert (len(loaded), "bomb.bmp" in loaded.warnings[0]) == (1, True)
    members = {"fine.bmp": fine.getvalue(), "metadata.jsonl": b" " * 20_000}
    path = write_zip(tmp_path / "rows.zip", members, zipfile.ZIP_DEFLATED)
    with pytest.raises(UsageError, match=r"metadata\.jsonl cannot be read"):
        registry.load_dataset(str(path), tmp_path, size=28)


def test_a_damaged_member_of_a_zip_is_skipped(tmp_path: Path) -> None:
    path = write_dataset(tmp_path, {"a.png": png(5), "b.png": png(6)}, "zip")
    damaged = bytearray(path.read_bytes())
    damaged[damaged.index(b"IDAT") + 6] ^= 0xFF  # in the first image: its checksum no longer fits
    path.write_bytes(damaged)
    images = registry.load_dataset(str(path), tmp_path, size=4)
    assert len(images) == 1
    assert "a.png" in images.warnings[0]


# Hostile zips --------------------------------------------------------------------------------------------------------


def symlink_entry() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("innocent.png")
    info.create_system = 3  # Unix
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def encrypted_zip(path: Path) -> Path:
    """The last member carries the flag of a password."""
    data = bytearray(write_zip(path, image_members()).read_bytes())
    offset = data.rindex(b"PK\x01\x02")
    flags = struct.unpack_from("<H", data, offset + 8)[0]
    struct.pack_into("<H", data, offset + 8, flags | 1)
    path.write_bytes(bytes(data))
    return path


def bomb_zip(path: Path) -> Path:
    return write_zip(path, {"a.png": bytes(60_000_000)}, zipfile.ZIP_DEFLATED)


def overlapping_zip(path: Path) -> Path:
    """Two thousand entries of the directory that all point at one member (Fifield 2019)."""
    data = write_zip(path, {"0.png": bytes(60_000)}, zipfile.ZIP_DEFLATED).read_bytes()
    first, last = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entries, end = data[first:last] * 2000, bytearray(data[last:])
    struct.pack_into("<HHII", end, 8, 2000, 2000, len(entries), first)
    path.write_bytes(data[:first] + entries + bytes(end))
    return path


HOSTILE_ZIPS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "traversal": (
        lambda path: write_zip(path, image_members() | {"../evil.png": noise_png(0)}),
        "names files outside of itself",
    ),
    "link": (lambda path: write_zip(path, image_members() | {symlink_entry(): b"/etc/passwd"}), "holds links"),
    "password": (encrypted_zip, "has a password"),
    "bomb": (bomb_zip, "times its size: that is a bomb"),
    "overlap": (overlapping_zip, "that is a bomb"),
}


@pytest.mark.parametrize("name", ESCAPING_NAMES)
def test_path_traversal_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "deep" / "deeper"
    folder.mkdir(parents=True)
    path = write_zip(folder / "evil.zip", image_members() | {name: noise_png(0)})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match="outside of itself"):
        open_archive(path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("kind", HOSTILE_ZIPS)
def test_hostile_zips_are_refused_before_anything_is_decompressed(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, message = HOSTILE_ZIPS[kind]
    path = write(tmp_path / "evil.zip")
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("it was decompressed"))
    with pytest.raises(UsageError, match=message):
        open_archive(path)


@pytest.mark.parametrize("kind", HOSTILE_ZIPS)
def test_everything_that_trains_or_measures_refuses_hostile_zips(kind: str, tmp_path: Path) -> None:
    write, message = HOSTILE_ZIPS[kind]
    path = write(tmp_path / "evil.zip")
    with pytest.raises(UsageError, match=message):
        registry.load_dataset(str(path), tmp_path, size=4)
    with pytest.raises(UsageError, match=message):
        super_resolution.load_photos(str(path), tmp_path, patch_size=16, scale=2, channels=3, degradation="bicubic")
    with pytest.raises(UsageError, match=message):
        next(benchmarks.benchmark_pairs(str(path), tmp_path, 2))
    path.rename(tmp_path / "sr-benchmarks.zip")
    with pytest.raises(UsageError, match=message):
        next(benchmarks.benchmark_pairs("set5", tmp_path, 2))


@pytest.mark.parametrize("kind", HOSTILE_ZIPS)
@pytest.mark.parametrize("family", ["dcgan", "srgan"])
def test_training_from_the_command_line_refuses_hostile_zips(
    kind: str, family: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write, message = HOSTILE_ZIPS[kind]
    path, run = write(tmp_path / "evil.zip"), tmp_path / "run"
    assert main(["train", family, "--data", str(path), "--run", str(run), "--device", "cpu"]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("gan_core: ")
    assert error.count("\n") == 1
    assert not run.exists()


def test_highly_compressible_images_are_fine_below_the_size_of_a_bomb(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "flat.zip", {"a.bmp": bytes(4_000_000)}, zipfile.ZIP_DEFLATED)
    assert open_archive(path).read("a.bmp") == bytes(4_000_000)
