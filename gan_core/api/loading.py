"""Lists and loads models: those that come with the package, one's own, and those of the Hugging Face Hub."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from gan_core import sampling
from gan_core.api.model import Model
from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import HUB_PREFIX
from gan_core.checkpoints.own import is_own
from gan_core.errors import UsageError
from gan_core.models import Task
from gan_core.upscaling import DEFAULT_UPSCALER
from gan_core.upscaling.upscaler import Upscaler, open_upscaler

DownloadProgress = Callable[[int, int], Any]  # bytes done, bytes in all


@dataclass(frozen=True)
class ModelInfo:
    """A model that can be loaded, as `list_models` returns it; its weights are not loaded."""

    name: str
    task: Task
    family: str
    data: str
    image_size: int  # side in pixels; for super-resolution that of the training patches
    classes: tuple[str, ...] = field(repr=False)
    scores: dict[str, Any] = field(repr=False)  # measured by `evaluate`; empty where it was not
    licence: str | None = field(repr=False)
    source: str = field(repr=False)  # a reference to the Hub for a fetched model, else the folder
    folder: Path = field(repr=False)
    weights_bytes: int = field(repr=False)
    weights_hash: str = field(repr=False)  # equal hashes generate equal images
    has_discriminator: bool = field(repr=False)
    title: str | None = field(repr=False)  # the name that its owner gave it, where that could not be its name
    is_own: bool = field(repr=False)  # exported on this machine: not fetched, and none of the project's
    is_public: bool = field(repr=False)  # strangers see it in a hosted app

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint) -> Self:
        return cls(
            name=checkpoint.name,
            task=checkpoint.family.task,
            family=checkpoint.description.family,
            data=checkpoint.description.data["name"],
            image_size=checkpoint.config.image_size,
            classes=checkpoint.description.classes,
            scores=checkpoint.description.scores,
            licence=checkpoint.licence,
            source=checkpoint.source.reference if checkpoint.source else str(checkpoint.folder),
            folder=checkpoint.folder,
            weights_bytes=checkpoint.weights_bytes,
            weights_hash=checkpoint.weights_hash,
            has_discriminator=checkpoint.has_discriminator,
            title=checkpoint.title,
            is_own=is_own(checkpoint),
            is_public=checkpoint.is_public,
        )


def list_models(task: Task | str | None = None, *, checkpoints: str | Path | None = None) -> list[ModelInfo]:
    """The models that can be loaded: those under `checkpoints` by name, then those fetched from the Hub.

    `task` keeps the models of one task: a member of `gan_core.Task`, or its name, such as "text_to_image".
    `checkpoints` is the folder of models: by default GAN_CORE_CHECKPOINTS, or the models that come with the package.
    Raises UsageError for an unknown task.

    >>> [model.name for model in gan_core.list_models("class_conditional")]
    ['fashion-cgan', 'mnist-cgan']
    """
    only = None if task is None else parse_task(task)
    models = [ModelInfo.from_checkpoint(each) for each in store.list_all_checkpoints(store.resolve_root(checkpoints))]
    return [model for model in models if only in (None, model.task)]


def parse_task(task: Task | str) -> Task:
    tasks = {known.name.lower(): known for known in Task}
    if isinstance(task, Task):
        return task
    if task.lower() not in tasks:
        raise UsageError(f"There is no task {task!r}; there are {', '.join(tasks)}.")
    return tasks[task.lower()]


def load(
    model: str | Path,
    *,
    checkpoints: str | Path | None = None,
    device: str | None = None,
    progress: DownloadProgress | None = None,
) -> Model:
    """Loads a model that generates images from seeds.

    `model` is a name (see `list_models`), the folder of a checkpoint, or a reference to the Hugging Face Hub,
    `hub:OWNER/NAME[/FILE][@REVISION]`. A model of the Hub is downloaded where it is not on this machine yet; `progress`
    is called with the bytes done and the bytes in all. `checkpoints` is the folder of models, as in `list_models`.
    `device` is a device of PyTorch, such as "cpu": by default the GPU where there is one.

    Raises UsageError where there is no such model, its files cannot be used, or it is for super-resolution (see
    `load_upscaler`), ExternalError where a download fails.

    >>> gan_core.load("mnist-cgan")
    <Model mnist-cgan: Conditional GAN, 28 x 28 pixels, 10 classes>
    """
    checkpoint = store.find_checkpoint(local_reference(model, progress), store.resolve_root(checkpoints))
    if checkpoint.family.task == Task.SUPER_RESOLUTION:
        raise UsageError(
            f"{checkpoint.name} upscales images and generates none from seeds: "
            f"use gan_core.upscale(image, {checkpoint.name!r})."
        )
    return Model(sampling.model_from_checkpoint(checkpoint, device))


def load_upscaler(
    model: str | Path = DEFAULT_UPSCALER,
    *,
    checkpoints: str | Path | None = None,
    device: str | None = None,
    progress: DownloadProgress | None = None,
) -> Upscaler:
    """Loads a super-resolution model, to be used by several calls of `upscale`.

    `model` is a name, the folder of a checkpoint, a .pth or .safetensors file of a network that spandrel knows, or a
    reference `hub:OWNER/NAME`; the other arguments are those of `load`.
    Raises UsageError where there is no such model, or where it does not upscale, ExternalError where a download fails.

    >>> upscaler = gan_core.load_upscaler("photo-srgan-x4")
    >>> upscaler.scale, upscaler.channels
    (4, 3)
    """
    return open_upscaler(local_reference(model, progress), store.resolve_root(checkpoints), device)


def local_reference(model: str | Path, progress: DownloadProgress | None = None) -> str:
    """A name or path as it is; for a reference to the Hub the folder of the downloaded checkpoint."""
    reference = str(model)
    if not reference.startswith(HUB_PREFIX):
        return reference
    from gan_core.hub.download import fetch_model
    from gan_core.hub.reference import parse_reference

    fetched = fetch_model(parse_reference(reference), progress or (lambda *_: None))
    if fetched.note:
        warnings.warn(fetched.note, stacklevel=3)
    return str(fetched.checkpoint.folder)
