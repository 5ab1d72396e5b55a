"""Models and their pictures, kept: each model is loaded once for all visitors, each picture encoded once.

There are two kinds: generators that draw out of nothing, and upscalers, which enlarge what they are given.

Caches are keyed on a model's name and the hash of its weights, so a checkpoint that is replaced while the server runs
is simply another model.
"""

import gc
from pathlib import Path

import streamlit as st
from torch import nn

from gan_core import sampling
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import CONFIG, SOURCE, WEIGHTS
from gan_core.checkpoints.store import everything as all_of
from gan_core.checkpoints.store import fetched_folder, root_folder
from gan_core.errors import InputError
from gan_core.images import tensors
from gan_core.images.tensors import Pixels

OPENING = ("mnist-cgan", "mnist-dcgan", "fashion-text")  # what the pages open with


def catalogue() -> dict[str, Checkpoint]:
    """All generators that draw out of nothing or by a label, by name; read again only where a file has changed."""
    return answering("none", "label")


def painters() -> dict[str, Checkpoint]:
    """All models that draw what a sentence asks for, by name."""
    return answering("text")


def upscalers() -> dict[str, Checkpoint]:
    """All models that enlarge pictures, by name."""
    return answering("picture")


def answering(*conditions: str) -> dict[str, Checkpoint]:
    """The models whose families take one of these conditions."""
    return {name: each for name, each in everything().items() if each.family.condition in conditions}


def everything() -> dict[str, Checkpoint]:
    """This machine's own, then what was fetched from the Hub."""
    root = root_folder()
    return read_catalogue(root, stamp(root, fetched_folder()))


def checkpoint_of(name: str) -> Checkpoint:
    """Raises InputError where it is gone: somebody may have deleted it since the page was drawn."""
    if name not in (known := everything()):
        raise InputError(f"{name} is not on this machine any more.")
    return known[name]


def stamp(*roots: Path) -> str:
    """Names, times and sizes of all files that the catalogue is made of."""
    files = sorted(file for name in (CONFIG, WEIGHTS, SOURCE) for root in roots for file in root.glob(f"[!.]*/{name}"))
    known = ((file, file.stat()) for file in files)
    return "\n".join(f"{file} {status.st_mtime_ns} {status.st_size}" for file, status in known)


@st.cache_resource(max_entries=4, show_spinner=False)
def read_catalogue(root: Path, stamp: str) -> dict[str, Checkpoint]:
    return {each.name: each for each in all_of(root)}


@st.cache_resource(max_entries=8, show_spinner=False)  # 6 to 12 MB each; another one is back within a tenth of a second
def model(name: str, weights: str) -> sampling.Model:
    """A frozen model shared by all visitors. Raises InputError where it cannot be loaded."""
    loaded = sampling.load(str(checkpoint_of(name).folder), root_folder())
    settle()
    return loaded


@st.cache_resource(max_entries=4, show_spinner=False)
def critic(name: str, weights: str) -> nn.Module:
    """The discriminator of a model that has one."""
    owner = model(name, weights)
    loaded = owner.checkpoint.load_critic(owner.device)
    settle()
    return loaded


def settle() -> None:
    """Hide all that lives now from the garbage collector.

    Streamlit collects after every run, before the last messages leave; with torch in memory that takes a quarter of a
    second. What is frozen is never collected, so this is for what stays: after loading, not on every run.
    """
    gc.collect()
    gc.freeze()


def condition(name: str, weights: str, seeds: tuple[int, ...], labels: tuple[int, ...] | None) -> list[int] | None:
    """The label each picture is drawn with; None for a model that takes none."""
    return sampling.labels_for(model(name, weights), seeds, labels)


# Pictures as PNG files, one file pixel a picture pixel ----------------------------------------------------------------


@st.cache_data(max_entries=1024, show_spinner=False)
def pictures(
    name: str,
    weights: str,
    seeds: tuple[int, ...],
    labels: tuple[int, ...] | None,
    truncation: float,
    scale: int = 1,
    prompts: tuple[str, ...] | None = None,
) -> list[bytes]:
    """One PNG file a seed; `scale` enlarges each pixel to a square."""
    return encode(sampling.sample(model(name, weights), seeds, labels, truncation, prompts), scale)


@st.cache_data(max_entries=256, show_spinner=False)
def walk(
    name: str, weights: str, ends: tuple[int, int], steps: int, labels: tuple[int, int] | None, truncation: float
) -> list[bytes]:
    """Pictures on the way from one seed to another."""
    return encode(sampling.interpolate(model(name, weights), *ends, steps, labels, truncation))


@st.cache_data(max_entries=512, show_spinner=False)
def blends(
    name: str,
    weights: str,
    seeds: tuple[int, ...],
    ends: tuple[int, int] | tuple[str, str],
    share: float | tuple[float, ...],
    truncation: float,
) -> list[bytes]:
    """Pictures between two classes or two prompts, one a seed, all at one share or each at its own."""
    return encode(sampling.blend(model(name, weights), seeds, ends, share, truncation))


@st.cache_data(max_entries=256, show_spinner=False)
def opinions(
    name: str, weights: str, seeds: tuple[int, ...], labels: tuple[int, ...] | None, truncation: float
) -> list[float]:
    """The critic's raw score of each of the model's own pictures."""
    owner = model(name, weights)
    pixels = sampling.sample(owner, seeds, labels, truncation)
    return sampling.opinions(critic(name, weights), owner, pixels, sampling.labels_for(owner, seeds, labels))


def encode(pixels: Pixels, scale: int = 1) -> list[bytes]:
    return [tensors.png_bytes(tensors.to_pil(each, scale)) for each in pixels]
