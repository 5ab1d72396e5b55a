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

from gan_core.errors import BrokenWeights, UnsafeFile, UsageError, TooLarge

SUFFIXES = (".pth", ".pt", ".ckpt", ".bin", ".safetensors")


MAX_BYTES = 2 * 1024**3  # of a file's weights


def read_weights(source: Path | bytes, name: str) -> tuple[dict[str, Tensor], str | None]:
    """The named tensors of a file, and the licence it states."""
    state, licence = read_state(source, name)
    return tensors_of(state, name), licence


def read_state(source: Path | bytes, name: str) -> tuple[Any, str | None]:
    """What is in a file of weights, wrappings included, and the licence it states."""
    try:
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
    except OSError as error:
        raise UsageError(f"{source} cannot be opened: {error.strerror or error}.") from error
    if size == 0:
        raise BrokenWeights(f"{name} is an empty file.")
    if size > MAX_BYTES:
        raise TooLarge(f"{name} is {size / 1e9:.1f} GB large; at most {MAX_BYTES / 1e9:.1f} GB can be read.")
    if name.lower().endswith(".safetensors"):
        return from_safetensors(source, name)
    return from_pickle(source, name), None


def from_safetensors(source: Path | bytes, name: str) -> tuple[dict[str, Tensor], str | None]:
    try:
        if isinstance(source, bytes):
            header = int.from_bytes(source[:8], "little")
            licence = re.search(rb'"(?:modelspec\.)?license"\s*:\s*"([^"]{1,200})"', source[8 : 8 + header])
            return load_safetensors(source), licence[1].decode("utf-8", "replace") if licence else None
        with safe_open(source, "pt") as file:
            facts = file.metadata() or {}
            names = list(file.keys())
            return {each: file.get_tensor(each) for each in names}, facts.get("license", facts.get("modelspec.license"))
    except (SafetensorError, OSError) as error:
        raise BrokenWeights(f"{name} cannot be read as safetensors, it is damaged or cut off: {error}.") from error


def from_pickle(source: Path | bytes, name: str) -> Any:
    """What torch reads from a file when it may run nothing in it."""
    stream = BytesIO(source) if isinstance(source, bytes) else source
    if zipfile.is_zipfile(stream) and unpacked(stream) > MAX_BYTES:
        raise TooLarge(f"{name} would unpack to more than {MAX_BYTES / 1e9:.1f} GB.")
    if isinstance(stream, BytesIO):
        stream.seek(0)
    try:
        return torch.load(stream, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # torn or hostile files fail in many ways
        said = str(error)
        code = re.search(r"GLOBAL ([\w.]+)", said)
        if "TorchScript" in said:
            raise UnsafeFile(f"{name} holds a program (TorchScript), not weights; programs are not run.") from error
        if isinstance(error, pickle.UnpicklingError) and code:
            raise UnsafeFile(
                f"{name} holds code besides weights ({code[1]}), and no code is run: save its state_dict alone, "
                f"best as safetensors."
            ) from error
        raise BrokenWeights(f"{name} cannot be read as weights: it is damaged, cut off or no such file.") from error


def unpacked(stream: Path | BytesIO) -> int:
    try:
        with zipfile.ZipFile(stream) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        return 0  # torch will say what is wrong


def tensors_of(state: Any, name: str) -> dict[str, Tensor]:
    """The innermost dictionary of tensors, its usual wrappings taken off."""
    from spandrel import canonicalize_state_dict

    found = canonicalize_state_dict(state) if isinstance(state, dict) else {}
    tensors = {str(key): value for key, value in found.items() if isinstance(value, Tensor)}
    if not tensors:
        raise UsageError(f"{name} holds no named weights: a network's state_dict is needed.")
    if len(tensors) < len(found):
        odd = next(key for key, value in found.items() if not isinstance(value, Tensor))
        raise UsageError(f"{name} holds more than weights (there is {odd!r}): save the generator's state_dict alone.")
    broken = [key for key, value in tensors.items() if not value.isfinite().all()]
    if broken:
        raise BrokenWeights(f"{name} holds values that are not finite (NaN or infinite), first in {broken[0]}.")
    return tensors
