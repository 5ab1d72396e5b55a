"""Finds the named tensors of networks in the contents of a weights file, and which of them is the one to use.

Projects save a generator beside its discriminator, its moving average (EMA), optimizers and settings, in dicts, lists
or prefixes of names. The moving average is preferred, as it draws better pictures; notes say what was taken.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_core.errors import BrokenWeights, TooLarge, UnsafeFile, UsageError
from gan_core.importers.unpickling import Unknown

# Keys under which projects save a generator's state_dict, the likeliest first.
GENERATOR_KEYS = (
    "generator", "netG", "G", "gen", "generator_state_dict", "gen_state_dict", "g_state_dict", "netG_state_dict",
    "G_state_dict", "online_model", "model_state_dict", "state_dict", "model", "params", "net", "weights",
)  # fmt: skip
WRAPPER_PREFIXES = ("module", "_orig_mod")  # of DataParallel, AveragedModel and torch.compile
GENERATOR_PREFIXES = ("generator", "netG", "G", "gen", "online_model")
DISCRIMINATOR_WORDS = {"discriminator", "discriminators", "disc", "dis", "critic", "netd", "d"}
AVERAGE_WORDS = {"ema", "avg", "averaged", "average", "shadow", "swa", "ge"}
OTHER_WORDS = {  # of what stands beside networks: optimizers, losses, measuring networks
    "optim", "optimizer", "optimizers", "optimiser", "opt", "sched", "scheduler", "schedulers", "scaler", "loss",
    "losses", "lpips", "vgg", "perceptual", "criterion", "fid", "inception", "augment", "rng",
}  # fmt: skip
OPTIMIZER_TENSORS = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer", "square_avg", "step"}
MAX_DEPTH, MAX_VISITED = 8, 20_000
MAX_NUMBERS = 2**30  # of all tensors of a network together


@dataclass(frozen=True)
class Network:
    """The named tensors of one network, and the keys that led to it.

    `is_average` marks a moving average of the weights; `notes` are sentences on how it was put together.
    """

    path: tuple[str, ...]
    tensors: dict[str, Tensor]
    is_average: bool = False
    notes: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        return ".".join(self.path) or "the file itself"

    @property
    def rank(self) -> tuple[int, int]:
        """The lower, the rather it is used: averages first, then by the keys that led to it."""
        places = [GENERATOR_KEYS.index(key) for key in self.path if key in GENERATOR_KEYS]
        return (not self.is_average, min(places, default=len(GENERATOR_KEYS)))


# What is wanted of a file --------------------------------------------------------------------------------------------


def likeliest_networks(contents: Any, name: str) -> list[Network]:
    """The networks of a file that come first, several where nothing tells them apart. Raises UsageError without any."""
    groups = rank_networks(contents)
    if not groups:
        require_no_module(contents, name)
        raise UsageError(f"{name} holds no named weights: the network's state_dict is needed.")
    return groups[0]


def prepare_upscaler(network: Network, contents: Any, name: str) -> Network:
    """A network as spandrel expects it, with a note of what was taken. Raises BrokenWeights on values not finite."""
    from spandrel import canonicalize_state_dict

    tensors = as_float(canonicalize_state_dict(dict(network.tensors)), name)
    require_finite(tensors, name)
    return replace(network, tensors=tensors, notes=(*network.notes, *describe_choice(network, contents)))


def several_networks(networks: list[Network], name: str) -> UsageError:
    """The error of a file with networks of equal rank."""
    listed = ", ".join(network.name for network in networks[:8])
    return UsageError(
        f"{name} holds {len(networks)} networks ({listed}), and nothing tells which one is wanted: save the state_dict "
        f"of one of them alone."
    )


def require_no_module(contents: Any, name: str) -> None:
    """Raises UnsafeFile where a file holds a whole network as an object, which is code."""
    for _, value in walk(contents):
        if is_module(value):
            raise UnsafeFile(
                f"{name} holds code besides weights ({value.name}), and no code is run: save its state_dict alone, "
                f"preferably as safetensors."
            )


def is_module(value: Any) -> bool:
    """Whether a value is a whole network as an object."""
    return isinstance(value, Unknown) and ("_modules" in value.state or "_parameters" in value.state)


def describe_choice(network: Network, contents: Any) -> tuple[str, ...]:
    """A sentence on which of several networks was taken; none where the file holds this one alone."""
    others = [other.name for other in find_networks(contents) if other.path != network.path]
    left_out = f" Left out: {', '.join(others[:6])}{', ...' if len(others) > 6 else ''}." if others else ""
    if network.is_average:
        where = f"{network.name}, " if network.path else ""
        return (f"Taken from the file: {where}the moving average of the weights (EMA).{left_out}",)
    return (f"Taken from the file: {network.name}.{left_out}",) if others else ()


# Search --------------------------------------------------------------------------------------------------------------


def rank_networks(contents: Any) -> list[list[Network]]:
    """The networks that may be meant, those of equal rank together, the likeliest first; no discriminators."""
    networks = [
        network
        for network in find_networks(contents)
        if not any(words(key) & (DISCRIMINATOR_WORDS | OTHER_WORDS) for key in network.path)
    ]
    plain = [network for network in networks if not network.is_average]
    networks = [complete_average(network, plain) if network.is_average else network for network in networks]
    networks += averages_without_names(contents, plain)
    ranks = sorted({network.rank for network in networks})
    return [[network for network in networks if network.rank == rank] for rank in ranks]


def find_networks(contents: Any) -> list[Network]:
    """All networks in a file, discriminators included: each dict of named weights, split by the prefixes of names."""
    found: list[Network] = []
    for path, value in walk(contents):
        tensors = named_tensors(value) if isinstance(value, dict) else {}
        if any("weight" in key or "original" in key for key in tensors):
            found += split_prefixes(Network(path, tensors, any(words(key) & AVERAGE_WORDS for key in path)), value)
    return found


def walk(contents: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The containers in the contents of a file, with the keys that lead to them; optimizers are left out.

    What several keys lead to comes several times, at most MAX_VISITED in all.
    """
    stack: list[tuple[tuple[str, ...], Any]] = [((), contents)]
    visited = 0
    while stack and visited < MAX_VISITED:
        path, value = stack.pop()
        if len(path) > MAX_DEPTH:
            continue
        visited += 1
        yield path, value
        if is_module(value):
            continue
        if isinstance(value, Unknown):
            value = value.state
        if isinstance(value, dict) and not ("param_groups" in value and "state" in value):
            inner = [((*path, str(key)), child) for key, child in value.items()]
        elif isinstance(value, (list, tuple)):
            inner = [((*path, str(index)), child) for index, child in enumerate(value[:MAX_VISITED])]
        else:
            continue
        stack += [(keys, child) for keys, child in reversed(inner) if isinstance(child, (dict, list, tuple, Unknown))]


def named_tensors(entries: dict[Any, Any]) -> dict[str, Tensor]:
    """The entries that are tensors, or arrays where none is a tensor; numbers of counters are left out."""
    tensors = {str(key): value for key, value in entries.items() if isinstance(value, Tensor)}
    if not tensors:
        arrays = {str(key): as_array(value) for key, value in entries.items()}
        tensors = {
            key: torch.from_numpy(np.array(array, dtype=array.dtype.newbyteorder("=")))
            for key, array in arrays.items()
            if array is not None
        }
    if tensors.keys() <= OPTIMIZER_TENSORS:
        return {}
    return {key: value for key, value in tensors.items() if value.dim() or "." in key or value.is_floating_point()}


def as_array(value: Any) -> np.ndarray | None:
    """An array of plain numbers; None for anything else."""
    array = value.array if isinstance(value, Unknown) else value
    return array if isinstance(array, np.ndarray) and array.dtype.kind in "fiub" else None


def words(key: str) -> set[str]:
    """The words of a key in lower case: `netG_ema` has net, g and ema, and netg."""
    parts = re.split(r"[^A-Za-z0-9]+", key)
    camel = [word for part in parts for word in re.findall(r"[A-Z]*[a-z0-9]+|[A-Z]+", part)]
    split = [word for part in parts for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", part)]
    return {word.lower() for word in (*parts, *camel, *split) if word}


# Prefixes ------------------------------------------------------------------------------------------------------------


def split_prefixes(network: Network, entries: dict[Any, Any]) -> list[Network]:
    """The networks whose names have a prefix in common, such as `generator.` and `ema_model.`; else the one given."""
    tensors = network.tensors
    heads = dict.fromkeys(key.partition(".")[0] for key in tensors if "." in key)
    wrapper = next((head for head in WRAPPER_PREFIXES if head in heads), None)
    if wrapper and all(key.startswith(f"{wrapper}.") for key in tensors):
        counts = entries.get("n_averaged")
        average = network.is_average or counts is not None
        never = isinstance(counts, Tensor) and counts.numel() == 1 and not counts.item()
        notes = ("Its moving average (EMA) was never updated: n_averaged is 0.",) if never else ()
        stripped = {key.partition(".")[2]: value for key, value in tensors.items()}
        return split_prefixes(Network(network.path, stripped, average, network.notes + notes), {})
    averages = [head for head in heads if words(head) & AVERAGE_WORDS and not words(head) & DISCRIMINATOR_WORDS]
    generator = next((head for head in GENERATOR_PREFIXES if head in heads), None)
    others = [head for head in heads if words(head) & DISCRIMINATOR_WORDS] if averages or generator else []
    measuring = [head for head in heads if words(head) & OTHER_WORDS] if averages or generator else []
    if not averages and generator is None:
        return [network]
    rest = {
        key: value
        for key, value in tensors.items()
        if key.partition(".")[0] not in (*averages, *others, *measuring, generator)
    }
    found = [with_head(network, head, is_average=has_averaged(entries)) for head in averages]
    if generator:
        found += [with_head(network, generator, rest, is_average=network.is_average)]
    elif any("weight" in key for key in rest):
        found += [replace(network, tensors=rest)]
    found += [with_head(network, head, is_average=False) for head in others]
    return [part for one in found for part in (split_prefixes(one, {}) if one.path != network.path else [one])]


def with_head(network: Network, head: str, rest: dict[str, Tensor] | None = None, *, is_average: bool) -> Network:
    """The tensors whose names begin with `head`, without it, and the rest, to which the prefix does not extend."""
    tensors = {key.partition(".")[2]: value for key, value in network.tensors.items() if key.partition(".")[0] == head}
    return Network((*network.path, head), (rest or {}) | tensors, is_average, network.notes)


def has_averaged(entries: dict[Any, Any]) -> bool:
    """Whether an average was ever updated: ema-pytorch writes `initted`, a flag."""
    flag = entries.get("initted")
    return not (isinstance(flag, Tensor) and flag.numel() == 1 and not flag.item())


# Moving averages -----------------------------------------------------------------------------------------------------


def complete_average(average: Network, plain: list[Network]) -> Network:
    """An average of parameters alone with the buffers, such as BatchNorm's statistics, of the network beside it."""
    for network in plain:
        missing = {key: value for key, value in network.tensors.items() if key not in average.tensors}
        shared = {key: value.shape for key, value in network.tensors.items() if key in average.tensors}
        fits = shared == {key: value.shape for key, value in average.tensors.items()}
        if missing and fits and all(is_buffer(key) for key in missing):
            note = f"The moving average has no statistics of normalisation: those of {network.name} are used."
            return replace(average, tensors=network.tensors | average.tensors, notes=(*average.notes, note))
    return average


def averages_without_names(contents: Any, plain: list[Network]) -> list[Network]:
    """Averages that are a list of parameters in order, as diffusers' `shadow_params`, named by the network beside."""
    found = []
    for path, value in walk(contents):
        if not isinstance(value, (list, tuple)) or len(value) < 2 or not all(isinstance(v, Tensor) for v in value):
            continue
        if not any(words(key) & AVERAGE_WORDS for key in path):
            continue
        for network in plain:
            names = [key for key in network.tensors if not is_buffer(key)]
            if [network.tensors[key].shape for key in names] == [tensor.shape for tensor in value]:
                tensors = network.tensors | dict(zip(names, value, strict=True))
                found.append(Network(path, tensors, is_average=True))
                break
    return found


def is_buffer(key: str) -> bool:
    """Whether a name is that of statistics rather than of a parameter."""
    return key.endswith(("running_mean", "running_var", "num_batches_tracked", "weight_u", "weight_v", "._u", "._v"))


# Values --------------------------------------------------------------------------------------------------------------


def require_finite(tensors: dict[str, Tensor], name: str) -> None:
    """Raises BrokenWeights where a value is NaN or infinite."""
    nonfinite = next((key for key, value in tensors.items() if not value.isfinite().all()), None)
    if nonfinite is not None:
        raise BrokenWeights(f"{name} holds values that are not finite (NaN or infinite), first in {nonfinite}.")


def as_float(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors with weights of half, double or quarter precision as float32; integers of counters stay.

    Raises UsageError where weights are complex numbers or integers of a compression, TooLarge where views claim more
    numbers than are allowed.
    """
    if sum(value.numel() for value in tensors.values()) > MAX_NUMBERS:
        raise TooLarge(f"{name} has more than {MAX_NUMBERS:,} weights, which is the most that is allowed.")
    return {key: float_tensor(value, key, name) for key, value in tensors.items()}


def float_tensor(value: Tensor, key: str, name: str) -> Tensor:
    """One of them, contiguous."""
    if value.is_quantized:
        value = value.dequantize()
    if value.is_complex():
        raise UsageError(f"{name} holds complex numbers ({key}): networks of real numbers are supported.")
    is_compressed = not value.is_floating_point() and value.dim() > 1 and key.endswith("weight")
    if is_compressed or value.layout != torch.strided or value.is_meta:
        kind = str(value.dtype if value.layout == torch.strided else value.layout).removeprefix("torch.")
        raise UsageError(
            f"{name} holds compressed weights ({key} is {'empty' if value.is_meta else kind}): save it in float32 or "
            f"half precision."
        )
    return (value.float() if value.is_floating_point() else value).contiguous()
