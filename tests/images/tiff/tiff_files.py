"""TIFF files for tests, written by tifffile, or by hand where it does not write them."""

import struct
from io import BytesIO
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from gan_core.images.tiff.pages import Page, open_tiff

WIDTH, HEIGHT = 40, 24


def encode_tiff(values: NDArray[Any], byteorder: Any = "<", bigtiff: bool = False, **options: Any) -> bytes:
    """One image; `values` are (H, W), (H, W, C), or (C, H, W) with planarconfig `separate`."""
    buffer = BytesIO()
    stored = values.astype(values.dtype.newbyteorder(byteorder))
    with tifffile.TiffWriter(buffer, byteorder=byteorder, bigtiff=bigtiff) as writer:
        all_options: dict[str, Any] = {"photometric": "minisblack"} | options
        writer.write(stored, **all_options)
    return buffer.getvalue()


def open_page(data: bytes) -> Page:
    return open_tiff(BytesIO(data), "x.tif").page


def ramps(channels: int) -> NDArray[np.float64]:
    """(H, W, C) in [0, 1]: to the right, down, both, to the left, up; no channel is like another."""
    down, right = np.mgrid[0 : HEIGHT - 1 : HEIGHT * 1j, 0 : WIDTH - 1 : WIDTH * 1j]
    right, down = right / (WIDTH - 1), down / (HEIGHT - 1)
    return np.stack([right, down, (right + down) / 2, 1 - right, 1 - down][:channels], 2)


def ramps_of(dtype: Any, channels: int) -> NDArray[Any]:
    """The ramps over the whole range of a number type; floating-point numbers in [0, 1]."""
    type = np.dtype(dtype)
    if type.kind == "f":
        return ramps(channels).astype(type)
    limits = np.iinfo(type)
    low, high = limits.min, limits.max - (limits.max >> 30 if type.itemsize == 8 else 0)  # float64 has 53 bits
    return (low + ramps(channels) * (float(high) - low)).astype(type)


def build_tiff(
    fields: dict[int, tuple[int, list[int]]], data: bytes, order: str = "<", next_position: int = 0
) -> bytes:
    """One directory behind `data`, which lies at 8; fields are type (1 byte, 3 short, 4 long) and values by tag."""
    codes = {1: "B", 3: "H", 4: "I"}
    entries, lists = b"", b""
    lists_start = 8 + len(data) + 2 + 12 * len(fields) + 4
    for tag in sorted(fields):
        type, values = fields[tag]
        packed = struct.pack(f"{order}{len(values)}{codes[type]}", *values)
        if len(packed) > 4:
            lists, packed = lists + packed, struct.pack(f"{order}I", lists_start + len(lists))
        entries += struct.pack(f"{order}HHI", tag, type, len(values)) + packed.ljust(4, b"\0")
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8 + len(data))
    return (
        start + data + struct.pack(f"{order}H", len(fields)) + entries + struct.pack(f"{order}I", next_position) + lists
    )


def grey_fields(width: int = 4, height: int = 3, **changes: Any) -> dict[int, tuple[int, list[int]]]:
    """The fields of an uncompressed grey image of 8 bits."""
    return {
        256: (3, [width]), 257: (3, [height]), 258: (3, [8]), 259: (3, [1]), 262: (3, [1]), 273: (4, [8]),
        277: (3, [1]), 278: (3, [height]), 279: (4, [width * height]),
    }  # fmt: skip
