"""The colour space that a PNG file states, by the rules of browsers.

cICP comes before a profile (iCCP), that before sRGB, and that before gAMA and cHRM. Chromaticities without a gamma say
nothing, and a gamma of 1/2.2 alone stands for sRGB.
"""

import struct

from gan_core.images.colour_spaces import SRGB_PRIMARIES, ColourSpace, space_from_codes, to_xyz_matrix
from gan_core.images.png.chunks import PngFile

CARRIED_CHUNKS = {"cICP": 4, "sRGB": 1, "gAMA": 4, "cHRM": 32}  # chunks that an upscaled PNG keeps, with their lengths
SRGB_GAMMA = 45_455  # 1 / 2.2 in hundred-thousandths
GAMMA_TOLERANCE = 500
GAMMA_RANGE = (1_000, 1_000_000)
HUNDRED_THOUSANDTHS = 100_000


def carried_chunks(png: PngFile) -> dict[str, bytes]:
    """The chunks on colours that another PNG with the same pixel values needs, besides iCCP."""
    found = {kind: png.content(kind) for kind in CARRIED_CHUNKS}
    return {kind: content for kind, content in found.items() if content and len(content) == CARRIED_CHUNKS[kind]}


def space_of_code_points(chunks: dict[str, bytes]) -> ColourSpace | None:
    """The colour space that cICP states."""
    return space_from_codes(*chunks["cICP"][:2], is_png=True) if "cICP" in chunks else None


def space_of_gamma(chunks: dict[str, bytes]) -> ColourSpace | None:
    """The colour space that gAMA and cHRM state, where no other chunk counts; None where it is sRGB."""
    if "sRGB" in chunks or "gAMA" not in chunks:
        return None
    gamma = struct.unpack(">I", chunks["gAMA"])[0]
    if not GAMMA_RANGE[0] <= gamma <= GAMMA_RANGE[1]:
        return None
    if "cHRM" not in chunks:
        is_srgb = abs(gamma - SRGB_GAMMA) <= GAMMA_TOLERANCE
        return None if is_srgb else ColourSpace(SRGB_PRIMARIES, HUNDRED_THOUSANDTHS / gamma)
    primaries = tuple(value / HUNDRED_THOUSANDTHS for value in struct.unpack(">8I", chunks["cHRM"]))
    if to_xyz_matrix(primaries) is None:
        return None
    return ColourSpace(primaries, HUNDRED_THOUSANDTHS / gamma)
