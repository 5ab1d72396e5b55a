"""Factories of tiny networks, data sets, runs and checkpoints for the unit tests."""

from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import Description
from gan_core.data.archives import FolderArchive
from gan_core.data.datasets import InMemoryImages
from gan_core.data.super_resolution import PatchDataset
from gan_core.models import FAMILIES, Task
from gan_core.objectives import OBJECTIVES, objective_name
from gan_core.text.captions import CaptionedDataset
from gan_core.text.encoder import TextEncoder
from gan_core.training.config import Run

CLASSES = ("circle", "square", "star")
SMALL_SIZES = {"latent_size": 4, "width": 8, "critic_width": 4, "layers": 2, "label_size": 4, "sentence_size": 6}
SIZE_OVERRIDES = {  # of families whose default images are larger
    name: {"image_size": 28, "image_channels": 1} for name in ("residual", "text_conditional")
}
SMALL_UPSCALER = {"image_size": 16, "image_channels": 1, "scale": 2, "features": 4, "blocks": 1, "critic_width": 4}
PRESETS = [(family.name, preset) for family in FAMILIES.values() for preset in family.presets]
NOISE_FAMILIES = [family.name for family in FAMILIES.values() if family.task != Task.SUPER_RESOLUTION]
NOISE_PRESETS = [(name, preset) for name, preset in PRESETS if name in NOISE_FAMILIES]
UNCONDITIONAL_OBJECTIVES = [
    name for name, objective_class in OBJECTIVES.items() if objective_class.supports(Task.UNCONDITIONAL)
]
FAMILY_OBJECTIVES = [
    (family.name, name) for family in FAMILIES.values() for name, objective_class in OBJECTIVES.items()
    if objective_class.supports(family.task)
]  # fmt: skip


def run(family_name: str, preset: str | None = None, **changes: Any) -> Run:
    """A run of tiny networks in float32; `changes` as for `Run.from_preset`."""
    family = FAMILIES[family_name]
    names = {setting.name for setting in fields(family.config)}
    sizes = SMALL_UPSCALER if family.task == Task.SUPER_RESOLUTION else SMALL_SIZES
    small: dict[str, Any] = {name: value for name, value in sizes.items() if name in names}
    small |= SIZE_OVERRIDES.get(family_name, {})
    if family.task == Task.CLASS_CONDITIONAL:
        small["classes"] = len(CLASSES)
    training = {"batch_size": 4, "steps": 4, "precision": "float32", "device": "cpu", "log_every": 1}
    return Run.from_preset(family_name, "shapes", preset, **small | training | changes)


def labelled_images(count: int = 14, size: int = 28, channels: int = 1) -> InMemoryImages:
    """Images of noise with labels in turn."""
    generator = torch.Generator().manual_seed(1)
    noise = torch.randint(0, 256, (count, channels, size, size), dtype=torch.uint8, generator=generator)
    return InMemoryImages("shapes", noise, torch.arange(count) % len(CLASSES), CLASSES)


class PhotosInMemory(PatchDataset):
    """Photos of noise in different sizes, not read from files."""

    def load_photo(self, index: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(index)
        sides = (24 + index % 3, 30)
        return torch.randint(0, 256, (self.channels, *sides), dtype=torch.uint8, generator=generator)


def photo_dataset(model: Any, count: int = 14) -> PatchDataset:
    """Noise photos, in patches as a super-resolution model's config needs them."""
    names = [str(index) for index in range(count)]
    source = FolderArchive(Path("nowhere"))
    return PhotosInMemory(
        "shapes", source, names, model.image_channels, model.image_size, model.scale, model.degradation
    )


def tiny_encoder(size: int = 6) -> TextEncoder:
    """A text encoder of six words with random embeddings."""
    words = (*CLASSES, "red", "blue", "a")
    return TextEncoder.from_vectors(words, np.random.default_rng(0).normal(size=(len(words), size)), "chance")


def encoder_with_names(name: str) -> TextEncoder:
    """The tiny encoder with `name` as a prototype; "square", "star" and "blue" are in no caption."""
    base = tiny_encoder()
    return base.with_prototypes([name], [base.word_indices[word] for word in ("circle", "red", "a")])


def captioned_dataset(**options: Any) -> CaptionedDataset:
    """The images of `labelled_images`, each with the name of its class as its caption."""
    plain = labelled_images(**options)
    rows = [{"file_name": f"{index}.png", "text": CLASSES[index % 3]} for index in range(len(plain))]
    return CaptionedDataset(replace(plain, rows=rows, classes=(), labels=None), tiny_encoder())


def dataset_for(run: Run) -> InMemoryImages | PatchDataset | CaptionedDataset:
    """A tiny data set that the run's family can be trained on."""
    if FAMILIES[run.family].task == Task.TEXT_TO_IMAGE:
        return captioned_dataset()
    return photo_dataset(run.model) if FAMILIES[run.family].task == Task.SUPER_RESOLUTION else labelled_images()


def description(
    family_name: str, name: str = "tiny", subjects: dict[str, dict[str, int]] | None = None, **changes: Any
) -> Description:
    """The description of a tiny untrained model."""
    config = run(family_name, **changes)
    return Description(
        name=name,
        family=family_name,
        model=config.model.to_dict(),
        objective={"name": objective_name(config.objective)} | config.objective.to_dict(),
        training={"steps": 0, "batch_size": 4, "seconds": 0, "hardware": "none", "preset": "modern", "settings": {}},
        data={"name": "shapes", "title": "Shapes", "licence": "none", "pictures": 14}
        | ({"subjects": subjects} if subjects else {}),
        classes=CLASSES if config.model.classes else (),
        text_encoder=tiny_encoder().fingerprint if FAMILIES[family_name].task == Task.TEXT_TO_IMAGE else None,
        licence="mit",
    )


def checkpoint(
    root: Path,
    family_name: str,
    name: str = "tiny",
    *,
    seed: int = 0,
    subjects: dict[str, dict[str, int]] | None = None,
    text_encoder: TextEncoder | None = None,
    class_names: tuple[str, ...] | None = None,
    **changes: Any,
) -> Checkpoint:
    """A tiny untrained checkpoint with a discriminator; its outputs depend visibly on seed and label."""
    changes |= {} if class_names is None else {"classes": len(class_names)}
    family, config = FAMILIES[family_name], run(family_name, **changes).model
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        networks = [family.generator(config), family.discriminator(config)]
        for network in networks:
            strengthen(network.parameters())
    weights, discriminator = (network.state_dict() for network in networks)
    text_encoder = text_encoder or tiny_encoder() if family.task == Task.TEXT_TO_IMAGE else None
    model_description = description(family_name, name, subjects, **changes)
    if class_names is not None:
        model_description = replace(model_description, classes=class_names)
    model_description = replace(model_description, text_encoder=text_encoder.fingerprint if text_encoder else None)
    return store.write_checkpoint(root / name, model_description, weights, discriminator, text_encoder)


def strengthen(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Initialise weights at the scale of He et al. 2015, so that outputs depend on their inputs."""
    for parameter in parameters:
        if parameter.dim() > 1:
            torch.nn.init.kaiming_normal_(parameter.data)
