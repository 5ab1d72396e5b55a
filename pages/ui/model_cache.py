"""Caches of models and of the images that they draw, shared by all visitors.

Keys hold the name of a model and the hash of its weights, so a checkpoint that is replaced while the server runs is
another model.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import streamlit as st
from torch import nn

from gan_core import sampling
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import CONFIG_FILE, OWN_FILE, SOURCE_FILE, WEIGHTS_FILE
from gan_core.checkpoints.store import hub_cache_dir, list_all_checkpoints, resolve_root
from gan_core.errors import UsageError
from gan_core.images import encoding, tensors
from gan_core.images.tensors import Pixels
from gan_core.tasks import Task
from pages.ui.limits import current_limits

DEFAULT_TEXT_MODEL = "fashion-text"
WARM_UP_MODELS = ("faces-r3gan", "mnist-cgan", DEFAULT_TEXT_MODEL)  # those that the pages open with
INTERPOLATION_STEPS = 9  # images in a row from one end to the other

# Checkpoints ----------------------------------------------------------------------------------------------------------


def generators() -> dict[str, Checkpoint]:
    """The unconditional and class-conditional models, by name."""
    return models_for_task(Task.UNCONDITIONAL, Task.CLASS_CONDITIONAL)


def text_to_image_models() -> dict[str, Checkpoint]:
    """The text-to-image models, by name."""
    return models_for_task(Task.TEXT_TO_IMAGE)


def upscalers() -> dict[str, Checkpoint]:
    """The super-resolution models, by name."""
    return models_for_task(Task.SUPER_RESOLUTION)


def models_for_task(*tasks: Task) -> dict[str, Checkpoint]:
    return {name: model for name, model in all_models().items() if model.family.task in tasks}


def all_models() -> dict[str, Checkpoint]:
    """All models by name, local ones before those fetched from the Hub. Cached until a file of theirs changes.

    Strangers do not see those of the owner's own models that are not marked as public: to them there are none.
    """
    root = resolve_root()
    return list_models(root, fingerprint(root, hub_cache_dir()), current_limits().is_owner)


def rerun_page_if_changed(models: dict[str, Checkpoint]) -> None:
    """In a fragment: run the whole page anew where `models`, what `all_models` gave it, are no longer those there."""
    if all_models() is not models:
        st.rerun()


def find_checkpoint(name: str) -> Checkpoint:
    """Raises UsageError where there is none: it may have been deleted since the page was drawn."""
    if name not in (models := all_models()):
        raise UsageError(f"{name} is not on this machine any more.")
    return models[name]


def fingerprint(*roots: Path) -> str:
    """Names, modification times and sizes of the files that checkpoints in these folders are made of."""
    lines = []
    for root in roots:
        with suppress(OSError), os.scandir(root) as entries:  # a folder may be missing
            folders = sorted(entry.path for entry in entries if not entry.name.startswith("."))
            lines += [line for folder in folders for line in file_states(folder)]
    return "\n".join(lines)


def file_states(folder: str) -> Iterator[str]:
    """A line for each file of a checkpoint: its path, modification time and size."""
    for name in (CONFIG_FILE, WEIGHTS_FILE, SOURCE_FILE, OWN_FILE):
        with suppress(OSError):
            status = os.stat(os.path.join(folder, name))
            yield f"{folder}/{name} {status.st_mtime_ns} {status.st_size}"


@st.cache_resource(max_entries=4, show_spinner=False)
def list_models(root: Path, cache_key: str, with_hidden: bool) -> dict[str, Checkpoint]:
    models = list_all_checkpoints(root)
    return {checkpoint.name: checkpoint for checkpoint in models if with_hidden or checkpoint.is_public}


# Models ---------------------------------------------------------------------------------------------------------------


@st.cache_resource(max_entries=8, show_spinner=False)  # 6 to 12 MB each; loading takes 0.1 s
def model(name: str, weights_hash: str) -> sampling.Model:
    """A model without gradients, shared by all visitors. Raises UsageError where it cannot be loaded."""
    loaded = sampling.load_model(str(find_checkpoint(name).folder), resolve_root())
    freeze_gc()
    return loaded


@st.cache_resource(max_entries=4, show_spinner=False)
def discriminator(name: str, weights_hash: str) -> nn.Module:
    """The discriminator of a model. Raises UsageError where it was published without."""
    generator = model(name, weights_hash)
    loaded = generator.checkpoint.load_discriminator(generator.device)
    freeze_gc()
    return loaded


def freeze_gc() -> None:
    """Exempt all objects that exist now from garbage collection. Call it after loading something that stays.

    Streamlit collects garbage after every run, before the last messages leave; with torch in memory that would take a
    quarter of a second each time.
    """
    gc.collect()
    gc.freeze()


def labels_for(
    name: str, weights_hash: str, seeds: tuple[int, ...], labels: tuple[int, ...] | None
) -> list[int] | None:
    """The label that each image is drawn with; None for a model without labels."""
    return sampling.labels_for(model(name, weights_hash), seeds, labels)


# Images as PNG files --------------------------------------------------------------------------------------------------


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
    """An image of each seed; each of its pixels is a square of `scale` pixels of the file."""
    return encode_pngs(sampling.sample(model(name, weights_hash), seeds, labels, truncation, prompts), scale)


@st.cache_data(max_entries=256, show_spinner=False)
def interpolation_pngs(
    name: str, weights_hash: str, ends: tuple[int, int], steps: int, labels: tuple[int, int] | None, truncation: float
) -> list[bytes]:
    """`steps` images from one seed to the other, both included."""
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
    """An image of each seed between two classes or prompts. `weight` of the second end: one for all, or one each."""
    return encode_pngs(sampling.blend(model(name, weights_hash), seeds, ends, weight, truncation))


@st.cache_data(max_entries=256, show_spinner=False)
def discriminator_scores(
    name: str, weights_hash: str, seeds: tuple[int, ...], labels: tuple[int, ...] | None, truncation: float
) -> list[float]:
    """The raw score (logit) that a model's own discriminator gives each of its images."""
    generator = model(name, weights_hash)
    pixels = sampling.sample(generator, seeds, labels, truncation)
    return sampling.discriminator_scores(
        discriminator(name, weights_hash), generator, pixels, sampling.labels_for(generator, seeds, labels)
    )


def encode_pngs(pixels: Pixels, scale: int = 1) -> list[bytes]:
    return [encoding.encode_png(tensors.to_pil(image, scale)) for image in pixels]
