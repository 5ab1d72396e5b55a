"""Reads the frames of a GIF and composes them to whole pictures, as browsers do.

Pillow decodes the pixels of each frame; where it lies, how it is disposed of and for how long it is shown is read from
the blocks of the file (GIF89a specification), for Pillow fills with the background colour what browsers leave
transparent.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_core.images.gif import EXTENSION, IMAGE, TRAILER, palette_bytes

GRAPHIC_CONTROL, APPLICATION = 0xF9, 0xFF  # labels of extensions
LOOP_APPLICATIONS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
CLEAR_AFTERWARDS, RESTORE_AFTERWARDS = (2,), (3, 4)  # disposal methods; 4 is that of old writers
GREY_PALETTE = bytes(value for value in range(256) for _ in range(3))  # of files that have none
CENTISECOND = Fraction(1, 100)


@dataclass(frozen=True)
class GifFrame:
    """One image block: its rectangle, its colours, the file position of its LZW data, and its graphic control."""

    left: int
    top: int
    width: int
    height: int
    interlaced: bool
    palette: bytes
    offset: int
    length: int
    centiseconds: int = 0
    disposal: int = 0
    transparent: int | None = None  # index of the palette

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return self.centiseconds * CENTISECOND


@dataclass
class GifLayout:
    """The canvas, the frames and the loop of a GIF. `plays` is how often it is shown, 0 forever."""

    width: int
    height: int
    frames: list[GifFrame] = field(default_factory=list)
    plays: int = 1
    is_cut_off: bool = False

    @property
    def may_be_transparent(self) -> bool:
        """Whether a frame has a transparent colour, clears what it has drawn, or the first leaves a part free or gives
        way to the empty canvas before it."""
        first = self.frames[0]
        is_covered = (first.width, first.height) == (self.width, self.height)
        return (
            not is_covered
            or first.disposal in RESTORE_AFTERWARDS
            or any(frame.transparent is not None or frame.disposal in CLEAR_AFTERWARDS for frame in self.frames)
        )


# The blocks of the file ----------------------------------------------------------------------------------------------


def read_layout(stream: IO[bytes], max_frames: int) -> GifLayout:
    """Where the frames lie in the file, up to `max_frames`; no pixel is decoded. A frame that is cut off does not
    count."""
    head = stream.read(13)
    if len(head) < 13:
        return GifLayout(0, 0, is_cut_off=True)
    width, height, flags = struct.unpack("<HHB", head[6:11])
    palette = stream.read(palette_bytes(flags)) or GREY_PALETTE
    layout, control = GifLayout(width, height), (0, 0, None)
    while len(layout.frames) < max_frames:
        introducer = stream.read(1)
        if not introducer or introducer[0] == TRAILER:
            layout.is_cut_off = not introducer
            break
        if introducer[0] == EXTENSION:
            control = read_extension(stream, layout, control)
        elif introducer[0] == IMAGE:
            frame = read_image_block(stream, palette, *control)
            if frame is None:
                layout.is_cut_off = True
                break
            layout.frames.append(frame)
            control = (0, 0, None)
        elif introducer[0] != 0:  # some writers leave zeros between blocks
            layout.is_cut_off = True
            break
    if layout.frames:  # browsers enlarge the canvas to the first frame
        first = layout.frames[0]
        layout.width = max(layout.width, first.left + first.width)
        layout.height = max(layout.height, first.top + first.height)
    return layout


Control = tuple[int, int, int | None]  # centiseconds, disposal method, transparent index


def read_extension(stream: IO[bytes], layout: GifLayout, control: Control) -> Control:
    """Reads an extension block; returns the graphic control of the next image, and sets the loop of the layout."""
    label = stream.read(1)
    first = read_sub_block(stream)
    if label == bytes([GRAPHIC_CONTROL]) and len(first) >= 4:
        flags, centiseconds, index = struct.unpack("<BHB", first[:4])
        control = (centiseconds, flags >> 2 & 7, index if flags & 1 else None)
    is_loop = label == bytes([APPLICATION]) and first in LOOP_APPLICATIONS
    block = first
    while block:
        block = read_sub_block(stream)
        if is_loop and len(block) == 3 and block[0] == 1:
            repetitions = int.from_bytes(block[1:], "little")
            layout.plays = repetitions + 1 if repetitions else 0
    return control


def read_sub_block(stream: IO[bytes]) -> bytes:
    """The next sub-block; b"" for the one that ends a block, and at the end of the file."""
    length = stream.read(1)
    return stream.read(length[0]) if length else b""


def read_image_block(
    stream: IO[bytes], palette: bytes, centiseconds: int, disposal: int, transparent: int | None
) -> GifFrame | None:
    """Reads an image block, without its data; None where it is cut off."""
    descriptor = stream.read(9)
    if len(descriptor) < 9:
        return None
    left, top, width, height, flags = struct.unpack("<HHHHB", descriptor)
    palette = stream.read(palette_bytes(flags)) or palette
    offset = stream.tell()
    stream.read(1)  # the size of the first LZW code
    while True:
        length = stream.read(1)
        if not length:
            return None
        if length[0] == 0:
            break
        if len(stream.read(length[0])) < length[0]:
            return None
    return GifFrame(
        left, top, width, height, bool(flags & 0x40), palette, offset, stream.tell() - offset, centiseconds, disposal,
        transparent,
    )  # fmt: skip


# Pixels --------------------------------------------------------------------------------------------------------------


def compose_frames(stream: IO[bytes], layout: GifLayout) -> Iterator[tuple[NDArray[np.uint8], bool]]:
    """The whole picture (H, W, 4) of each frame in turn, and whether its data were good.

    A frame that cannot be decoded shows the picture before it. The array is overwritten by the next frame.
    """
    canvas = np.zeros((layout.height, layout.width, 4), np.uint8)
    for frame in layout.frames:
        window = canvas[frame.top : frame.top + frame.height, frame.left : frame.left + frame.width]
        before = window.copy() if frame.disposal in RESTORE_AFTERWARDS else None
        indices = decode_indices(stream, frame, window.shape[0] * window.shape[1] == 0)
        if indices is not None:
            paint(window, indices[: window.shape[0], : window.shape[1]], frame)
        yield canvas, indices is not None
        if frame.disposal in CLEAR_AFTERWARDS:
            window[:] = 0
        elif before is not None:
            window[:] = before


def paint(window: NDArray[np.uint8], indices: NDArray[np.uint8], frame: GifFrame) -> None:
    """Draws the colours of a frame; its transparent ones leave what is there."""
    colours = np.zeros((256, 4), np.uint8)
    palette = np.frombuffer(frame.palette, np.uint8)
    palette = palette[: len(palette) // 3 * 3].reshape(-1, 3)
    colours[: len(palette), :3], colours[:, 3] = palette, 255
    drawn = colours[indices]
    if frame.transparent is None:
        window[:] = drawn
    else:
        np.copyto(window, drawn, where=(indices != frame.transparent)[:, :, None])


def decode_indices(stream: IO[bytes], frame: GifFrame, is_outside: bool) -> NDArray[np.uint8] | None:
    """The indices (h, w) of a frame, decoded by Pillow as a GIF of its own; None where its data are damaged."""
    if is_outside:
        return np.zeros((frame.height, frame.width), np.uint8)
    stream.seek(frame.offset)
    size = struct.pack("<HH", frame.width, frame.height)
    file = (
        b"GIF89a" + size + bytes([0xF7, 0, 0]) + GREY_PALETTE + bytes([IMAGE]) + bytes(4) + size
        + bytes([0x40 if frame.interlaced else 0]) + stream.read(frame.length) + bytes([TRAILER])
    )  # fmt: skip
    try:
        with Image.open(BytesIO(file), formats=("GIF",)) as image:
            return np.asarray(image)
    except MemoryError:
        raise
    except Exception:  # decoders raise all kinds of exceptions on damaged data
        return None
