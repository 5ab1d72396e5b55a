"""Members of a zip that cannot be decompressed are counted with the reason; a zip of such members alone is refused."""

import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from gan_core.data.archives import open_archive
from gan_core.errors import UsageError
from tests.data.image_sets import load_images, png, write_zip

METHODS = {1: "Shrink", 6: "Implode", 9: "Deflate64", 93: "Zstandard", 95: "XZ", 96: "JPEG", 97: "WavPack", 98: "PPMd",
           77: "an unknown method (77)"}  # fmt: skip


def images(count: int = 9) -> dict[str, bytes]:
    return {f"{number}.png": png(20 * number, (30, 30)) for number in range(count)}


def claim_method(path: Path, method: int, members: set[int]) -> Path:
    """Write another method of compression into the headers of some members."""
    data, start = bytearray(path.read_bytes()), 0
    for number in range(data.count(b"PK\x01\x02")):
        start = data.index(b"PK\x01\x02", start) + 4
        (local,) = struct.unpack_from("<I", data, start + 38)
        if number in members:
            struct.pack_into("<H", data, start + 6, method)
            struct.pack_into("<H", data, local + 8, method)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_method_of_the_standard_library_is_read(method: int, tmp_path: Path) -> None:
    loaded = load_images(write_zip(tmp_path / "a.zip", images(), method))
    assert (len(loaded), loaded.warnings) == (9, [])


@pytest.mark.parametrize("method", METHODS)
def test_a_method_that_is_not_read_is_named_for_one_member_or_all(method: int, tmp_path: Path) -> None:
    if method == getattr(zipfile, "ZIP_ZSTANDARD", None):
        pytest.skip("this Python reads it")
    path = write_zip(tmp_path / "a.zip", images(), zipfile.ZIP_DEFLATED)
    loaded = load_images(claim_method(path, method, {3}))
    assert loaded.warnings == [
        f"1 of 9 images could not be read and were skipped: 3.png (is compressed in the zip by {METHODS[method]}, which"
        " cannot be read: unpack the zip and give the folder, or pack it again with Deflate)."
    ]
    with pytest.raises(UsageError) as caught:
        load_images(claim_method(path, method, set(range(9))))
    assert "holds no usable image (9 found, 9 of them unreadable)" in str(caught.value)
    assert f"is compressed in the zip by {METHODS[method]}" in str(caught.value)


def test_members_encrypted_by_aes_are_a_password(tmp_path: Path) -> None:
    path = claim_method(write_zip(tmp_path / "a.zip", images()), 99, {0})
    with pytest.raises(UsageError, match="has a password"):
        open_archive(path)


@pytest.mark.parametrize(("offset", "message"), [(0, "its header is missing"), (60, "its checksum is wrong")])
def test_damaged_members_are_skipped_with_the_same_words_for_all_of_a_fault(
    offset: int, message: str, tmp_path: Path
) -> None:
    path = write_zip(tmp_path / "a.zip", images())
    data, start = bytearray(path.read_bytes()), 0
    for _ in range(2):
        start = data.index(b"PK\x03\x04", start)
        data[start + offset] ^= 0xFF
        start += 4
    path.write_bytes(data)
    loaded = load_images(path)
    assert len(loaded) == 7
    assert loaded.warnings == [
        f"2 of 9 images could not be read and were skipped: 0.png, 1.png (is damaged in the zip: {message})."
    ]


def test_of_a_name_that_stands_twice_the_last_file_is_read_once(tmp_path: Path) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        warnings.simplefilter("ignore")
        for value in (5, 9):
            archive.writestr("a.png", png(value))
        archive.writestr("b.png", png(1))
    loaded = load_images(tmp_path / "a.zip")
    assert loaded.get_batch(slice(None)).images[:, 0, 0, 0].tolist() == [9, 1]  # type: ignore[arg-type]
    assert loaded.warnings == [
        "1 name stands in the zip more than once, and the last file of that name is read: a.png."
    ]


def test_backslashes_of_windows_separate_folders(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(4):
            info = zipfile.ZipInfo(f"{'cat' if number < 2 else 'dog'}\\{number}.png")
            info.create_system = 0
            archive.writestr(info, png(number))
    loaded = load_images(tmp_path / "a.zip")
    assert (loaded.classes, loaded.warnings) == (("cat", "dog"), [])


def test_a_member_without_a_name_is_left_aside(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"x": png(1), "b.png": png(2)})
    data = path.read_bytes()
    central = data.index(b"PK\x01\x02")
    nameless = data[: central + 28] + b"\x00\x00" + data[central + 30 : central + 46] + data[central + 47 :]
    end = nameless.index(b"PK\x05\x06")
    size = struct.unpack_from("<I", nameless, end + 12)[0] - 1
    path.write_bytes(nameless[: end + 12] + struct.pack("<I", size) + nameless[end + 16 :])
    assert open_archive(path).names() == ["b.png"]
