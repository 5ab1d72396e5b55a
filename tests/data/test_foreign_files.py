"""A file that is no readable zip is named as what it is, with what to do."""

import gzip
import io
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gan_core.cli import main
from gan_core.data import registry
from gan_core.errors import UsageError
from tests.data.image_sets import png, write_zip


def whole_zip(path: Path) -> bytes:
    members = {f"{number}.png": bytes([number]) * 3000 for number in range(9)}
    return write_zip(path.with_suffix(".tmp"), members).read_bytes()


def tar(mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        info = tarfile.TarInfo("a.png")
        info.size = len(png())
        archive.addfile(info, io.BytesIO(png()))
    return buffer.getvalue()


def npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


def last_part(content: bytes) -> bytes:
    """The end record of a zip says that two parts come before."""
    record = bytearray(content)
    struct.pack_into("<2H", record, record.rindex(b"PK\x05\x06") + 4, 2, 2)
    return bytes(record)


FOREIGN_FILES: dict[str, tuple[Callable[[bytes], bytes], str]] = {  # by name: content made from a whole zip, message
    "a.tar": (lambda _: tar("w"), "a tar archive: unpack it"),
    "a.tar.gz": (lambda _: tar("w:gz"), "a compressed tar archive: unpack it"),
    "a.tgz": (lambda _: tar("w:gz"), "a compressed tar archive: unpack it"),
    "a.tar.xz": (lambda _: tar("w:xz"), "a compressed tar archive: unpack it"),
    "a.tar.bz2": (lambda _: tar("w:bz2"), "a compressed tar archive: unpack it"),
    "a.gz": (lambda _: gzip.compress(b"x"), "a gzip file: unpack it"),
    "a.xz": (lambda _: lzma.compress(b"x"), "an xz file: unpack it"),
    "a.7z": (lambda _: b"7z\xbc\xaf\x27\x1c" + bytes(50), "a 7z archive: unpack it"),
    "a.rar": (lambda _: b"Rar!\x1a\x07\x01\x00" + bytes(50), "a RAR archive: unpack it"),
    "7z.zip": (lambda _: b"7z\xbc\xaf\x27\x1c" + bytes(50), "a 7z archive: unpack it"),
    "tar.zip": (lambda _: tar("w"), "a tar archive: unpack it"),
    "a.parquet": (lambda _: b"PAR1" + bytes(50), "a Parquet table: write its images to files first"),
    "a.h5": (lambda _: b"\x89HDF\r\n\x1a\n" + bytes(50), "an HDF5 file: write its images to files first"),
    "a.npy": (lambda _: npy(), "a NumPy array: write its images to files first"),
    "train-images-idx3-ubyte": (lambda _: b"\x00\x00\x08\x03" + bytes(50), "MNIST: give the name mnist"),
    "a.png": (lambda _: png(), "one PNG image: a data set is a folder of images or a zip of them"),
    "a.pdf": (lambda _: b"%PDF-1.7", "a PDF document: a data set is a folder"),
    "page.zip": (lambda _: b"<!DOCTYPE html><html>log in</html>", "an HTML page: a data set is a folder"),
    "empty.zip": (lambda _: b"", "an empty file: a data set is a folder"),
    "odd.bin": (lambda _: bytes(range(128, 256)), "a file of an unknown format: a data set is a folder"),
    "a.zip.001": (lambda content: content[:9000], "one part of an archive that is split into several: join them"),
    "a.zip.002": (lambda content: content[9000:], "one part of an archive that is split into several: join them"),
    "a.part1.rar": (lambda _: b"Rar!\x1a\x07\x01\x00", "one part of an archive that is split into several: join them"),
    "a.z01": (lambda content: b"PK\x07\x08" + content, "one part of an archive that is split into several: join them"),
    "last.zip": (last_part, "one part of an archive that is split into several: join them"),
    "cut.zip": (lambda content: content[:9000], "it is cut off, or other data follow it"),
    "tail.zip": (lambda content: content + bytes(90_000), "it is cut off, or other data follow it"),
    "end.zip": (lambda content: content[9000:], "it is incomplete, for its beginning is missing"),
}


@pytest.mark.parametrize("name", FOREIGN_FILES)
def test_a_file_that_is_no_readable_zip_is_named_as_what_it_is(name: str, tmp_path: Path) -> None:
    make, message = FOREIGN_FILES[name]
    path = tmp_path / name
    path.write_bytes(make(whole_zip(path)))
    with pytest.raises(UsageError) as caught:
        registry.load_dataset(str(path), tmp_path, size=4)
    assert str(caught.value).startswith(f"{path} is not a readable zip file")
    assert message in str(caught.value)


@pytest.mark.parametrize("family", ["vanilla", "srgan"])
@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip.001", "cut.zip"])
def test_the_command_line_says_so_in_one_line(
    name: str, family: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, message = FOREIGN_FILES[name]
    path = tmp_path / name
    path.write_bytes(make(whole_zip(path)))
    assert main(["train", family, "--data", str(path), "--run", str(tmp_path / "run"), "--device", "cpu"]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("prefix", [b"", b"#!/bin/sh\nself-extracting\n" * 20])
@pytest.mark.parametrize("suffix", [b"", b"\r\n", bytes(5000)])
@pytest.mark.parametrize("name", ["a.zip", "a.ZIP", "a.cbz", "data"])
def test_a_zip_is_read_under_any_name_and_with_a_little_data_around_it(
    name: str, prefix: bytes, suffix: bytes, tmp_path: Path
) -> None:
    whole = write_zip(tmp_path / "whole", {"1.png": png(1), "2.png": png(2)}, zipfile.ZIP_DEFLATED).read_bytes()
    path = tmp_path / name
    path.write_bytes((prefix if name.lower().endswith(".zip") else b"") + whole + suffix)
    assert len(registry.load_dataset(str(path), tmp_path, size=4)) == 2
