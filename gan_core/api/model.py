"""`Model`: generates images from seeds, labels and prompts."""

import warnings
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image
from torch import nn

from gan_core import sampling
from gan_core.api.images import ImageLike, as_images, open_image
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import Description
from gan_core.data.class_names import are_numbers, find_class, list_names
from gan_core.errors import UsageError
from gan_core.images import tensors
from gan_core.images.tensors import Pixels
from gan_core.models import Task
from gan_core.text.prompt_findings import Finding, Topic
from gan_core.text.prompt_reading import Reading, read_prompt
from gan_core.text.prompt_world import PromptWorld, build_world

Label = int | str  # the name or the index of a class

BATCH_SIZE = 512  # images that are generated as one array
MAX_NOTES = 20  # unknown words, or prompts, that are listed
LABEL_AND_PROMPT = "An image is generated from a label or from a prompt, not from both."


class Model:
    """A model that generates images from seeds; `gan_core.load` makes one.

    The same seed, label or prompt, and truncation always give the same image, alone or among others. A seed is an
    integer from 0 to 2**31 - 1. `truncation`, from 0 to 2, multiplies the latents: below 1, images are more typical
    and less diverse. All methods raise UsageError on arguments that the model cannot take.
    """

    def __init__(self, loaded: sampling.Model) -> None:
        self.loaded = loaded

    def __repr__(self) -> str:
        config = self.checkpoint.config
        facts = [self.checkpoint.family.title, f"{config.image_size} x {config.image_size} pixels"]
        facts += [f"{len(self.classes)} classes"] if self.classes else []
        return f"<Model {self.name}: {', '.join(facts)}>"

    @property
    def name(self) -> str:
        return self.checkpoint.name

    @property
    def task(self) -> Task:
        """What it generates from: UNCONDITIONAL, CLASS_CONDITIONAL or TEXT_TO_IMAGE."""
        return self.checkpoint.family.task

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of its classes, by label; empty without classes."""
        return self.loaded.classes

    @property
    def checkpoint(self) -> Checkpoint:
        """The files on disk: `folder`, `config`, `weights_hash`, `licence`."""
        return self.loaded.checkpoint

    @property
    def description(self) -> Description:
        """What config.json says: architecture, objective, training, data, licence."""
        return self.checkpoint.description

    @property
    def scores(self) -> dict[str, Any]:
        """The scores stored with it, see `gan_core.evaluate`; empty where it was not evaluated."""
        return self.description.scores

    @property
    def generator(self) -> nn.Module:
        """The generator, in evaluation mode."""
        return self.loaded.generator

    @cached_property
    def discriminator(self) -> nn.Module:
        """The discriminator, in evaluation mode, loaded at its first use. Raises UsageError where none was kept."""
        return self.checkpoint.load_discriminator(self.loaded.device)

    def sample(
        self,
        seeds: int | Iterable[int] = range(16),
        *,
        label: Label | Sequence[Label] | None = None,
        prompt: str | Sequence[str] | None = None,
        truncation: float = 1.0,
    ) -> list[Image.Image]:
        """Generates one image for each seed.

        `label` of a class-conditional model is the name or the index of a class; where all names are numbers, a number
        is a name. Several are dealt in turn, and without one an image's label is its seed modulo the number of classes.
        `prompt` of a text-to-image model is a text; several are dealt in turn, and without one the model generates as
        for images without a caption. A warning lists the words of a prompt that the model does not know.

        >>> model = gan_core.load("mnist-cgan")
        >>> images = model.sample(seeds=range(16), label=7)
        >>> len(images), images[0].size
        (16, (28, 28))
        >>> one_of_each = model.sample(range(10), label=model.classes)
        """
        if label is not None and prompt is not None:
            raise UsageError(LABEL_AND_PROMPT)
        seed_list: list[int] = as_list(seeds)
        labels = sampling.labels_for(self.loaded, seed_list, self.label_indices(label))
        prompts = self.prompt_list(prompt)
        images = []
        for start in range(0, len(seed_list), BATCH_SIZE):
            part = slice(start, start + BATCH_SIZE)
            part_prompts = [prompts[index % len(prompts)] for index in range(len(seed_list))[part]] if prompts else None
            pixels = sampling.sample(self.loaded, seed_list[part], labels and labels[part], truncation, part_prompts)
            images += pil_images(pixels)
        return images

    def interpolate(
        self,
        first: int,
        last: int,
        steps: int = 9,
        *,
        label: Label | tuple[Label, Label] | None = None,
        prompt: str | tuple[str, str] | None = None,
        truncation: float = 1.0,
    ) -> list[Image.Image]:
        """Generates `steps` images, at least 2, from one seed to another, along the great circle between their latents.

        `label`, or `prompt`, is that of all images, or those of the first and the last, between which the condition is
        interpolated. Without a label the first and the last have those that `sample` gives them.

        >>> images = gan_core.load("mnist-cgan").interpolate(1, 2, steps=9, label=(3, 8))
        >>> len(images)
        9
        """
        if label is not None and prompt is not None:
            raise UsageError(LABEL_AND_PROMPT)
        labels, prompts = self.label_indices(label) or [], self.prompt_list(prompt)
        if len(labels) > 2 or len(prompts) > 2:
            raise UsageError("An interpolation takes one label or prompt, or one for each end, not more.")
        label_ends = (labels[0], labels[-1]) if labels else None
        prompt_ends = (prompts[0], prompts[-1]) if prompts else None
        pixels = sampling.interpolate(self.loaded, first, last, steps, label_ends, truncation, prompt_ends)
        return pil_images(pixels)

    def blend(
        self, first: Label, last: Label, *, seed: int = 0, steps: int = 9, truncation: float = 1.0
    ) -> list[Image.Image]:
        """Generates `steps` images, at least 2, of one seed, from one label, or one prompt, to another.

        >>> images = gan_core.load("mnist-cgan").blend(3, 8, seed=5, steps=9)
        >>> len(images)
        9
        >>> images = gan_core.load("fashion-text").blend("red dress", "blue shirt", seed=5, steps=3)
        >>> images[0].size
        (64, 64)
        """
        if steps < 2:
            raise UsageError(f"A blend takes at least 2 steps, its two ends, not {steps}.")
        is_text = self.task == Task.TEXT_TO_IMAGE
        ends: Any = self.prompt_list([str(first), str(last)]) if is_text else self.label_indices([first, last])
        weights = [step / (steps - 1) for step in range(steps)]
        return pil_images(sampling.blend(self.loaded, [seed] * steps, tuple(ends), weights, truncation))

    def score(
        self, images: ImageLike | Iterable[ImageLike], *, label: Label | Sequence[Label] | None = None
    ) -> list[float]:
        """The discriminator's raw score of each image: higher is more like the training data, no unit.

        `images` are one or several PIL images, paths, bytes or uint8 arrays (H, W, C), or one array (N, H, W, C); of
        another size, the largest centred square is cropped and resized. A class-conditional model scores each as an
        image of a class, and needs `label` (as in `sample`).

        >>> model = gan_core.load("mnist-cgan")
        >>> len(model.score(model.sample(range(3), label=7), label=7))
        3
        """
        discriminator, config, labels = self.discriminator, self.checkpoint.config, self.label_indices(label)
        if self.task == Task.CLASS_CONDITIONAL and labels is None:
            raise UsageError(f"{self.name} scores images as images of a class: name it by label=.")
        decoded = [open_image(image).to_pil() for image in as_images(images)]
        if not decoded:
            return []
        pixels = np.stack([tensors.from_pil(image, config.image_size, config.image_channels) for image in decoded])
        return sampling.discriminator_scores(discriminator, self.loaded, pixels, labels)

    def label_indices(self, label: Label | Sequence[Label] | None) -> list[int] | None:
        """Labels as indices of classes; None for None. Raises UsageError for a name that is none of the classes.

        Where all classes are named by numbers, a number is a name.
        """
        if label is None:
            return None
        labels = as_list(label)
        if not labels:
            raise UsageError("The sequence of labels is empty: give at least one label, or None.")
        indices = [find_class(self.classes, name) for name in labels]
        for name, index in zip(labels, indices, strict=True):
            if index is None and (isinstance(name, str) or are_numbers(self.classes)):
                raise UsageError(f"{self.name} has no class {name!r}; it has {list_names(self.classes)}.")
        return [name if index is None else index for name, index in zip(labels, indices, strict=True)]

    def prompt_list(self, prompt: str | Sequence[str] | None) -> list[str]:
        """Prompts as a list, empty for None; warns of what the model does not read as it is written."""
        if prompt is None:
            return []
        prompts: list[str] = as_list(prompt)
        if not prompts:
            raise UsageError("The sequence of prompts is empty: give at least one prompt, or None.")
        for note in prompt_notes(self.loaded, prompts, self.prompt_world):
            warnings.warn(note, stacklevel=3)
        return prompts

    @cached_property
    def prompt_world(self) -> PromptWorld:
        """What prompts are read against. Raises UsageError where the model takes none."""
        return prompt_world(self.loaded)


def prompt_world(model: sampling.Model) -> PromptWorld:
    """The world of a text-to-image model. Raises UsageError where the model takes no prompts."""
    if model.text_encoder is None:
        raise UsageError(f"{model.checkpoint.name} takes no prompt: it is no text-to-image model.")
    description = model.checkpoint.description
    return build_world(description.data.get("subjects"), model.text_encoder, description.scores)


def prompt_notes(model: sampling.Model, prompts: Sequence[str], world: PromptWorld | None = None) -> list[str]:
    """Sentences on what a text-to-image model does not understand of prompts, and on those that it reads as another.

    They change nothing: each prompt is drawn as it is written. `world` is that of the model, where it is at hand.
    Raises UsageError where the model takes no prompts.
    """
    world = world or prompt_world(model)
    name, encoder = model.checkpoint.name, world.encoder
    unknown = list(dict.fromkeys(word for prompt in prompts for word in encoder.unknown_words(prompt)))
    listed = ", ".join(unknown[:MAX_NOTES]) + (", ..." if len(unknown) > MAX_NOTES else "")
    notes = [f"{name} does not know, and leaves out: {listed}"] if unknown else []
    for prompt in list(dict.fromkeys(prompts))[:MAX_NOTES]:
        reading = read_prompt(prompt, world)
        for finding in reading.findings:
            if finding.topic != Topic.UNKNOWN:
                notes.append(f"{name}, {prompt!r}: {finding.message}{suggestion(reading, finding)}")
        if prototype := encoder.nearest_prototype(prompt):
            notes.append(f"{name} reads {prompt!r} as {prototype!r}")
    return notes


def suggestion(reading: Reading, finding: Finding) -> str:
    """What to ask instead, as the end of a note; empty where there is nothing better."""
    better = finding.offers or ((reading.drawn,) if reading.drawn != reading.prompt else ())
    return f" Try {' or '.join(map(repr, better))}." if better else ""


def as_list(values: Any) -> list[Any]:
    """One value, which may be a string, or several, as a list."""
    return list(values) if isinstance(values, Iterable) and not isinstance(values, str) else [values]


def pil_images(pixels: Pixels) -> list[Image.Image]:
    return [tensors.to_pil(image) for image in pixels]
