"""Chooses the image of a TIFF file that is read, and opens it as a Pillow image of which nothing is decoded yet.

Pillow decodes what it decodes rightly; of all other images it reads the metadata alone, from a directory in which the
tags on the pixels are replaced by those of a grey image.
"""

import re
import struct
from dataclasses import dataclass
from typing import BinaryIO

from PIL import TiffImagePlugin

from gan_core.errors import UsageError
from gan_core.images.depth import ValueRange
from gan_core.images.streams import FilePart, patched_stream
from gan_core.images.tiff import layout as layouts
from gan_core.images.tiff import structure as tags
from gan_core.images.tiff.camera_raw import identify_raw_tiff, is_reduced, raw_message
from gan_core.images.tiff.layout import Layout, read_layout
from gan_core.images.tiff.structure import DamagedTiffError, Directory, TiffFile
from gan_core.images.tiff.tiles import tile_table

PIXEL_TAGS = {*range(254, 260), 262, 263, 264, 265, 266, 273, 274, 277, *range(278, 282), 284, 288, 289, 290, 291, 292,
    293, 301, 317, 318, 319, *range(320, 326), 330, *range(332, 348), *range(512, 533)}  # fmt: skip
JPEG_DEPTHS = (8, 12)  # that libtiff decodes
MASK_BIT = 4  # of NewSubfileType
STACK_KINDS = {"channels": "channels", "slices": "slices", "frames": "frames"}  # as ImageJ calls them


@dataclass(frozen=True)
class Page:
    """The image of a file that is read: its directory and layout, and sentences on the others.

    `value_range` says which values are black and which white, where that is not decided by this image alone.
    """

    file: TiffFile
    directory: Directory
    layout: Layout
    notes: tuple[str, ...]
    value_range: ValueRange | None = None


class PageImage(TiffImagePlugin.TiffImageFile):
    """A TIFF image as Pillow opens it, with its page. Where `is_decodable` is False only its metadata are true."""

    page: Page
    is_decodable: bool


def open_tiff(stream: BinaryIO, name: str) -> PageImage:
    """Opens the image of a TIFF file that is read.

    Raises UsageError where the file is a camera's raw file, damaged, or of a kind that is not read.
    """
    try:
        page = select_page(TiffFile(stream), name)
        if page.layout.compression != layouts.OLD_JPEG:  # whose data may lie in a stream of their own
            tile_table(page.file, page.directory, page.layout)
    except DamagedTiffError as error:
        raise UsageError(f"{name} starts like a TIFF file, but is damaged or cut off: {error}.") from error
    is_decodable = is_decoded_by_pillow(page.file, page.directory, page.layout)
    if page.layout.compression == layouts.JPEG and page.layout.depth not in JPEG_DEPTHS:
        raise UsageError(f"{name} is a TIFF file of a kind that is not read: {describe(page.layout)}.")
    if is_decodable:
        is_first = page.directory.position == page.file.first_position
        stream = stream if is_first and not page.file.is_big else patched_stream_of(page)
    else:
        stream = metadata_stream(page, page.layout.width, page.layout.height)
    stream.seek(0)
    try:
        image = PageImage(stream)
    except Exception as error:  # Pillow raises all kinds of exceptions
        raise UsageError(f"{name} is a TIFF file of a kind that is not read: {describe(page.layout)}.") from error
    image.page, image.is_decodable = page, is_decodable
    return image


# Choosing ------------------------------------------------------------------------------------------------------------


def select_page(file: TiffFile, name: str) -> Page:
    """The first image of full size: a smaller copy before it, as scanners write, is passed over."""
    phrase = identify_raw_tiff(file, name)
    if phrase:
        raise UsageError(raw_message(name, phrase))
    chain = file.chain
    full = [directory for directory in chain if not is_auxiliary(file, directory)]
    if not full:
        children = [child for directory in chain for child in file.children(directory)]
        full = [child for child in children if not is_auxiliary(file, child)]
    chosen = full[0] if full else chain[0]
    layout = read_layout(file, chosen)
    return Page(file, chosen, layout, tuple(note_on_others(file, chosen, len(full), name)))


def is_auxiliary(file: TiffFile, directory: Directory) -> bool:
    """Whether a directory holds a smaller copy or a mask, or no image at all."""
    is_mask = file.integer(directory, tags.NEW_SUBFILE_TYPE, 0) & MASK_BIT
    return is_reduced(file, directory) or bool(is_mask) or tags.WIDTH not in directory.fields


def note_on_others(file: TiffFile, chosen: Directory, count: int, name: str) -> list[str]:
    """A sentence on the images of full size that are not read, and on what ImageJ or OME call them."""
    stack = describe_stack(file.text(chosen, tags.DESCRIPTION), count)
    if stack:
        return [f"{name} is a stack of {stack}; the first image is used."]
    return [f"{name} holds several images; the first is used."] if count > 1 else []


def describe_stack(description: str, count: int) -> str:
    """The channels, slices and frames of a stack by the description of ImageJ or OME; "" where it is none."""
    if description.startswith("ImageJ="):
        sizes = {kind: re.search(rf"^{kind}=(\d+)", description, re.MULTILINE) for kind in STACK_KINDS}
    elif "<OME" in description and count > 1:
        letters = {"channels": "C", "slices": "Z", "frames": "T"}
        sizes = {kind: re.search(rf'\bSize{letter}="(\d+)"', description) for kind, letter in letters.items()}
    else:
        return ""
    parts = [f"{size[1]} {kind}" for kind, size in sizes.items() if size and int(size[1]) > 1]
    return ", ".join(parts)


# Pillow --------------------------------------------------------------------------------------------------------------


def is_decoded_by_pillow(file: TiffFile, directory: Directory, layout: Layout) -> bool:
    """Whether Pillow decodes such an image, and rightly: 8 bits or fewer, of the common kinds."""
    if layout.compression in layouts.PILLOW_COMPRESSIONS:
        return True
    is_lossless = layout.compression == layouts.UNCOMPRESSED or layout.compression in layouts.LOSSLESS_COMPRESSIONS
    if not is_lossless or layout.sample_format != layouts.UNSIGNED or set(layout.bits) - {1, 2, 4, 8}:
        return False
    if layout.fill_order != 1:
        return False
    if layout.photometric == layouts.PALETTE and file.numbers(directory, tags.COLOUR_MAP).max(initial=0) <= 255:
        return False  # colours of 8 bits, as old programs write: Pillow takes them for black
    if layout.channels == 1:
        return layout.photometric in (layouts.WHITE_IS_ZERO, layouts.BLACK_IS_ZERO, layouts.PALETTE)
    if set(layout.bits) != {8}:
        return False
    if layout.photometric == layouts.YCBCR and subsampling(file, directory) != (1, 1):
        return False
    stated = file.integers(directory, tags.EXTRA_SAMPLES)
    if layout.planes > 1:
        return layout.channels == 3 and layout.photometric == layouts.RGB
    return (layout.photometric, layout.channels, tuple(stated)) in PILLOW_KINDS


PILLOW_KINDS = {  # photometric interpretation, channels, ExtraSamples
    (1, 2, (1,)), (1, 2, (2,)), (2, 3, ()), (2, 4, ()), (2, 4, (1,)), (2, 4, (2,)), (2, 4, (999,)), (5, 4, ()),
    (6, 3, ()), (8, 3, ()), (3, 2, (2,)),
}  # fmt: skip


def subsampling(file: TiffFile, directory: Directory) -> tuple[int, int]:
    """By how much the colours of YCbCr are fewer than the pixels, across and down."""
    stated = file.integers(directory, tags.YCBCR_SUBSAMPLING)
    return (stated[0], stated[1]) if len(stated) >= 2 else (2, 2)


def patched_stream_of(page: Page) -> BinaryIO:
    """The file with this page as its first, as TIFF where it is BigTIFF: Pillow reads that in part only."""
    file = page.file
    if file.is_big:
        position = file.size + file.size % 2
        return narrow_stream(file, *file.narrow_directory(page.directory, position))
    header = file.header_bytes[:4] + struct.pack(file.order + "I", page.directory.position)
    return patched_stream(file.stream, [header, FilePart(len(header), file.size)])


def metadata_stream(page: Page, width: int, height: int) -> BinaryIO:
    """The file with a directory of a grey image of 8 bits as its only one, and the page's tags that are not on pixels.

    Its pixels are whatever the file begins with.
    """
    file, lists = page.file, b""
    if file.is_big:
        entries, lists = file.narrow_directory(page.directory, file.size + file.size % 2)
    else:
        entries = {tag: field.entry for tag, field in page.directory.fields.items()}
    entries = {tag: entry for tag, entry in entries.items() if tag not in PIXEL_TAGS}
    pixel_tags = {
        tags.WIDTH: width, tags.HEIGHT: height, tags.BITS: 8, tags.COMPRESSION: 1, tags.PHOTOMETRIC: 1,
        tags.STRIP_OFFSETS: 0, tags.SAMPLES: 1, tags.ROWS_PER_STRIP: height, tags.STRIP_BYTES: width * height,
    }  # fmt: skip
    for tag, value in pixel_tags.items():
        entries[tag] = struct.pack(f"{file.order}HHII", tag, 4, 1, min(value, 2**32 - 1))
    return narrow_stream(file, entries, lists)


def narrow_stream(file: TiffFile, entries: dict[int, bytes], lists: bytes) -> BinaryIO:
    """A TIFF file that is the given one with another directory behind it, the only one; `lists` lie before that."""
    padding = bytes(file.size % 2)
    position = file.size + len(padding) + len(lists)
    header = (b"II*\0" if file.order == "<" else b"MM\0*") + struct.pack(file.order + "I", position)
    directory = struct.pack(file.order + "H", len(entries))
    directory += b"".join(entries[tag] for tag in sorted(entries)) + bytes(4)
    return patched_stream(file.stream, [header, FilePart(len(header), file.size), padding, lists, directory])


def describe(layout: Layout) -> str:
    """Channels, bits and compression, for messages."""
    formats = {layouts.SIGNED: "signed ", layouts.FLOAT: "floating-point ", 5: "complex ", 6: "complex "}
    bits = "/".join(map(str, dict.fromkeys(layout.bits)))
    return (
        f"{layout.channels} {formats.get(layout.sample_format, '')}channel{'s' * (layout.channels > 1)} of {bits} bits,"
        f" photometric interpretation {layout.photometric}, compression {layout.compression_name}"
    )
