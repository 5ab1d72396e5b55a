"""Weights files of other projects."""

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

WEIGHTS_SUFFIXES = (".pth", ".pt", ".ckpt", ".bin", ".safetensors")


MAX_WEIGHTS_BYTES = 2 * 1024**3  # of a file's weights


def load_weights(source: Path | bytes, name: str) -> tuple[dict[str, Tensor], str | None]:
    """The named tensors of a file, and the licence it states."""
    state, licence = load_state(source, name)
    return unwrap_state_dict(state, name), licence


def load_state(source: Path | bytes, name: str) -> tuple[Any, str | None]:
    """What is in a file of weights, wrappings included, and the licence it states."""
    try:
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
    except OSError as error:
        raise UsageError(f"{source} cannot be opened: {error.strerror or error}.") from error
    if size == 0:
        raise BrokenWeights(f"{name} is an empty file.")
    if size > MAX_WEIGHTS_BYTES:
        raise TooLarge(f"{name} is {size / 1e9:.1f} GB large; at most {MAX_WEIGHTS_BYTES / 1e9:.1f} GB can be read.")
    if name.lower().endswith(".safetensors"):
        return load_safetensors_file(source, name)
    return load_pickle_file(source, name), None


def load_safetensors_file(source: Path | bytes, name: str) -> tuple[dict[str, Tensor], str | None]:
    try:
        if isinstance(source, bytes):
            header_bytes = int.from_bytes(source[:8], "little")
            licence = re.search(rb'"(?:modelspec\.)?license"\s*:\s*"([^"]{1,200})"', source[8 : 8 + header_bytes])
            return load_safetensors(source), licence[1].decode("utf-8", "replace") if licence else None
        with safe_open(source, "pt") as file:
            metadata = file.metadata() or {}
            keys = list(file.keys())
            return {key: file.get_tensor(key) for key in keys}, metadata.get(
                "license", metadata.get("modelspec.license")
            )
    except (SafetensorError, OSError) as error:
        raise BrokenWeights(f"{name} cannot be read as safetensors, it is damaged or cut off: {error}.") from error


def load_pickle_file(source: Path | bytes, name: str) -> Any:
    """What torch reads from a file when it may run nothing in it."""
    stream = BytesIO(source) if isinstance(source, bytes) else source
    if zipfile.is_zipfile(stream) and unpacked_bytes(stream) > MAX_WEIGHTS_BYTES:
        raise TooLarge(f"{name} would unpack to more than {MAX_WEIGHTS_BYTES / 1e9:.1f} GB.")
    if isinstance(stream, BytesIO):
        stream.seek(0)
    try:
        return torch.load(stream, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # torn or hostile files fail in many ways
        message = str(error)
        unsafe_global = re.search(r"GLOBAL ([\w.]+)", message)
        if "TorchScript" in message:
            raise UnsafeFile(f"{name} holds a program (TorchScript), not weights; programs are not run.") from error
        if isinstance(error, pickle.UnpicklingError) and unsafe_global:
            raise UnsafeFile(
                f"{name} holds code besides weights ({unsafe_global[1]}), and no code is run: save its state_dict alone, "
                f"best as safetensors."
            ) from error
        raise BrokenWeights(f"{name} cannot be read as weights: it is damaged, cut off or no such file.") from error


def unpacked_bytes(stream: Path | BytesIO) -> int:
    try:
        with zipfile.ZipFile(stream) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        return 0  # torch will say what is wrong


def unwrap_state_dict(state: Any, name: str) -> dict[str, Tensor]:
    """The innermost dictionary of tensors, its usual wrappings taken off."""
    from spandrel import canonicalize_state_dict

    entries = canonicalize_state_dict(state) if isinstance(state, dict) else {}
    tensors = {str(key): value for key, value in entries.items() if isinstance(value, Tensor)}
    if not tensors:
        raise UsageError(f"{name} holds no named weights: a network's state_dict is needed.")
    if len(tensors) < len(entries):
        other_key = next(key for key, value in entries.items() if not isinstance(value, Tensor))
        raise UsageError(
            f"{name} holds more than weights (there is {other_key!r}): save the generator's state_dict alone."
        )
    nonfinite = [key for key, value in tensors.items() if not value.isfinite().all()]
    if nonfinite:
        raise BrokenWeights(f"{name} holds values that are not finite (NaN or infinite), first in {nonfinite[0]}.")
    return tensors
