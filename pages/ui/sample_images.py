"""The sample images that come with the app."""

from gan_core.data.super_resolution import decode_image, bicubic_downscale
from gan_core.images import tensors
from pages.ui.paths import ASSETS

SAMPLES = ("window", "sails", "lighthouse")


SHRUNK = 4  # samples are shown how they came out of a poor camera


def sample_file(name: str, proof: bool) -> bytes:
    """A sample; a quarter of its size, as something to enlarge, except for a proof, which does that itself."""
    file = (ASSETS / "samples" / f"{name}.webp").read_bytes()
    if proof:
        return file
    small = bicubic_downscale(decode_image(file, 3), SHRUNK)
    return tensors.png_bytes(tensors.to_pil(small.permute(1, 2, 0).numpy()))
