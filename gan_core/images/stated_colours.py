"""Settles in which colour space an image is: by its profile, or by the numbers that its file states instead of one.

A space other than sRGB becomes a profile, which every format holds. High dynamic range has none and is converted.
"""

from typing import Any

from numpy.typing import NDArray
from PIL import Image

from gan_core.images.colour_spaces import ColourSpace, build_profile, space_from_codes, tone_map_to_srgb
from gan_core.images.png.colours import space_of_code_points, space_of_gamma
from gan_core.images.png.image import PngImage

CODE_POINTS_KEY = "nclx_profile"  # of Pillow images of HEIC files, and of AVIF files as `sniffing` opens them


def settle_colours(
    pixels: NDArray[Any], profile: bytes | None, image: Image.Image, name: str, notes: list[str]
) -> tuple[NDArray[Any], bytes | None]:
    """Pixels (H, W, C) and the profile that applies to them, from those that were decoded. Adds a note on conversions.

    The colour chunks of a PNG are emptied where they hold no longer.
    """
    space = stated_space(image, profile)
    if space is None:
        return pixels, profile
    if space.is_high_dynamic_range:
        notes.append(f"{name} has a high dynamic range ({space.transfer}); it was converted to sRGB.")
        if isinstance(image, PngImage):
            image.colour_chunks.clear()
        return tone_map_to_srgb(pixels, space), None
    return pixels, None if space.is_srgb else build_profile(space, pixels.shape[2] == 1)


def stated_space(image: Image.Image, profile: bytes | None) -> ColourSpace | None:
    """The colour space that the file states by numbers, where that counts: in PNG code points come before a profile."""
    if isinstance(image, PngImage):
        space = space_of_code_points(image.colour_chunks)
        return space if space or profile else space_of_gamma(image.colour_chunks)
    codes = image.info.get(CODE_POINTS_KEY)
    if profile or not isinstance(codes, dict):
        return None
    return space_from_codes(codes.get("color_primaries", 2), codes.get("transfer_characteristics", 2))
