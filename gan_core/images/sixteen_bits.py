"""Writes PNG and TIFF files of 16 bits a channel with colours or transparency, which Pillow does not write.

Pillow writes the file of one pixel of 8 bits with all metadata; size, depth and pixels are then replaced in it.
"""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import IO

import numpy as np
from numpy.typing import NDArray

from gan_core.errors import UsageError
from gan_core.images.encoding import PNG_COMPRESSION_LEVEL
from gan_core.images.png.chunks import SIGNATURE, build_chunk, split_chunks
from gan_core.images.tiff import layout as layouts
from gan_core.images.tiff import structure as tags
from gan_core.images.tiff.structure import TiffFile

BAND_BYTES = 1024**2  # of pixels that are compressed at once, and of a strip in a TIFF file
MAX_TIFF_BYTES = 2**32 - 1
PNG_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by channels
SHORT, LONG = 3, 4  # types of TIFF fields
DEFLATE = 8  # value of Compression
LAYOUT_TAGS = {tags.SAMPLE_FORMAT, tags.EXTRA_SAMPLES, tags.FILL_ORDER}  # of the template, that no longer hold


def interleave_alpha(pixels: NDArray[np.uint16], alpha: NDArray[np.uint8] | None) -> NDArray[np.uint16]:
    """Pixels (H, W, C) with alpha as their last channel, scaled to 16 bits."""
    return pixels if alpha is None else np.dstack([pixels, alpha.astype(np.uint16) * 257])


def split_rows(values: NDArray[np.uint16]) -> Iterator[NDArray[np.uint16]]:
    """Bands (h, W, C) of about BAND_BYTES."""
    rows = rows_per_band(values)
    return (values[start : start + rows] for start in range(0, len(values), rows))


def rows_per_band(values: NDArray[np.uint16]) -> int:
    return max(1, BAND_BYTES // values[0].nbytes)


# PNG -----------------------------------------------------------------------------------------------------------------


def write_png(values: NDArray[np.uint16], template: bytes, stream: IO[bytes]) -> None:
    """Writes (H, W, C), C = 1 to 4, with the metadata of `template`, a PNG file."""
    stream.write(SIGNATURE)
    is_written = False
    for kind, content in split_chunks(template):
        if kind == b"IHDR":
            height, width, channels = values.shape
            header = struct.pack(">IIBB", width, height, 16, PNG_COLOUR_TYPES[channels]) + bytes(3)
            stream.write(build_chunk(kind, header))
        elif kind != b"IDAT":
            stream.write(build_chunk(kind, content))
        elif not is_written:
            for data in compress_rows(values):
                stream.write(build_chunk(kind, data))
            is_written = True


def compress_rows(values: NDArray[np.uint16]) -> Iterator[bytes]:
    """The compressed rows of a PNG, each by the filter that leaves the smallest differences (PNG, section 12.7)."""
    compressor = zlib.compressobj(PNG_COMPRESSION_LEVEL)
    pixel_bytes = 2 * values.shape[2]
    above = np.zeros((1, values.shape[1] * pixel_bytes), np.uint8)
    for band in split_rows(values):
        rows = band.astype(">u2").reshape(len(band), -1).view(np.uint8)
        data = compressor.compress(filter_rows(rows, np.concatenate([above, rows[:-1]]), pixel_bytes).tobytes())
        above = rows[-1:]
        if data:
            yield data
    yield compressor.flush()


def filter_rows(rows: NDArray[np.uint8], above: NDArray[np.uint8], pixel_bytes: int) -> NDArray[np.uint8]:
    """Rows of bytes (h, n) -> (h, n + 1), each after the number of its filter: 1 Sub, 2 Up or 4 Paeth."""
    left, above_left = (np.pad(part, ((0, 0), (pixel_bytes, 0)))[:, : rows.shape[1]] for part in (rows, above))
    a, b, c = (part.astype(np.int16) for part in (left, above, above_left))
    distances = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    paeth = np.where(
        (distances[0] <= distances[1]) & (distances[0] <= distances[2]),
        left,
        np.where(distances[1] <= distances[2], above, above_left),
    )
    candidates = np.stack([rows - left, rows - above, rows - paeth])  # (3, h, n), modulo 256
    costs = np.abs(candidates.view(np.int8).astype(np.int16)).sum(2)
    best = costs.argmin(0)
    numbers = np.array([1, 2, 4], np.uint8)[best]
    return np.concatenate([numbers[:, None], candidates[best, np.arange(len(rows))]], 1)


# TIFF ----------------------------------------------------------------------------------------------------------------


def write_tiff(values: NDArray[np.uint16], template: bytes, stream: IO[bytes]) -> None:
    """Writes (H, W, C), C = 1 to 4, compressed by Deflate with differences, with the metadata of `template`, a TIFF.

    The stream must be empty and able to seek. Raises UsageError where the file would be larger than TIFF allows.
    """
    file, (height, width, channels) = TiffFile(BytesIO(template)), values.shape
    stream.write(template)
    positions, sizes = [], []
    for band in split_rows(values):
        strip = compress_strip(band, file.order)
        positions.append(stream.tell())
        sizes.append(len(strip))
        if positions[-1] + len(strip) + 8 * len(positions) + len(template) > MAX_TIFF_BYTES:
            raise UsageError("The image is larger than the 4 GB that a TIFF file holds: choose PNG.")
        stream.write(strip)
    fields = {
        tags.WIDTH: (LONG, [width]), tags.HEIGHT: (LONG, [height]), tags.BITS: (SHORT, [16] * channels),
        tags.COMPRESSION: (SHORT, [DEFLATE]), tags.SAMPLES: (SHORT, [channels]), tags.PLANAR: (SHORT, [1]),
        tags.PHOTOMETRIC: (SHORT, [layouts.RGB if channels >= 3 else layouts.BLACK_IS_ZERO]),
        tags.ROWS_PER_STRIP: (LONG, [rows_per_band(values)]), tags.PREDICTOR: (SHORT, [2]),
        tags.STRIP_OFFSETS: (LONG, positions), tags.STRIP_BYTES: (LONG, sizes),
    }  # fmt: skip
    if channels in (2, 4):
        fields[tags.EXTRA_SAMPLES] = (SHORT, [layouts.UNASSOCIATED_ALPHA])
    entries = {tag: field.entry for tag, field in file.chain[0].fields.items() if tag not in LAYOUT_TAGS}
    for tag, (type, numbers) in fields.items():
        entries[tag] = write_field(stream, file.order, tag, type, numbers)
    directory_start = pad_to_word(stream)
    stream.write(struct.pack(file.order + "H", len(entries)))
    stream.write(b"".join(entries[tag] for tag in sorted(entries)) + bytes(4))
    stream.seek(4)
    stream.write(struct.pack(file.order + "I", directory_start))
    stream.seek(0, 2)


def compress_strip(band: NDArray[np.uint16], order: str) -> bytes:
    """A strip as the differences of neighbouring pixels (TIFF predictor 2), by Deflate."""
    differences = band.copy()
    differences[:, 1:] -= band[:, :-1]
    return zlib.compress(differences.astype(f"{order}u2").tobytes(), PNG_COMPRESSION_LEVEL)


def write_field(stream: IO[bytes], order: str, tag: int, type: int, numbers: list[int]) -> bytes:
    """The entry of a directory; numbers that do not fit in it are written to the stream."""
    packed = struct.pack(f"{order}{len(numbers)}{'H' if type == SHORT else 'I'}", *numbers)
    if len(packed) > 4:
        position = pad_to_word(stream)
        stream.write(packed)
        packed = struct.pack(order + "I", position)
    return struct.pack(f"{order}HHI", tag, type, len(numbers)) + packed.ljust(4, b"\0")


def pad_to_word(stream: IO[bytes]) -> int:
    """Writes a byte where the position is odd; returns the position."""
    stream.write(bytes(stream.tell() % 2))
    return stream.tell()
