"""Finds the named tensors of one network in the contents of a weights file."""

from typing import Any

from torch import Tensor

from gan_core.errors import BrokenWeights, UsageError

# Keys under which projects save a generator's state_dict, the likeliest first.
GENERATOR_KEYS = (
    "generator", "netG", "G", "gen", "G_ema", "g_ema", "ema", "generator_state_dict", "gen_state_dict",
    "g_state_dict", "netG_state_dict", "G_state_dict", "model_state_dict", "state_dict", "model", "params_ema",
    "params", "net", "weights",
)  # fmt: skip
GENERATOR_PREFIXES = ("module.", "_orig_mod.", "generator.", "netG.", "G.", "gen.")
DISCRIMINATOR_PREFIXES = ("discriminator.", "netD.", "D.", "critic.", "disc.")


def unwrap_upscaler(contents: Any, name: str) -> dict[str, Tensor]:
    """The tensors of a super-resolution network, as spandrel expects them: without its known wrappers and prefixes.

    Raises UsageError where there are no tensors or other values beside them, BrokenWeights on values not finite.
    """
    from spandrel import canonicalize_state_dict

    entries = canonicalize_state_dict(contents) if isinstance(contents, dict) else {}
    tensors = named_tensors(entries)
    if not tensors:
        raise UsageError(f"{name} holds no named weights: the network's state_dict is needed.")
    if len(tensors) < len(entries):
        other_key = next(key for key, value in entries.items() if not isinstance(value, Tensor))
        raise UsageError(
            f"{name} holds more than weights ({other_key!r} is no tensor): save the generator's state_dict alone."
        )
    require_finite(tensors, name)
    return tensors


def unwrap_generator(contents: Any) -> dict[str, Tensor]:
    """The tensors of a generator, without wrappers, prefixes and the discriminator beside it; empty where none are."""
    while isinstance(contents, dict):
        inner = next((contents[key] for key in GENERATOR_KEYS if isinstance(contents.get(key), dict)), None)
        if inner is None and len(contents) == 1:
            inner = next((value for value in contents.values() if isinstance(value, dict)), None)
        if inner is None:
            return strip_prefixes(named_tensors(contents))
        contents = inner
    return {}


def named_tensors(entries: dict[Any, Any]) -> dict[str, Tensor]:
    """The entries that are tensors."""
    return {str(key): value for key, value in entries.items() if isinstance(value, Tensor)}


def strip_prefixes(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The generator's tensors, the prefixes of wrappers removed from their names."""
    while prefix := next(
        (prefix for prefix in GENERATOR_PREFIXES if any(key.startswith(prefix) for key in tensors)), None
    ):
        others = {key: value for key, value in tensors.items() if not key.startswith((prefix, *DISCRIMINATOR_PREFIXES))}
        tensors = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        if others:  # the prefix names only a part of the network
            return others | tensors
    return tensors


def require_finite(tensors: dict[str, Tensor], name: str) -> None:
    """Raises BrokenWeights where a value is NaN or infinite."""
    nonfinite = next((key for key, value in tensors.items() if not value.isfinite().all()), None)
    if nonfinite is not None:
        raise BrokenWeights(f"{name} holds values that are not finite (NaN or infinite), first in {nonfinite}.")
