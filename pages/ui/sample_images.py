"""The sample photos that come with the app."""

from gan_core.data.super_resolution import bicubic_downscale, decode_image
from gan_core.images import encoding, tensors
from pages.ui.paths import ASSETS

SAMPLE_NAMES = ("window", "sails", "lighthouse")
SAMPLE_DOWNSCALE = 4


def load_sample(name: str, full_size: bool) -> bytes:
    """The file of a sample: as it is, or as a PNG of a quarter of its side, which is something to upscale."""
    file = (ASSETS / "samples" / f"{name}.webp").read_bytes()
    if full_size:
        return file
    downscaled = bicubic_downscale(decode_image(file, 3), SAMPLE_DOWNSCALE)
    return encoding.encode_png(tensors.to_pil(tensors.to_hwc(downscaled)))
