"""Small models with reference images."""

from pathlib import Path

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import REFERENCE_IMAGE_FILE
from gan_core.evaluation.reference_check import update_reference
from gan_core.images import encoding, tensors
from tests import factories, small_upscalers


def checkpoint_with_reference(kind: str, root: Path) -> Checkpoint:
    """A "generator" or an "upscaler"."""
    checkpoint = (
        small_upscalers.make_upscaler_checkpoint(root) if kind == "upscaler" else factories.checkpoint(root, "dcgan")
    )
    update_reference(checkpoint)
    return checkpoint


def generator_and_upscaler(root: Path) -> list[Checkpoint]:
    """Two small models with their references, "digits" and "sharp"."""
    checkpoints = [
        factories.checkpoint(root, "conditional", "digits"),
        small_upscalers.make_upscaler_checkpoint(root, "sharp"),
    ]
    for checkpoint in checkpoints:
        update_reference(checkpoint)
    return checkpoints


def change_pixel(checkpoint: Checkpoint, levels: int) -> None:
    """Changes one pixel of the reference by `levels`."""
    file = checkpoint.folder / REFERENCE_IMAGE_FILE
    pixels, metadata = encoding.decode_png(file.read_bytes()), encoding.read_png_metadata(file.read_bytes())
    value = int(pixels[0, 0, 0])
    pixels[0, 0, 0] = value + levels if value + levels <= 255 else value - levels
    file.write_bytes(encoding.encode_png(tensors.to_pil(pixels), metadata))
