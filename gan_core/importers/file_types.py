"""Recognises a weights file by its content, whatever its name ends in: what can be read, and what other programs write.

What cannot be read is refused as what it is, with what to do.
"""

import re
import struct
import zipfile
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from gan_core.errors import BrokenWeights, UnsafeFile, UsageError

HEAD_BYTES = 4096
WEIGHTS_SUFFIXES = (".pth", ".pt", ".ckpt", ".bin", ".safetensors")
TORCH_ZIP_MEMBER = re.compile(r"(^|/)data\.pkl$")
LEGACY_MAGIC = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19"  # the number that torch.save wrote first before version 1.6
GET_WEIGHTS = "get the weights that it was made from, a .pth or .safetensors file"
EXPORT_WEIGHTS = "save its weights from PyTorch, as a state_dict in a .pth or .safetensors file"


class FileType(Enum):
    """The types that can be read."""

    SAFETENSORS = "safetensors"
    TORCH_ZIP = "a file of torch.save"
    TORCH_LEGACY = "a file of torch.save before PyTorch 1.6"
    PICKLE = "a pickle"
    NUMPY = "NumPy arrays"


OTHER_SUFFIXES = {  # of files of other programs: what they are, and what to do, where only the name is known
    ".onnx": ("a network in the form of ONNX", GET_WEIGHTS),
    ".param": ("a network description of ncnn", GET_WEIGHTS),
    ".h5": ("a network of Keras", EXPORT_WEIGHTS),
    ".keras": ("a network of Keras", EXPORT_WEIGHTS),
    ".pb": ("a network of TensorFlow", EXPORT_WEIGHTS),
    ".tflite": ("a network of TensorFlow Lite", GET_WEIGHTS),
    ".msgpack": ("weights of Flax", EXPORT_WEIGHTS),
    ".gguf": ("a GGUF file", GET_WEIGHTS),
    ".mlmodel": ("a network of Core ML", GET_WEIGHTS),
    ".engine": ("a TensorRT engine", GET_WEIGHTS),
}

# The first bytes of files of other programs -> what they are, and what to do.
SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras and TensorFlow write weights", EXPORT_WEIGHTS),
    (0, b"GGUF", "a GGUF file, as llama.cpp and stable-diffusion.cpp read", GET_WEIGHTS),
    (4, b"TFL3", "a TensorFlow Lite network", GET_WEIGHTS),
    (4, b"ET12", "an ExecuTorch program", GET_WEIGHTS),
    (0, b"ptrt", "a TensorRT engine, which is bound to one kind of GPU", GET_WEIGHTS),
    (0, b"ftrt", "a TensorRT engine, which is bound to one kind of GPU", GET_WEIGHTS),
    (0, b"7767517", "a network description of ncnn (.param), which holds no weights", GET_WEIGHTS),
    (0, b"G\x6b0\x01", "weights of ncnn (.bin), which have no names", GET_WEIGHTS),
    (0, b"8K\r\x00", "weights of ncnn (.bin), which have no names", GET_WEIGHTS),
    (0, b"V\xc0\x02\x00", "weights of ncnn (.bin), which have no names", GET_WEIGHTS),
    (0, b"\x1f\x8b", "a gzip archive", "unpack it, and give the weights file in it"),
    (0, b"BZh", "a bzip2 archive", "unpack it, and give the weights file in it"),
    (0, b"\xfd7zXZ\x00", "an xz archive", "unpack it, and give the weights file in it"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it, and give the weights file in it"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it, and give the weights file in it"),
    (0, b"Rar!", "a rar archive", "unpack it, and give the weights file in it"),
    (0, b"\x89PNG", "a PNG picture", "this is not a weights file"),
    (0, b"\xff\xd8\xff", "a JPEG picture", "this is not a weights file"),
    (0, b"GIF8", "a GIF picture", "this is not a weights file"),
    (0, b"RIFF", "a picture, a sound or a film (RIFF)", "this is not a weights file"),
    (0, b"%PDF", "a PDF document", "this is not a weights file"),
    (0, b"\x7fELF", "a program", "this is not a weights file"),
    (0, b"MZ", "a program of Windows", "this is not a weights file"),
)


def identify_file(head: bytes, stream: Path | BinaryIO, name: str) -> FileType:
    """The type of a file that begins with `head`. Raises UsageError, UnsafeFile or BrokenWeights for all others."""
    for offset, signature, what, advice in SIGNATURES:
        if head[offset:].startswith(signature):
            raise UsageError(f"{name} is {what}: {advice}.")
    if head.startswith(b"PK\x03\x04"):
        return identify_zip(stream, name)
    if is_safetensors(head):
        return FileType.SAFETENSORS
    if head.startswith(b"\x93NUMPY"):
        return FileType.NUMPY
    if head[257:262] == b"ustar":
        raise UsageError(
            f"{name} is a tar archive: unpack it and give the weights file in it, or, where PyTorch before 0.2 wrote "
            f"it, {EXPORT_WEIGHTS}."
        )
    if LEGACY_MAGIC in head[:32]:
        return FileType.TORCH_LEGACY
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return FileType.PICKLE
    refuse_text(head, name)
    refuse_messages(head, name)
    return FileType.PICKLE  # of an old protocol, or nothing that can be read


def is_safetensors(head: bytes) -> bool:
    """Whether a file begins as safetensors does: the length of a JSON object, and the object."""
    return len(head) > 9 and head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= 100_000_000


def identify_zip(stream: Path | BinaryIO, name: str) -> FileType:
    """The type of a zip archive: of torch.save or NumPy. Raises UsageError and its kinds for all others."""
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BrokenWeights(f"{name} cannot be read as weights: it is damaged, cut off, or not a weights file.") from (
            error
        )
    endings = {member.rpartition("/")[2] for member in members}
    if any(TORCH_ZIP_MEMBER.search(member) for member in members):
        if "constants.pkl" in endings or any("/code/" in f"/{member}" for member in members):
            raise UnsafeFile(
                f"{name} is a TorchScript program; only weights are loaded, no programs are run: save the state_dict of"
                f" torch.jit.load, as a .pth or .safetensors file."
            )
        return FileType.TORCH_ZIP
    if members and all(member.endswith(".npy") for member in members):
        return FileType.NUMPY
    refuse_zip(name, members, endings)
    raise UsageError(f"{name} is a zip archive without weights: give the weights file of a network.")


def refuse_zip(name: str, members: list[str], endings: set[str]) -> None:
    """Raises UsageError that names the program that wrote an archive, or the weights in it."""
    if "model.weights.h5" in endings:
        raise UsageError(f"{name} is a network of Keras: {EXPORT_WEIGHTS}.")
    if "saved_model.pb" in endings:
        raise UsageError(f"{name} is a network of TensorFlow (SavedModel): {EXPORT_WEIGHTS}.")
    if {"archive_format", "archive_version"} & endings or ".data" in {member.split("/")[0] for member in members}:
        raise UsageError(f"{name} is a program that PyTorch exported: {EXPORT_WEIGHTS}.")
    if "Manifest.json" in endings:
        raise UsageError(f"{name} is a network of Core ML: {GET_WEIGHTS}.")
    inner = next((member for member in members if member.lower().endswith(WEIGHTS_SUFFIXES)), None)
    if inner:
        raise UsageError(f"{name} is a zip archive that holds {inner}: unpack it, and give that file.")


# Text ----------------------------------------------------------------------------------------------------------------


def refuse_text(head: bytes, name: str) -> None:
    """Raises UsageError where the file is a text: a page, a pointer to the file itself, a settings file."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    lower = text[:200].lower()
    if lower.startswith(b"version https://git-lfs"):
        raise BrokenWeights(
            f"{name} is a pointer of Git LFS, not the file itself: run `git lfs pull`, or download the file."
        )
    if lower.startswith((b"<!doctype html", b"<html", b"<head")):
        raise BrokenWeights(
            f"{name} is a web page, as a download that needs a login or was refused leaves: download the file itself."
        )
    if not is_text(head):
        return
    if lower.startswith(b"<"):
        what = "a network description of OpenVINO (.xml)" if b"<net" in text[:400] else "an XML file"
        raise UsageError(f"{name} is {what}, which holds no weights: {GET_WEIGHTS}.")
    if text[:1] in (b"{", b"["):
        raise UsageError(f"{name} is a JSON file, which holds no weights: give the weights file itself.")
    raise UsageError(f"{name} cannot be read as weights: it is a text file. Give the weights file itself.")


def is_text(head: bytes) -> bool:
    """Whether a file begins with printable characters alone. Pickles of protocol 0 do too: those begin otherwise."""
    if re.match(rb"\(?[dl](p\d+\n|\.)|\((d|l|i)|c[\w.]+\n\w+\n", head):
        return False
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # not merely a character that the end of the head cuts
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and all(character.isprintable() or character in "\r\n\t\f" for character in text)


# Protocol buffers, msgpack and raw numbers ---------------------------------------------------------------------------


def refuse_messages(head: bytes, name: str) -> None:
    """Raises UsageError for ONNX, TensorFlow, Core ML, Flax and ncnn, which have no fixed first bytes."""
    suffix = Path(name).suffix.lower()
    if suffix == ".onnx" or is_onnx(head):
        raise UsageError(f"{name} is a network in the form of ONNX, a program without PyTorch's names: {GET_WEIGHTS}.")
    if suffix == ".mlmodel":
        raise UsageError(f"{name} is a network of Core ML: {GET_WEIGHTS}.")
    if suffix == ".pb" or head[:3] == b"\x08\x01\x12":
        raise UsageError(f"{name} is a network of TensorFlow: {EXPORT_WEIGHTS}.")
    if suffix == ".param":
        raise UsageError(f"{name} is a network description of ncnn (.param), which holds no weights: {GET_WEIGHTS}.")
    if suffix == ".msgpack" or (head[:1] in b"\x81\x82\x83\xde\xdf" and 0xA1 <= (head[1:2] or b"\0")[0] <= 0xBF):
        raise UsageError(f"{name} is a msgpack file, as Flax writes weights: {EXPORT_WEIGHTS}.")
    if suffix == ".bin" and is_ncnn_float32(head):
        raise UsageError(f"{name} looks like weights of ncnn (.bin), which have no names: {GET_WEIGHTS}.")


def is_onnx(head: bytes) -> bool:
    """Whether a file begins as ONNX does: a version of 3 to 30, then a producer's name, a graph or an operator set."""
    if len(head) < 8 or head[0] != 0x08 or not 3 <= head[1] <= 30:
        return False
    if head[2] in (0x3A, 0x42):
        return True
    producer = head[4 : 4 + head[3]]
    return head[2] == 0x12 and producer.isascii() and producer.decode("ascii").isprintable()


def is_ncnn_float32(head: bytes) -> bool:
    """Whether a file begins with the four zero bytes of an unpacked ncnn layer, and small numbers."""
    if head[:4] != bytes(4) or len(head) < 68:
        return False
    numbers = struct.unpack("<16f", head[4:68])
    return all(1e-12 < abs(number) < 1e4 for number in numbers)
