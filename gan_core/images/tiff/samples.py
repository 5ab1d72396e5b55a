"""Reads the values of an image in a TIFF file: strips or tiles, compression, planes, YCbCr with fewer colours.

libtiff, by way of Pillow, undoes the lossless compressions: strips are handed to it as those of a grey image that has
a pixel for each byte. All else is done here, for any number type.
"""

import struct
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, TiffImagePlugin

from gan_core.errors import UsageError
from gan_core.images.tiff import layout as layouts
from gan_core.images.tiff import structure as tags
from gan_core.images.tiff.layout import Layout
from gan_core.images.tiff.pages import Page, describe, subsampling
from gan_core.images.tiff.structure import DamagedTiffError
from gan_core.images.tiff.tiles import row_bytes, tile_table
from gan_core.images.tiff.unpacking import reverse_bits, unpack

MAX_BYTES = 2 * 1024**3  # of the values of one image, unpacked
BATCH_BYTES = 16 * 1024**2  # of tiles that are decompressed at once


def read_samples(page: Page, name: str) -> NDArray[Any]:
    """The values (H, W, C) of an image, of the number type that the file states.

    Raises UsageError where they are of a kind that is not read, or take too much memory, and DamagedTiffError where the
    file lacks some.
    """
    layout = page.layout
    validate_layout(layout, name)
    if layout.photometric == layouts.YCBCR and (factors := subsampling(page.file, page.directory)) != (1, 1):
        return read_subsampled(page, factors, name)
    values = np.zeros((layout.height, layout.width, layout.channels), layout.number_type)
    width, height = layout.tile_size
    across, down = layout.grid
    for index, tile in decode_tiles(page):
        plane, position = divmod(index, across * down)
        top, left = position // across * height, position % across * width
        target = values[top : top + height, left : left + width]
        tile = tile[: target.shape[0], : target.shape[1]]
        if tile.shape[:2] != target.shape[:2]:
            raise DamagedTiffError("a tile is smaller than stated")
        if layout.planes > 1:
            target[:, :, plane] = tile[:, :, 0]
        else:
            target[:] = tile
    return values


def validate_layout(layout: Layout, name: str) -> None:
    """Raises UsageError where values of such a layout are not read."""
    known = {layouts.UNCOMPRESSED, *layouts.LOSSLESS_COMPRESSIONS, *layouts.IMAGE_COMPRESSIONS}
    if layout.compression not in known:
        raise UsageError(
            f"{name} is compressed by {layout.compression_name}, which is not read for TIFF files: save it as TIFF with"
            " LZW or Deflate, or as PNG."
        )
    if layout.compression in layouts.IMAGE_COMPRESSIONS and layout.depth > 8 and layout.interleaved > 1:
        raise UsageError(
            f"{name} is compressed by {layout.compression_name} with {layout.depth} bits a channel, which is not read: "
            "save it as TIFF with LZW or Deflate, or as PNG."
        )
    if layout.sample_format in (layouts.COMPLEX_INTEGER, layouts.COMPLEX_FLOAT):
        raise UsageError(f"{name} holds complex numbers, which are no colours.")
    is_integer = layout.sample_format in (layouts.UNSIGNED, layouts.SIGNED, layouts.UNDEFINED)
    depths = (16, 32, 64) if layout.sample_format == layouts.FLOAT else (*range(1, 33), 64)
    if len(set(layout.bits)) > 1 or layout.depth not in depths or not (is_integer or depths == (16, 32, 64)):
        raise UsageError(f"{name} is a TIFF file of a kind that is not read: {describe(layout)}.")
    is_whole = layout.depth in (8, 16, 32, 64)
    if layout.predictor not in (1, 2, 3) or (layout.predictor > 1 and not is_whole):
        raise UsageError(f"{name} uses predictor {layout.predictor} on {layout.depth} bits, which is not read.")
    size = layout.width * layout.height * layout.channels * layout.number_type.itemsize
    if size > MAX_BYTES:
        raise UsageError(
            f"{name} takes {size / 1024**3:.1f} GB unpacked ({describe(layout)}); at most {MAX_BYTES // 1024**3} GB are"
            " allowed: reduce it first."
        )


def tile_rows(layout: Layout, index: int) -> int:
    """Rows of a tile, which the last strip has fewer of."""
    across, down = layout.grid
    row = index % (across * down) // across
    return (
        layout.tile_size[1] if layout.is_tiled else min(layout.tile_size[1], layout.height - row * layout.tile_size[1])
    )


# Tiles ---------------------------------------------------------------------------------------------------------------


def decode_tiles(page: Page) -> Iterator[tuple[int, NDArray[Any]]]:
    """Index and values (h, w, C) of each tile; those that a sparse file leaves out are left out."""
    layout, (positions, sizes) = page.layout, tile_table(page.file, page.directory, page.layout)
    if layout.compression in layouts.IMAGE_COMPRESSIONS:
        for index, (position, size) in enumerate(zip(positions, sizes, strict=True)):
            yield index, decode_image_tile(page.file.read(position, size), layout)
        return
    batch: list[int] = []
    tile_bytes = row_bytes(layout) * layout.tile_size[1]
    for index in range(len(positions)):
        if positions[index] == 0:  # sparse: all zero
            continue
        if batch and (len(batch) + 1) * tile_bytes > BATCH_BYTES:
            yield from decode_batch(page, batch, positions, sizes)
            batch = []
        batch.append(index)
        if tile_rows(layout, index) < layout.tile_size[1]:  # only the last strip of a grey image may be short
            yield from decode_batch(page, batch, positions, sizes)
            batch = []
    yield from decode_batch(page, batch, positions, sizes)


def decode_batch(
    page: Page, batch: list[int], positions: list[int], sizes: list[int]
) -> Iterator[tuple[int, NDArray[Any]]]:
    layout, file, width = page.layout, page.file, row_bytes(page.layout)
    rows = [tile_rows(layout, index) for index in batch]
    if layout.compression == layouts.UNCOMPRESSED:
        tiles = [
            np.frombuffer(file.read(positions[index], count * width), np.uint8)
            for index, count in zip(batch, rows, strict=True)
        ]
        if layout.fill_order == 2:
            tiles = [reverse_bits(tile) for tile in tiles]
        stacked = tiles
    else:
        data = [file.read(positions[index], sizes[index]) for index in batch]
        whole = decompress(data, layout, width, sum(rows)) if batch else np.empty((0, width), np.uint8)
        stacked = np.split(whole, np.cumsum(rows)[:-1]) if batch else []
    for index, packed, count in zip(batch, stacked, rows, strict=True):
        yield index, unpack(packed.reshape(count, width), layout, file.order)


class PackedBytes(TiffImagePlugin.TiffImageFile):
    """Strips as a grey image of bytes, without Pillow's limit on pixels: `validate_layout` has one."""

    def load_prepare(self) -> None:
        ImageFile.ImageFile.load_prepare(self)


def decompress(data: list[bytes], layout: Layout, width: int, height: int) -> NDArray[np.uint8]:
    """Strips of `layout.tile_size[1]` rows each -> bytes (height, width). Raises DamagedTiffError."""
    rows_per_strip = layout.tile_size[1]
    entries = [
        (tags.WIDTH, 4, 1, width), (tags.HEIGHT, 4, 1, height), (tags.BITS, 3, 1, 8),
        (tags.COMPRESSION, 3, 1, layout.compression), (tags.PHOTOMETRIC, 3, 1, layouts.BLACK_IS_ZERO),
        (tags.FILL_ORDER, 3, 1, layout.fill_order if layout.fill_order == 2 else 1),
        (tags.STRIP_OFFSETS, 4, len(data), 0), (tags.SAMPLES, 3, 1, 1), (tags.ROWS_PER_STRIP, 4, 1, rows_per_strip),
        (tags.STRIP_BYTES, 4, len(data), 0),
    ]  # fmt: skip
    lists_start = 8 + 2 + 12 * len(entries) + 4
    offsets, offset = [], lists_start + (8 * len(data) if len(data) > 1 else 0)
    for strip in data:
        offsets.append(offset)
        offset += len(strip)
    lengths = [len(strip) for strip in data]
    values = {
        tags.STRIP_OFFSETS: offsets[0] if len(data) == 1 else lists_start,
        tags.STRIP_BYTES: lengths[0] if len(data) == 1 else lists_start + 4 * len(data),
    }
    directory = struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<HHII", tag, type, count, values.get(tag, value)) for tag, type, count, value in entries
    )
    lists = struct.pack(f"<{2 * len(data)}I", *offsets, *lengths) if len(data) > 1 else b""
    stream = BytesIO(b"".join([b"II*\0\x08\0\0\0", directory, bytes(4), lists, *data]))
    try:
        return np.asarray(PackedBytes(stream))
    except MemoryError:
        raise
    except Exception as error:  # Pillow raises all kinds of exceptions on damaged files
        raise DamagedTiffError(f"its {layout.compression_name} data are damaged") from error


def decode_image_tile(data: bytes, layout: Layout) -> NDArray[Any]:
    """A tile that is a JPEG 2000, PNG or WebP image -> values (h, w, C). Raises DamagedTiffError."""
    format = layouts.IMAGE_COMPRESSIONS[layout.compression]
    try:
        with Image.open(BytesIO(data), formats=(format,)) as image:
            if image.width > layout.tile_size[0] or image.height > layout.tile_size[1]:
                raise DamagedTiffError("a tile is larger than stated")
            if image.mode in ("RGB", "RGBA", "RGBX") and layout.interleaved in (3, 4):
                image = image.convert({3: "RGB", 4: "RGBA"}[layout.interleaved])
            values = np.atleast_3d(np.asarray(image))
    except (MemoryError, DamagedTiffError):
        raise
    except Exception as error:  # Pillow raises all kinds of exceptions on damaged files
        raise DamagedTiffError(f"its {format} data are damaged") from error
    if values.shape[2] != layout.interleaved or values.dtype.itemsize != layout.number_type.itemsize:
        raise DamagedTiffError(f"a tile has {values.shape[2]} channels of {8 * values.dtype.itemsize} bits")
    return values.astype(layout.number_type)


# YCbCr ---------------------------------------------------------------------------------------------------------------


def read_subsampled(page: Page, factors: tuple[int, int], name: str) -> NDArray[Any]:
    """YCbCr whose colours are fewer than its pixels (TIFF 6.0, section 21) -> values (H, W, 3).

    Data units of `across` x `down` values of luma and one each of Cb and Cr are read as pixels of so many channels.
    """
    across, down = factors
    layout = page.layout
    fits = across in (1, 2, 4) and down in (1, 2, 4) and layout.channels == 3 and layout.planes == 1
    if not fits or layout.predictor != 1 or (layout.tile_size[1] % down and layout.tile_size[1] != layout.height):
        raise UsageError(f"{name} is a TIFF file of a kind that is not read: {describe(layout)}, subsampled.")
    units = replace(
        layout,
        width=-(-layout.width // across),
        height=-(-layout.height // down),
        channels=across * down + 2,
        bits=(layout.depth,) * (across * down + 2),
        photometric=-1,
        tile_size=(-(-layout.tile_size[0] // across), -(-layout.tile_size[1] // down)),
    )
    values = read_samples(replace(page, layout=units), name)  # (h, w, across * down + 2)
    luma = values[:, :, :-2].reshape(units.height, units.width, down, across)
    luma = luma.transpose(0, 2, 1, 3).reshape(units.height * down, units.width * across)
    colours = values[:, :, -2:].repeat(down, 0).repeat(across, 1)
    return np.concatenate([luma[:, :, None], colours], 2)[: layout.height, : layout.width]
