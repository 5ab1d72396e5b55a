"""Reads weights files of other projects (.pth, .pt, .ckpt, .bin, .safetensors) without running code from them."""

import pickle
import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as load_safetensors
from torch import Tensor

from gan_core.errors import BrokenWeights, TooLarge, UnsafeFile, UsageError
from gan_core.importers.state_dicts import unwrap_upscaler

WEIGHTS_SUFFIXES = (".pth", ".pt", ".ckpt", ".bin", ".safetensors")
MAX_WEIGHTS_BYTES = 2 * 1024**3


def load_weights(source: Path | bytes, name: str) -> tuple[dict[str, Tensor], str | None]:
    """The named tensors of a super-resolution network, and the licence that the file states.

    Raises UsageError or one of its subclasses as `load_state` and `unwrap_upscaler` do.
    """
    state, licence = load_state(source, name)
    return unwrap_upscaler(state, name), licence


def load_state(source: Path | bytes, name: str) -> tuple[Any, str | None]:
    """The contents of a weights file, with any wrappers, and the licence that it states (safetensors only).

    `source` is the path or the bytes; the suffix of `name` decides between safetensors and pickle. Raises UsageError
    where the file cannot be opened, TooLarge, UnsafeFile where it holds code, BrokenWeights where it is damaged.
    """
    try:
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
    except OSError as error:
        raise UsageError(f"{source} cannot be opened: {error.strerror or error}.") from error
    if size == 0:
        raise BrokenWeights(f"{name} is an empty file.")
    if size > MAX_WEIGHTS_BYTES:
        raise TooLarge(f"{name} has {size / 1e9:.1f} GB; at most {MAX_WEIGHTS_BYTES / 1e9:.1f} GB are allowed.")
    if name.lower().endswith(".safetensors"):
        return load_safetensors_file(source, name)
    return load_pickle_file(source, name), None


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
    except (SafetensorError, OSError) as error:
        raise BrokenWeights(f"{name} cannot be read as safetensors, it is damaged or cut off: {error}.") from error


def load_pickle_file(source: Path | bytes, name: str) -> Any:
    """What torch.load reads with `weights_only`. Raises TooLarge (a zip bomb included), UnsafeFile, BrokenWeights."""
    stream = BytesIO(source) if isinstance(source, bytes) else source
    if zipfile.is_zipfile(stream) and unpacked_bytes(stream) > MAX_WEIGHTS_BYTES:
        raise TooLarge(f"{name} would unpack to more than {MAX_WEIGHTS_BYTES / 1e9:.1f} GB.")
    if isinstance(stream, BytesIO):
        stream.seek(0)
    try:
        return torch.load(stream, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # damaged and hostile files raise all kinds of exceptions
        message = str(error)
        unsafe_global = re.search(r"GLOBAL ([\w.]+)", message)
        if "TorchScript" in message:
            raise UnsafeFile(
                f"{name} is a TorchScript program; only weights are loaded, no programs are run."
            ) from error
        if isinstance(error, pickle.UnpicklingError) and unsafe_global:
            raise UnsafeFile(
                f"{name} holds code besides weights ({unsafe_global[1]}), and no code is run: save its state_dict "
                f"alone, preferably as safetensors."
            ) from error
        raise BrokenWeights(
            f"{name} cannot be read as weights: it is damaged, cut off, or not a weights file."
        ) from error


def unpacked_bytes(stream: Path | BytesIO) -> int:
    """The size of all files in a zip archive, unpacked; 0 where it is damaged."""
    try:
        with zipfile.ZipFile(stream) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        return 0  # torch.load then raises the error
