"""A generator that somebody else trained: named tensors -> a config of our own and weights by our names.

Weights do not say which layers they belong to. Three layouts can be told from names and shapes alone: a chain of
transposed convolutions as in PyTorch's DCGAN tutorial, a multilayer perceptron, and either with a label joined to the
latent, as one-hot values or as a learned vector. What weights cannot tell is assumed as these layouts have it, and
said: ReLU or LeakyReLU, tanh at the end, latents from the normal distribution.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import isqrt
from typing import Any

from torch import Tensor

from gan_core.errors import BrokenWeights, UnknownArchitecture
from gan_core.models import IMPORTED_FAMILIES
from gan_core.models.imported import Config, output_side

WANTED = (
    "a chain of transposed convolutions as in PyTorch's DCGAN tutorial, or a multilayer perceptron, its state_dict "
    "with names such as main.0.weight"
)
GENERATORS = (
    "generator", "netG", "G", "gen", "G_ema", "g_ema", "ema", "generator_state_dict", "gen_state_dict",
    "g_state_dict", "netG_state_dict", "G_state_dict", "model_state_dict", "state_dict", "model", "params_ema",
    "params", "net", "weights",
)  # fmt: skip
PREFIXES = ("module.", "_orig_mod.", "generator.", "netG.", "G.", "gen.")
CRITICS = ("discriminator.", "netD.", "D.", "critic.", "disc.")
SIDES = (28, 32, 64, 128, 256, 512)  # of pictures, where the shapes leave a choice
ROUND = (10, 16, 20, 32, 50, 62, 64, 100, 128, 200, 256, 512)  # usual sizes of a latent
LABELS = 10  # digits and garments, which most small conditional GANs draw
TRAINED_BY_TUTORIAL = [128, 256, 512, 1024]  # the perceptron of PyTorch-GAN, whose normalisation is an odd one
TUTORIAL_EPSILON = 0.8


@dataclass(frozen=True)
class Found:
    """A generator in our terms: its family, config and weights, and what was assumed about it in sentences."""

    family: str
    config: Config
    weights: dict[str, Tensor]
    assumed: tuple[str, ...]


@dataclass(frozen=True)
class Module:
    """The tensors of one layer, by their own names, under the layer's name."""

    name: str
    tensors: dict[str, Tensor]

    @property
    def weight(self) -> Tensor:
        return self.tensors["weight"]

    @property
    def place(self) -> tuple[str, int] | None:
        """The sequence it stands in and its place there, where its name tells."""
        before, _, last = self.name.rpartition(".")
        return (before, int(last)) if last.isdecimal() else None


def recognise(state: Any, name: str, facts: dict[str, Any] | None = None) -> Found:
    """The generator in what a file holds; `facts` is the config.json that lies beside it, where there is one.

    Raises UnknownArchitecture with what was found and what would be needed, BrokenWeights on values not finite.
    """
    tensors = unwrapped(state)
    if not tensors:
        raise UnknownArchitecture(f"{name} holds no named weights: a generator's state_dict is needed.")
    broken = next((key for key, value in tensors.items() if not value.isfinite().all()), None)
    if broken is not None:
        raise BrokenWeights(f"{name} holds values that are not finite (NaN or infinite), first in {broken}.")
    modules = modules_of(tensors)
    try:
        return chain_of(modules, facts or {})
    except Unfit as error:
        raise UnknownArchitecture(f"{name} holds {summary(modules)}, and {error}: needed is {WANTED}.") from error


class Unfit(Exception):
    """Why tensors are none of the layouts; a clause of a sentence."""


# Names ---------------------------------------------------------------------------------------------------------------


def unwrapped(state: Any) -> dict[str, Tensor]:
    """The generator's tensors, out of whatever they were saved in, their names without wrappers."""
    while isinstance(state, dict):
        inner = next((state[key] for key in GENERATORS if isinstance(state.get(key), dict)), None)
        if inner is None and len(state) == 1:
            inner = next((value for value in state.values() if isinstance(value, dict)), None)
        if inner is None:
            break
        state = inner
    tensors = (
        {str(key): value for key, value in state.items() if isinstance(value, Tensor)}
        if isinstance(state, dict)
        else {}
    )
    while prefix := next((each for each in PREFIXES if any(key.startswith(each) for key in tensors)), None):
        rest = {key: value for key, value in tensors.items() if not key.startswith((prefix, *CRITICS))}
        tensors = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        if rest and any(not key.startswith(CRITICS) for key in rest):
            tensors = rest | tensors  # a wrapper that only some have is part of the network
            break
    return tensors


def modules_of(tensors: dict[str, Tensor]) -> list[Module]:
    """Layer by layer, by the numbers in their names: files do not always keep the order."""
    made: dict[str, dict[str, Tensor]] = {}
    for key in sorted(tensors, key=natural):
        name, _, own = key.rpartition(".")
        made.setdefault(name, {})[own] = tensors[key]
    return [Module(name, own) for name, own in made.items()]


def natural(key: str) -> list[tuple[int, int, str]]:
    """main.10 comes after main.2."""
    parts = re.split(r"(\d+)", key)
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]


def summary(modules: Iterable[Module]) -> str:
    """What there is, in a line: the first layers and their shapes."""
    shown = [
        f"{each.name or 'weight'} {'x'.join(map(str, each.weight.shape))}"
        for each in modules
        if "weight" in each.tensors
    ]
    return f"{len(shown)} layers ({', '.join(shown[:4])}{', ...' if len(shown) > 4 else ''})" if shown else "no layers"


# Shapes --------------------------------------------------------------------------------------------------------------


def chain_of(modules: list[Module], facts: dict[str, Any]) -> Found:
    """Raises Unfit."""
    table, modules = label_table(modules)
    kinds = kinds_of(modules)
    flat = kinds[0] == "dense"
    wide = modules[0].weight.shape[1 if flat else 0]
    latent, classes, assumed = inputs_of(wide, table, facts)
    specs, keys = [], []
    side = 1
    first = True
    epsilon = epsilon_of(modules, kinds)
    for index, (module, kind) in enumerate(zip(modules, kinds, strict=True)):
        if index and acts_between(modules[index - 1], module, kind):
            specs.append("leaky 0.2" if flat else "relu")
        if kind == "norm":
            specs.append(f"norm {epsilon:g}")
        else:
            spec, side = spec_of(kind, module, side, first=first)
            first = False
            specs.append(spec)
        keys.append(len(specs) - 1)
    last = next(spec for spec in reversed(specs) if spec.startswith(("dense", "up", "conv")))
    channels, side = picture_of(int(last.split()[1]), side, flat=flat)
    config = Config(
        image_size=side, image_channels=channels, latent_size=latent, classes=classes,
        embedding=table.shape[1] if table is not None else 0, layers=", ".join([*specs, "tanh"]),
    )  # fmt: skip
    weights = {
        f"layers.{key}.{own}": value.float() if value.is_floating_point() else value
        for key, module in zip(keys, modules, strict=True)
        for own, value in module.tensors.items()
    }
    if table is not None:
        weights["embed.weight"] = table.float().T.contiguous()
    family = "foreign_conditional" if classes else "foreign"
    assert family in IMPORTED_FAMILIES
    guess = f"{'LeakyReLU (0.2)' if flat else 'ReLU'} between the layers, tanh at the end, normal latents"
    return Found(family, config, weights, (*assumed, guess))


def label_table(modules: list[Module]) -> tuple[Tensor | None, list[Module]]:
    """The learned vector of each label (classes, size), where there is one, and the other layers."""
    tables = [each for each in modules if "emb" in each.name.lower() and set(each.tensors) == {"weight"}]
    if not tables:
        return None, modules
    if len(tables) > 1 or tables[0].weight.dim() != 2:
        raise Unfit("labels come in by more than one way")
    return tables[0].weight, [each for each in modules if each is not tables[0]]


def kinds_of(modules: list[Module]) -> list[str]:
    """dense, norm, up or conv for each layer; a chain's channels must fit from layer to layer."""
    if not modules:
        raise Unfit("no layer that could draw is among them")
    kinds, width = [], None
    for module in modules:
        names, shape = set(module.tensors), tuple(module.tensors.get("weight", Tensor()).shape)
        if names >= {"weight", "running_mean", "running_var"} and len(shape) == 1 and shape == (width,):
            kinds.append("norm")
        elif not names <= {"weight", "bias"} or "weight" not in names:
            raise Unfit(f"{module.name} is no layer of such a chain ({', '.join(sorted(names))})")
        elif len(shape) == 2 and width in (None, shape[1]):
            kinds.append("dense")
            width = shape[0]
        elif (
            len(shape) == 4
            and shape[2] == shape[3]
            and width in (None, shape[0])
            and not (width and shape[2] == 3 and shape[0] == shape[1])
        ):
            kinds.append("up")
            width = shape[1]
        elif len(shape) == 4 and shape[2] == shape[3] and shape[1] == width:
            kinds.append("conv")
            width = shape[0]
        else:
            raise Unfit(f"{module.name} ({'x'.join(map(str, shape))}) does not go on from {width} channels")
    if kinds[0] == "norm" or len(kinds) < 2 or ("dense" in kinds and {"up", "conv"} & set(kinds)):
        raise Unfit("they are no single chain")
    return kinds


def inputs_of(wide: int, table: Tensor | None, facts: dict[str, Any]) -> tuple[int, int, tuple[str, ...]]:
    """Latent size, number of labels, and what was assumed."""
    classes = number(facts, "n_classes", "num_classes", "classes", "num_labels")
    latent = number(facts, "latent_dim", "latent_size", "z_dim", "nz", "noise_dim", "latent_dimension")
    if table is not None:
        if wide <= table.shape[1]:
            raise Unfit(f"there is no room for a latent in {wide} inputs")
        return wide - table.shape[1], table.shape[0], ("the label's vector stands before the latent",)
    if latent == wide:
        return wide, 0, ()
    if classes and latent in (None, wide - classes) and wide > classes > 1:
        return wide - classes, classes, ("the label is one-hot, behind the latent",)
    if wide not in ROUND and wide - LABELS in ROUND:
        said = f"{wide} inputs are {wide - LABELS} latent values and {LABELS} labels, one-hot, behind them"
        return wide - LABELS, LABELS, (said,)
    return wide, 0, ()


def number(facts: dict[str, Any], *names: str) -> int | None:
    found = [facts[name] for name in names if isinstance(facts.get(name), int) and not isinstance(facts[name], bool)]
    return found[0] if found and found[0] > 0 else None


def epsilon_of(modules: list[Module], kinds: list[str]) -> float:
    """What normalisations add to the variance: PyTorch-GAN's perceptrons have 0.8, all others PyTorch's own."""
    hidden = [each.weight.shape[0] for each, kind in zip(modules, kinds, strict=True) if kind == "dense"][:-1]
    tutorial = hidden == TRAINED_BY_TUTORIAL and kinds[:2] == ["dense", "dense"] and kinds.count("norm") == 3
    return TUTORIAL_EPSILON if tutorial else 1e-5


def acts_between(before: Module, after: Module, kind: str) -> bool:
    """Whether a layer without weights stands between two: numbers that skip one say so, else each layer has one."""
    first, second = before.place, after.place
    if first and second and first[0] == second[0]:
        return second[1] - first[1] > 1
    return kind != "norm"


def spec_of(kind: str, module: Module, side: int, *, first: bool) -> tuple[str, int]:
    """A layer in the words of our chains, and the side of the picture behind it."""
    bias = " bias" if "bias" in module.tensors else ""
    if kind == "dense":
        return f"dense {module.weight.shape[0]}{bias}", side
    kernel = module.weight.shape[2]
    if kind == "conv":
        if kernel % 2 == 0:
            raise Unfit(f"{module.name} is a convolution of {kernel}x{kernel}")
        return f"conv {module.weight.shape[0]} {kernel} 1 {kernel // 2}{bias}", side
    stride, padding = (1, 0) if first else (2, (kernel - 1) // 2)
    if not first and kernel not in (2, 3, 4):
        raise Unfit(f"how {module.name} ({kernel}x{kernel}) enlarges cannot be told from its weights")
    return (
        f"up {module.weight.shape[1]} {kernel} {stride} {padding}{bias}",
        output_side("up", side, kernel, stride, padding),
    )


def picture_of(wide: int, side: int, *, flat: bool) -> tuple[int, int]:
    """Channels and side of the pictures."""
    if flat:
        for channels in (1, 3):
            side = isqrt(wide // channels)
            if channels * side**2 == wide and side >= 8:
                return channels, side
        raise Unfit(f"{wide} values at the end are no square picture, grey or RGB")
    if wide not in (1, 3):
        raise Unfit(f"its pictures have {wide} channels, not 1 or 3")
    if side not in SIDES:
        raise Unfit(f"its pictures would have {side} pixels a side, so strides or paddings are others than usual")
    return wide, side
