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
from gan_core.checkpoints.description import CONFIG_FILE, SOURCE_FILE, WEIGHTS_FILE
from gan_core.checkpoints.store import hub_cache_dir, resolve_root
from gan_core.checkpoints.store import list_all_checkpoints as all_of
from gan_core.errors import UsageError
from gan_core.images import tensors
from gan_core.images.tensors import Pixels
from gan_core.tasks import Task

WARM_UP_MODELS = ("mnist-cgan", "mnist-dcgan", "fashion-text")  # what the pages open with


def generators() -> dict[str, Checkpoint]:
    """All generators that draw out of nothing or by a label, by name; read again only where a file has changed."""
    return models_for_task(Task.UNCONDITIONAL, Task.CLASS_CONDITIONAL)


def text_to_image_models() -> dict[str, Checkpoint]:
    """All models that draw what a sentence asks for, by name."""
    return models_for_task(Task.TEXT_TO_IMAGE)


def upscalers() -> dict[str, Checkpoint]:
    """All models that enlarge pictures, by name."""
    return models_for_task(Task.SUPER_RESOLUTION)


def models_for_task(*tasks: Task) -> dict[str, Checkpoint]:
    """The models whose families take one of these conditions."""
    return {name: model for name, model in all_models().items() if model.family.task in tasks}


def all_models() -> dict[str, Checkpoint]:
    """This machine's own, then what was fetched from the Hub."""
    root = resolve_root()
    return list_models(root, fingerprint(root, hub_cache_dir()))


def find_checkpoint(name: str) -> Checkpoint:
    """Raises InputError where it is gone: somebody may have deleted it since the page was drawn."""
    if name not in (models := all_models()):
        raise UsageError(f"{name} is not on this machine any more.")
    return models[name]


def fingerprint(*roots: Path) -> str:
    """Names, times and sizes of all files that the catalogue is made of."""
    files = sorted(
        file
        for name in (CONFIG_FILE, WEIGHTS_FILE, SOURCE_FILE)
        for root in roots
        for file in root.glob(f"[!.]*/{name}")
    )
    file_status = ((file, file.stat()) for file in files)
    return "\n".join(f"{file} {status.st_mtime_ns} {status.st_size}" for file, status in file_status)


@st.cache_resource(max_entries=4, show_spinner=False)
def list_models(root: Path, cache_key: str) -> dict[str, Checkpoint]:
    return {checkpoint.name: checkpoint for checkpoint in all_of(root)}


@st.cache_resource(max_entries=8, show_spinner=False)  # 6 to 12 MB each; another one is back within a tenth of a second
def model(name: str, weights_hash: str) -> sampling.Model:
    """A frozen model shared by all visitors. Raises InputError where it cannot be loaded."""
    loaded = sampling.load_model(str(find_checkpoint(name).folder), resolve_root())
    freeze_gc()
    return loaded


@st.cache_resource(max_entries=4, show_spinner=False)
def discriminator(name: str, weights_hash: str) -> nn.Module:
    """The discriminator of a model that has one."""
    generator = model(name, weights_hash)
    loaded = generator.checkpoint.load_discriminator(generator.device)
    freeze_gc()
    return loaded


def freeze_gc() -> None:
    """Hide all that lives now from the garbage collector.

    Streamlit collects after every run, before the last messages leave; with torch in memory that takes a quarter of a
    second. What is frozen is never collected, so this is for what stays: after loading, not on every run.
    """
    gc.collect()
    gc.freeze()


def labels_for(
    name: str, weights_hash: str, seeds: tuple[int, ...], labels: tuple[int, ...] | None
) -> list[int] | None:
    """The label each picture is drawn with; None for a model that takes none."""
    return sampling.labels_for(model(name, weights_hash), seeds, labels)


# Pictures as PNG files, one file pixel a picture pixel ----------------------------------------------------------------


@st.cache_data(max_entries=1024, show_spinner=False)
def sample_pngs(
    name: str,
    weights_hash: str,
    seeds: tuple[int, ...],
    labels: tuple[int, ...] | None,
    truncation: float,
    scale: int = 1,
    prompts: tuple[str, ...] | None = None,
) -> list[bytes]:
    """One PNG file a seed; `scale` enlarges each pixel to a square."""
    return encode_pngs(sampling.sample(model(name, weights_hash), seeds, labels, truncation, prompts), scale)


@st.cache_data(max_entries=256, show_spinner=False)
def interpolation_pngs(
    name: str, weights_hash: str, ends: tuple[int, int], steps: int, labels: tuple[int, int] | None, truncation: float
) -> list[bytes]:
    """Pictures on the way from one seed to another."""
    return encode_pngs(sampling.interpolate(model(name, weights_hash), *ends, steps, labels, truncation))


@st.cache_data(max_entries=512, show_spinner=False)
def blend_pngs(
    name: str,
    weights_hash: str,
    seeds: tuple[int, ...],
    ends: tuple[int, int] | tuple[str, str],
    weight: float | tuple[float, ...],
    truncation: float,
) -> list[bytes]:
    """Pictures between two classes or two prompts, one a seed, all at one share or each at its own."""
    return encode_pngs(sampling.blend(model(name, weights_hash), seeds, ends, weight, truncation))


@st.cache_data(max_entries=256, show_spinner=False)
def critic_scores(
    name: str, weights_hash: str, seeds: tuple[int, ...], labels: tuple[int, ...] | None, truncation: float
) -> list[float]:
    """The critic's raw score of each of the model's own pictures."""
    generator = model(name, weights_hash)
    pixels = sampling.sample(generator, seeds, labels, truncation)
    return sampling.critic_scores(
        discriminator(name, weights_hash), generator, pixels, sampling.labels_for(generator, seeds, labels)
    )


def encode_pngs(pixels: Pixels, scale: int = 1) -> list[bytes]:
    return [tensors.encode_png(tensors.to_pil(image, scale)) for image in pixels]
