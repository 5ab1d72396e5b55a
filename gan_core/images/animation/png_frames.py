"""Reads the frames of an animated PNG (APNG) and composes them to whole pictures.

Pillow decodes each frame as a PNG of its own. Composition follows the APNG specification: Pillow mixes the alpha of
two half transparent pixels where the specification lays one over the other.
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

from gan_core.images.png.chunks import CHUNK_OVERHEAD_BYTES, SIGNATURE, build_chunk
from gan_core.images.png.image import open_png_image

COLOUR_CHUNKS = (b"PLTE", b"tRNS")  # that every frame needs to be decoded
CLEAR_AFTERWARDS, RESTORE_AFTERWARDS = 1, 2  # dispose operations
BLEND_OVER = 1
GREY_COLOUR_TYPES, ALPHA_COLOUR_TYPES = (0, 4), (4, 6)
DEFAULT_DELAY_DENOMINATOR = 100  # where the file says 0
MAX_HEAD_CHUNK_BYTES = 1 << 24  # of a chunk that is kept


@dataclass(frozen=True)
class PngFrame:
    """One frame: its rectangle, when and how it is drawn, and position and length of its data in the file."""

    left: int
    top: int
    width: int
    height: int
    duration: Fraction  # seconds
    disposal: int
    blend: int
    parts: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class PngLayout:
    """The canvas, the frames and the loop of an APNG. `plays` is how often it is shown, 0 forever.

    `still` are the data of the picture for programs that show no animation, where that is not the first frame.
    """

    header: bytes
    frames: list[PngFrame] = field(default_factory=list)
    plays: int = 0
    still: PngFrame | None = None
    colours: list[tuple[bytes, bytes]] = field(default_factory=list)  # the chunks of COLOUR_CHUNKS
    is_cut_off: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return struct.unpack(">II", self.header[:8])

    @property
    def is_grey(self) -> bool:
        return self.header[9] in GREY_COLOUR_TYPES

    @property
    def may_be_transparent(self) -> bool:
        """Whether there is an alpha channel or a transparent colour, or a frame that leaves or clears a part."""
        has_alpha = self.header[9] in ALPHA_COLOUR_TYPES or any(name == b"tRNS" for name, _ in self.colours)
        first = self.frames[0]
        is_kept = (first.width, first.height) == self.size and first.disposal != RESTORE_AFTERWARDS
        return has_alpha or not is_kept or any(frame.disposal == CLEAR_AFTERWARDS for frame in self.frames)


# The chunks of the file ----------------------------------------------------------------------------------------------


def read_chunks(stream: IO[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """Name, position of the content and length of each chunk; the stream stands after the signature."""
    end = stream.seek(0, 2)
    position = len(SIGNATURE)
    while position + CHUNK_OVERHEAD_BYTES <= end:
        stream.seek(position)
        length, name = struct.unpack(">I4s", stream.read(8))
        if position + CHUNK_OVERHEAD_BYTES + length > end:
            return
        yield name, position + 8, length
        position += CHUNK_OVERHEAD_BYTES + length


def read_layout(stream: IO[bytes], max_frames: int) -> PngLayout | None:
    """Where the frames lie in the file, about up to `max_frames`; no pixel is decoded. None for a PNG that is not
    animated.

    A frame whose data are cut off does not count.
    """
    layout, is_animated, ends = None, False, False
    current: PngFrame | None = None
    for name, position, length in read_chunks(stream):
        content = read_content(stream, position, length) if name in (b"IHDR", b"acTL", b"fcTL", *COLOUR_CHUNKS) else b""
        if name == b"IHDR" and length == 13:
            layout = PngLayout(content)
        elif layout is None:
            return None
        elif name == b"acTL" and length == 8:
            is_animated, layout.plays = True, struct.unpack(">II", content)[1]
        elif name == b"fcTL" and length == 26:
            current = parse_frame_control(content)
            layout.frames.append(current)
            if len(layout.frames) > max_frames:
                break
        elif name in COLOUR_CHUNKS:
            layout.colours.append((name, content))
        elif name == b"IDAT":
            if not is_animated:
                return None
            if not layout.frames and layout.still is None:
                layout.still = current = PngFrame(0, 0, *layout.size, Fraction(0), 0, 0)
            if current is not None:
                current.parts.append((position, length))
        elif name == b"fdAT" and length > 4 and current is not None:
            current.parts.append((position + 4, length - 4))
        ends = ends or name == b"IEND"
    if layout is None or not is_animated:
        return None
    if not ends and layout.frames:
        layout.frames.pop()
    layout.is_cut_off = not ends
    layout.frames = [frame for frame in layout.frames if frame.parts]
    return layout


def read_content(stream: IO[bytes], position: int, length: int) -> bytes:
    stream.seek(position)
    return stream.read(min(length, MAX_HEAD_CHUNK_BYTES))


def parse_frame_control(content: bytes) -> PngFrame:
    """The frame that an fcTL chunk announces."""
    _, width, height, left, top, numerator, denominator, disposal, blend = struct.unpack(">IIIIIHHBB", content)
    duration = Fraction(numerator, denominator or DEFAULT_DELAY_DENOMINATOR)
    return PngFrame(left, top, width, height, duration, disposal, blend)


# Pixels --------------------------------------------------------------------------------------------------------------


def compose_frames(stream: IO[bytes], layout: PngLayout) -> Iterator[tuple[NDArray[np.uint8], bool]]:
    """The whole picture (H, W, 4) of each frame in turn, and whether its data were good.

    A frame that cannot be decoded shows the picture before it. The array is overwritten by the next frame.
    """
    width, height = layout.size
    canvas = np.zeros((height, width, 4), np.uint8)
    for number, frame in enumerate(layout.frames):
        window = canvas[frame.top : frame.top + frame.height, frame.left : frame.left + frame.width]
        disposal = CLEAR_AFTERWARDS if number == 0 and frame.disposal == RESTORE_AFTERWARDS else frame.disposal
        before = window.copy() if disposal == RESTORE_AFTERWARDS else None
        pixels = decode_frame(stream, layout, frame)
        if pixels is not None:
            pixels = pixels[: window.shape[0], : window.shape[1]]
            window[:] = lay_over(window, pixels) if frame.blend == BLEND_OVER else pixels
        yield canvas, pixels is not None
        if disposal == CLEAR_AFTERWARDS:
            window[:] = 0
        elif before is not None:
            window[:] = before


def lay_over(lower: NDArray[np.uint8], upper: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pixels (h, w, 4) laid over others by their alpha (Porter and Duff 1984, "over"; colours not premultiplied)."""
    opaque, clear = upper[:, :, 3] == 255, upper[:, :, 3] == 0
    result = np.where(clear[:, :, None], lower, upper)
    mixed = ~(opaque | clear)
    if not mixed.any():
        return result
    below, above = lower[mixed].astype(np.float32), upper[mixed].astype(np.float32)
    above_alpha, below_alpha = above[:, 3:] / 255, below[:, 3:] / 255
    alpha = above_alpha + below_alpha * (1 - above_alpha)
    colours = (above[:, :3] * above_alpha + below[:, :3] * below_alpha * (1 - above_alpha)) / alpha
    result[mixed] = np.concatenate([colours, alpha * 255], 1).round().astype(np.uint8)
    return result


def decode_frame(stream: IO[bytes], layout: PngLayout, frame: PngFrame) -> NDArray[np.uint8] | None:
    """The pixels (h, w, 4) of a frame, decoded by Pillow as a PNG of its own; None where its data are damaged."""
    data = b"".join(read_part(stream, *part) for part in frame.parts)
    header = struct.pack(">II", frame.width, frame.height) + layout.header[8:]
    chunks = [(b"IHDR", header), *layout.colours, (b"IDAT", data), (b"IEND", b"")]
    file = SIGNATURE + b"".join(build_chunk(*chunk) for chunk in chunks)
    try:
        with Image.open(BytesIO(file), formats=("PNG",)) as image:
            pixels = np.array(to_rgba(image))
        alpha = alpha_of_transparent_colour(file, layout)
        if alpha is not None:
            pixels[:, :, 3] = alpha
        return pixels
    except MemoryError:
        raise
    except Exception:  # decoders raise all kinds of exceptions on damaged data
        return None


def alpha_of_transparent_colour(file: bytes, layout: PngLayout) -> NDArray[np.uint8] | None:
    """Alpha (h, w) of the one colour that tRNS declares transparent, where Pillow compares it with other values: in
    grey of 2 and 4 bits and in RGB of 16; None elsewhere."""
    depth, colour_type = layout.header[8:10]
    is_transparent = any(name == b"tRNS" for name, _ in layout.colours)
    if not is_transparent or (colour_type, depth) not in ((0, 2), (0, 4), (2, 16)):
        return None
    image = open_png_image(BytesIO(file), "")
    if image.is_deep:
        return image.read_deep_samples()[1]
    return image.alpha_of_transparent_colour(np.asarray(image)[:, :, None])


def to_rgba(image: Image.Image) -> Image.Image:
    """The image as RGBA, 16-bit grey scaled to 8 bits."""
    if not image.mode.startswith("I"):
        return image.convert("RGBA")
    grey = Image.fromarray((np.asarray(image).astype(np.uint32) * 255 // 65_535).astype(np.uint8))
    alpha = image.info.get("transparency")
    if isinstance(alpha, int):
        grey.putalpha(Image.fromarray(np.where(np.asarray(image) == alpha, 0, 255).astype(np.uint8)))
    return grey.convert("RGBA")


def read_part(stream: IO[bytes], position: int, length: int) -> bytes:
    stream.seek(position)
    return stream.read(length)
