"""The sample images that come with the app."""

from gan_core.data.super_resolution import bicubic_downscale, decode_image
from gan_core.images import tensors
from pages.ui.paths import ASSETS

SAMPLE_NAMES = ("window", "sails", "lighthouse")


SAMPLE_DOWNSCALE = 4  # samples are shown how they came out of a poor camera


def load_sample(name: str, full_size: bool) -> bytes:
    """A sample; a quarter of its size, as something to enlarge, except for a proof, which does that itself."""
    file = (ASSETS / "samples" / f"{name}.webp").read_bytes()
    if full_size:
        return file
    downscaled = bicubic_downscale(decode_image(file, 3), SAMPLE_DOWNSCALE)
    return tensors.encode_png(tensors.to_pil(downscaled.permute(1, 2, 0).numpy()))
