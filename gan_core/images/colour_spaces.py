"""Colour spaces that files state by numbers instead of a profile, as ICC profiles, or converted to sRGB.

Numbers come as code points (ITU-T H.273: PNG's cICP, AVIF, HEIC) or as gamma and chromaticities (PNG's gAMA and cHRM).
What counts is what browsers show.
"""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SRGB_TRANSFER, PQ_TRANSFER, HLG_TRANSFER = "sRGB", "PQ", "HLG"
D50 = (0.9642, 1.0, 0.8249)  # the white of ICC profiles, XYZ
D65 = (0.3127, 0.3290)
SRGB_PRIMARIES = (*D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)  # x and y of white, red, green and blue
PRIMARIES_BY_CODE = {  # H.273, table 2
    1: SRGB_PRIMARIES,
    4: (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    8: (0.310, 0.316, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (*D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    22: (*D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
TRANSFER_BY_CODE: dict[int, float | str] = {  # H.273, table 3; a number is a gamma
    1: 2.4, 4: 2.2, 5: 2.8, 6: 2.4, 8: 1.0, 13: SRGB_TRANSFER, 14: 2.4, 15: 2.4, 16: PQ_TRANSFER, 17: 2.6,
    18: HLG_TRANSFER,
}  # fmt: skip
UNSPECIFIED = 2
VIDEO_TRANSFERS = (1, 6, 14, 15)  # one curve, which browsers show in AVIF as that of sRGB, and in PNG as a gamma of 2.4
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # parameters of ICC's parametric curve of type 3
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

# High dynamic range: values are relative to the white of a screen, 203 candelas a square metre (ITU-R BT.2408).
WHITE_NITS, PEAK_NITS = 203.0, 1000.0
DARKENING = 0.5  # of all that is not bright, to make room for what is brighter than white; as in Chromium
KNEE_EXPONENT = 3.5  # of the curve that brings PEAK_NITS to white
PIXELS_PER_BAND = 1_000_000


@dataclass(frozen=True)
class ColourSpace:
    """Chromaticities x and y of white, red, green and blue, and the transfer: sRGB, PQ, HLG, or a gamma."""

    primaries: tuple[float, ...] = SRGB_PRIMARIES
    transfer: float | str = SRGB_TRANSFER

    @property
    def is_high_dynamic_range(self) -> bool:
        return self.transfer in (PQ_TRANSFER, HLG_TRANSFER)

    @property
    def is_srgb(self) -> bool:
        return self.transfer == SRGB_TRANSFER and np.allclose(self.primaries, SRGB_PRIMARIES, atol=0.002)


def space_from_codes(primaries: int, transfer: int, is_png: bool = False) -> ColourSpace | None:
    """The colour space of code points; None where they are unknown. Unspecified ones are those of sRGB."""
    primaries = 1 if primaries == UNSPECIFIED else primaries
    transfer = 13 if transfer == UNSPECIFIED or (transfer in VIDEO_TRANSFERS and not is_png) else transfer
    if primaries not in PRIMARIES_BY_CODE or transfer not in TRANSFER_BY_CODE:
        return None
    return ColourSpace(PRIMARIES_BY_CODE[primaries], TRANSFER_BY_CODE[transfer])


# Profiles ------------------------------------------------------------------------------------------------------------


def to_xyz_matrix(primaries: tuple[float, ...]) -> NDArray[np.float64] | None:
    """Linear RGB -> XYZ relative to D50, (3, 3); None for chromaticities of no colour space."""
    xy = np.array(primaries, float).reshape(4, 2)
    if (xy[:, 1] <= 0).any():
        return None
    xyz = np.stack([xy[:, 0] / xy[:, 1], np.ones(4), (1 - xy.sum(1)) / xy[:, 1]], 1)  # of white, red, green, blue
    if abs(np.linalg.det(xyz[1:])) < 1e-6:
        return None
    matrix = xyz[1:].T * np.linalg.solve(xyz[1:].T, xyz[0])  # (3, 3)
    scale = (BRADFORD @ D50) / (BRADFORD @ xyz[0])
    return np.linalg.inv(BRADFORD) @ np.diag(scale) @ BRADFORD @ matrix


def build_profile(space: ColourSpace, is_grey: bool) -> bytes | None:
    """An ICC profile (version 4.3) of the colour space, for images in grey or RGB; None where there is none."""
    matrix = to_xyz_matrix(space.primaries)
    if matrix is None or space.is_high_dynamic_range:
        return None
    curve = (
        parametric_curve(3, *SRGB_CURVE)
        if space.transfer == SRGB_TRANSFER
        else parametric_curve(0, float(space.transfer))
    )
    tags = {"desc": localised_text("As stated in the file"), "cprt": localised_text("CC0"), "wtpt": xyz_tag(D50)}
    if is_grey:
        tags["kTRC"] = curve
    else:
        tags |= {f"{channel}XYZ": xyz_tag(matrix[:, index]) for index, channel in enumerate("rgb")}
        tags |= {f"{channel}TRC": curve for channel in "rgb"}
    return assemble_profile(tags, b"GRAY" if is_grey else b"RGB ")


def assemble_profile(tags: dict[str, bytes], colour_space: bytes) -> bytes:
    """A profile of a display with these tags, each aligned to 4 bytes."""
    start = 128 + 4 + 12 * len(tags)
    table, data, places = b"", b"", {}
    for name, content in tags.items():
        if content not in places:
            places[content] = start + len(data)
            data += content + bytes(-len(content) % 4)
        table += name.encode("ascii") + struct.pack(">II", places[content], len(content))
    date = struct.pack(">6H", 2024, 1, 1, 0, 0, 0)
    header = struct.pack(">I4sI", start + len(data), bytes(4), 0x04300000) + b"mntr" + colour_space + b"XYZ " + date
    header += b"acsp" + bytes(28) + b"".join(fixed_point(value) for value in D50)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


def fixed_point(value: float) -> bytes:
    """A number as ICC's s15Fixed16."""
    return struct.pack(">i", round(float(value) * 65_536))


def xyz_tag(values: Any) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(fixed_point(value) for value in values)


def parametric_curve(kind: int, *parameters: float) -> bytes:
    return b"para" + bytes(4) + struct.pack(">HH", kind, 0) + b"".join(fixed_point(value) for value in parameters)


def localised_text(text: str) -> bytes:
    data = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(data), 28) + data


# High dynamic range --------------------------------------------------------------------------------------------------


def tone_map_to_srgb(pixels: NDArray[Any], space: ColourSpace) -> NDArray[np.uint8]:
    """Pixels (H, W, C) of high dynamic range, C = 1 or 3, uint8 or uint16 -> uint8 in sRGB, as a screen shows them."""
    source, target = to_xyz_matrix(space.primaries), to_xyz_matrix(SRGB_PRIMARIES)
    assert source is not None
    assert target is not None
    matrix = np.linalg.inv(target) @ source
    result = np.empty(pixels.shape, np.uint8)
    rows = max(1, PIXELS_PER_BAND // max(1, pixels.shape[1]))
    for top in range(0, pixels.shape[0], rows):
        band = pixels[top : top + rows].astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)
        light = to_relative_light(band, str(space.transfer))
        light *= tone_gain(light.max(2, keepdims=True))
        if pixels.shape[2] == 3:
            light = light @ matrix.T.astype(np.float32)
        result[top : top + rows] = (encode_srgb(light.clip(0, 1)) * 255).round()
    return result


def to_relative_light(values: NDArray[np.float32], transfer: str) -> NDArray[np.float32]:
    """Values in [0, 1] -> light, 1 the white of a screen (SMPTE ST 2084; ITU-R BT.2100, tables 4 and 5)."""
    if transfer == PQ_TRANSFER:
        power = values ** (32 / 2523)
        nits = 10_000 * (np.maximum(power - 3424 / 4096, 0) / (2413 / 128 - 2392 / 128 * power)) ** (8192 / 1305)
    else:
        scene = np.where(values <= 0.5, values**2 / 3, (np.exp((values - 0.55991073) / 0.17883277) + 0.28466892) / 12)
        luma = scene @ np.array([0.2627, 0.6780, 0.0593], np.float32) if values.shape[2] == 3 else scene[:, :, 0]
        nits = PEAK_NITS * scene * np.maximum(luma, 1e-6)[:, :, None] ** 0.2
    return (nits / WHITE_NITS).astype(np.float32)


def tone_gain(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """The factor of light: DARKENING where it is dark, less where it is bright, so that PEAK_NITS become white."""
    peak = PEAK_NITS / WHITE_NITS
    knee = peak / ((DARKENING * peak) ** KNEE_EXPONENT - 1) ** (1 / KNEE_EXPONENT)
    return DARKENING / (1 + (light / knee) ** KNEE_EXPONENT) ** (1 / KNEE_EXPONENT)


def encode_srgb(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Light in [0, 1] -> sRGB values in [0, 1]."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
