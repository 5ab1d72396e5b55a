"""Tests a downloaded model: do its weights fit its config, and are its images finite and of the right size?"""

from collections.abc import Callable
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import DISCRIMINATOR_FILE, WEIGHTS_FILE
from gan_core.errors import BrokenWeights
from gan_core.models import sample_latents
from gan_core.tasks import Task
from gan_core.upscaling.upscaler import load_native_upscaler


@torch.inference_mode()
def smoke_test(checkpoint: Checkpoint, name: str) -> None:
    """Raises UsageError where the model cannot be loaded, or does not work; `name` is what messages call it."""
    family, config = checkpoint.family, checkpoint.config
    if family.task == Task.SUPER_RESOLUTION:
        if checkpoint.description.family == "srgan":
            require_matching_shapes(checkpoint, family.generator, WEIGHTS_FILE, name)
        load_native_upscaler(checkpoint, "cpu")
        return
    require_matching_shapes(checkpoint, family.generator, WEIGHTS_FILE, name)
    if checkpoint.has_discriminator:
        require_matching_shapes(checkpoint, family.discriminator, DISCRIMINATOR_FILE, name)
    generator = checkpoint.load_generator("cpu")
    condition = None
    if family.task == Task.CLASS_CONDITIONAL:
        condition = torch.eye(max(config.classes, 2))[:2, : config.classes]  # (2, classes)
    elif encoder := checkpoint.load_text_encoder():
        condition = encoder.encode(["one", "another"])
    images = generator(sample_latents(config, 2, torch.Generator().manual_seed(0)), condition)
    if images.shape != (2, config.image_channels, config.image_size, config.image_size) or not images.isfinite().all():
        raise BrokenWeights(
            f"{name} was loaded, but its images are of another size, or have values that are not finite."
        )


def require_matching_shapes(checkpoint: Checkpoint, build: Callable[[Any], Any], file: str, name: str) -> None:
    """Raises BrokenWeights where the weights are not those of the network that the config describes.

    Reads shapes alone, before memory is allocated: a config may ask for any size.
    """
    with torch.device("meta"):
        expected_shapes = {key: tuple(value.shape) for key, value in build(checkpoint.config).state_dict().items()}
    try:
        with safe_open(checkpoint.folder / file, "pt") as opened:
            shapes = {key: tuple(opened.get_slice(key).get_shape()) for key in opened.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise BrokenWeights(f"{file} of {name} cannot be read as safetensors: {error}.") from error
    mismatched = sorted(
        key for key in expected_shapes.keys() | shapes.keys() if expected_shapes.get(key) != shapes.get(key)
    )
    if mismatched:
        key = mismatched[0]
        raise BrokenWeights(
            f"{file} of {name} does not fit its config: {key} should be {expected_shapes.get(key)} and is "
            f"{shapes.get(key)}."
        )
