"""Reads weights files of other projects by their content, whatever their names end in, without running code from them.

torch.load reads what holds weights alone; `unpickling` what holds other objects beside them, without importing these.
"""

import pickle
import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as load_safetensors
from torch import Tensor

from gan_core.errors import BrokenWeights, TooLarge, UnsafeFile, UsageError
from gan_core.importers.file_types import (
    HEAD_BYTES,
    TORCH_ZIP_MEMBER,
    WEIGHTS_SUFFIXES,
    FileType,
    identify_file,
)
from gan_core.importers.shards import find_shards
from gan_core.importers.unpickling import InertUnpickler, Storage, Unknown, UnsupportedTensor

__all__ = ["MAX_WEIGHTS_BYTES", "WEIGHTS_SUFFIXES", "load_state"]

MAX_WEIGHTS_BYTES = 2 * 1024**3


def load_state(source: Path | bytes, name: str) -> tuple[Any, str | None]:
    """The contents of a weights file, with any wrappers, and the licence that it states (safetensors only).

    `source` is the path or the bytes; of a file in parts it is any part, or the index. The content decides how it is
    read. Raises UsageError where the file cannot be opened or is of another program, TooLarge, UnsafeFile where it
    holds code, BrokenWeights where it is damaged.
    """
    shards = find_shards(source, name)
    if not shards:
        return load_file(source, name)
    if sum(shard.stat().st_size for shard in shards) > MAX_WEIGHTS_BYTES:
        raise TooLarge(f"{name} and its other parts have more than {MAX_WEIGHTS_BYTES / 1e9:.1f} GB.")
    merged: dict[Any, Any] = {}
    licence: str | None = None
    for shard in shards:
        contents, stated = load_file(shard, shard.name)
        if not isinstance(contents, dict):
            raise BrokenWeights(f"{shard.name} holds no named weights, so it is no part of a network.")
        merged.update(contents)
        licence = licence or stated
    return merged, licence


def load_file(source: Path | bytes, name: str) -> tuple[Any, str | None]:
    """The same for one file."""
    try:
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        stream: Path | BinaryIO = BytesIO(source) if isinstance(source, bytes) else source
        head = source[:HEAD_BYTES] if isinstance(source, bytes) else read_head(source)
    except OSError as error:
        raise UsageError(f"{source} cannot be opened: {error.strerror or error}.") from error
    if size == 0:
        raise BrokenWeights(f"{name} is an empty file.")
    if size > MAX_WEIGHTS_BYTES:
        raise TooLarge(f"{name} has {size / 1e9:.1f} GB; at most {MAX_WEIGHTS_BYTES / 1e9:.1f} GB are allowed.")
    if zipfile.is_zipfile(stream) and unpacked_bytes(stream) > MAX_WEIGHTS_BYTES:
        raise TooLarge(f"{name} would unpack to more than {MAX_WEIGHTS_BYTES / 1e9:.1f} GB.")
    file_type = identify_file(head, stream, name)
    if file_type == FileType.SAFETENSORS:
        return load_safetensors_file(source, name)
    if file_type == FileType.NUMPY:
        return load_numpy_file(stream, name), None
    return load_pickle_file(source, name, file_type), None


def read_head(file: Path) -> bytes:
    """The first bytes of a file."""
    with file.open("rb") as opened:
        return opened.read(HEAD_BYTES)


def load_safetensors_file(source: Path | bytes, name: str) -> tuple[dict[str, Tensor], str | None]:
    """The tensors, and the licence in the file's metadata. Raises BrokenWeights."""
    try:
        if isinstance(source, bytes):
            header_bytes = int.from_bytes(source[:8], "little")
            licence = re.search(rb'"(?:modelspec\.)?license"\s*:\s*"([^"]{1,200})"', source[8 : 8 + header_bytes])
            return load_safetensors(source), licence[1].decode("utf-8", "replace") if licence else None
        with safe_open(source, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in list(file.keys())}
            return tensors, metadata.get("license", metadata.get("modelspec.license"))
    except (SafetensorError, OSError, KeyError) as error:  # KeyError: a type of numbers that PyTorch does not have
        raise BrokenWeights(f"{name} cannot be read as safetensors, it is damaged or cut off: {error}.") from error


def load_numpy_file(stream: Path | BinaryIO, name: str) -> dict[str, np.ndarray]:
    """The arrays of an .npz file by name. Raises UsageError where it holds one array without a name, BrokenWeights."""
    if isinstance(stream, BytesIO):
        stream.seek(0)
    try:
        loaded = np.load(stream, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            raise UsageError(f"{name} holds one array without a name: a network's state_dict is needed.")
        with loaded:
            return {key: loaded[key] for key in loaded.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, NotImplementedError) as error:
        if isinstance(error, UsageError):
            raise
        raise BrokenWeights(f"{name} cannot be read as NumPy arrays of numbers: {error}.") from error


# Pickles -------------------------------------------------------------------------------------------------------------


def load_pickle_file(source: Path | bytes, name: str, file_type: FileType = FileType.TORCH_ZIP) -> Any:
    """What torch.load reads with `weights_only`, or what can be read of a file with other objects beside weights.

    Raises UnsafeFile where a function is called that is not one of a few harmless ones, or BrokenWeights.
    """
    stream = BytesIO(source) if isinstance(source, bytes) else source
    if file_type in (FileType.TORCH_ZIP, FileType.TORCH_LEGACY):
        try:
            if isinstance(stream, BytesIO):
                return torch.load(stream, map_location="cpu", weights_only=True)
            with stream.open("rb") as opened:  # torch.load takes a path by its ending, which may be wrong
                return torch.load(opened, map_location="cpu", weights_only=True)
        except MemoryError:
            raise
        except Exception as error:  # damaged and hostile files raise all kinds of exceptions
            if not isinstance(error, pickle.UnpicklingError):
                raise broken(name) from error
    data = source if isinstance(source, bytes) else source.read_bytes()
    try:
        if file_type == FileType.TORCH_ZIP:
            contents = load_torch_zip(data)
        elif file_type == FileType.TORCH_LEGACY:
            contents = load_torch_legacy(BytesIO(data))
        else:
            contents = InertUnpickler(BytesIO(data)).load()
    except UnsafeFile as error:
        raise holds_code(name, str(error)) from error
    except UnsupportedTensor as error:
        raise UsageError(f"{name} holds {error} tensors: save it in float32 or half precision.") from error
    except MemoryError:
        raise
    except Exception as error:  # damaged and hostile files raise all kinds of exceptions
        raise broken(name) from error
    return contents


def holds_code(name: str, what: str) -> UnsafeFile:
    return UnsafeFile(
        f"{name} holds code besides weights ({what}), and no code is run: save its state_dict alone, preferably as "
        f"safetensors."
    )


def broken(name: str) -> BrokenWeights:
    ncnn = " Weights of ncnn (.bin with a .param) have no names and are not read." if name.endswith(".bin") else ""
    return BrokenWeights(f"{name} cannot be read as weights: it is damaged, cut off, or not a weights file.{ncnn}")


def load_torch_zip(data: bytes) -> Any:
    """The contents of a file of torch.save with objects beside the weights."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        member = next(name for name in archive.namelist() if TORCH_ZIP_MEMBER.search(name))
        folder = member.removesuffix("data.pkl")
        members = set(archive.namelist())
        if f"{folder}byteorder" in members and archive.read(f"{folder}byteorder").strip() == b"big":
            raise pickle.UnpicklingError("numbers with the highest byte first")
        found: dict[str, Storage] = {}

        def storages(key: str, dtype: torch.dtype | None, _: int) -> Storage:
            return found.setdefault(key, Storage(dtype, lambda: archive.read(f"{folder}data/{key}")))

        return InertUnpickler(BytesIO(archive.read(member)), storages).load()


def load_torch_legacy(stream: BytesIO) -> Any:
    """The same in the form before PyTorch 1.6: four pickles, the keys of the storages, and their numbers."""
    for _ in range(3):  # a magic number, the version, facts of the system
        InertUnpickler(stream).load()
    found: dict[str, Storage] = {}
    read: dict[str, bytes] = {}

    start, dtypes = stream.tell(), dict[str, torch.dtype | None]()

    def note_dtype(key: str, dtype: torch.dtype | None, _: int) -> Unknown:
        dtypes[key] = dtype
        return Unknown("storage")

    InertUnpickler(stream, note_dtype).load()  # only for the types of the storages, whose numbers come last
    for key in InertUnpickler(stream).load():
        count = int.from_bytes(stream.read(8), "little")
        read[str(key)] = stream.read(count * (dtypes.get(str(key)) or torch.uint8).itemsize)
    stream.seek(start)
    return InertUnpickler(stream, lambda key, dtype, _: found.setdefault(key, Storage(dtype, lambda: read[key]))).load()


def unpacked_bytes(stream: Path | BinaryIO) -> int:
    """The size of all files in a zip archive, unpacked; 0 where it is damaged."""
    try:
        with zipfile.ZipFile(stream) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        return 0  # identify_file then raises the error
