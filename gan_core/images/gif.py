"""Opens a GIF of any origin as a Pillow image; one that is cut off behind the pixels of its first image is mended."""

from dataclasses import dataclass
from typing import Any, BinaryIO

from PIL import GifImagePlugin

from gan_core.errors import UsageError
from gan_core.images.streams import FilePart, patched_stream, stream_length

HEADER_BYTES = 13
EXTENSION, IMAGE, TRAILER = 0x21, 0x2C, 0x3B  # the first bytes of blocks
IMAGE_HEADER_BYTES = 9
END = b"\0;"  # of an image, and of the file
XMP_BLOCK, XMP_END = b"!\xff\x0bXMP DataXMP", b"\x01\xff\xfe\xfd"  # of an extension
MAX_HEAD_BYTES = 1 << 20


@dataclass(frozen=True)
class FirstImage:
    """Where the data of the first image end: `last_block` and `end` are the positions of its last block of data and
    behind it; `is_cut` says that the file ends there or within it."""

    last_block: int
    end: int
    is_cut: bool


class GifImage(GifImagePlugin.GifImageFile):
    """A GIF; `notes` are sentences on what is missing without a loss of rows."""

    notes: list[str]
    name: str
    stream: BinaryIO

    def load(self) -> Any:
        """Decodes the pixels. Raises UsageError where rows of those of the first image are missing."""
        try:
            return super().load()
        except MemoryError:
            raise
        except Exception as error:  # Pillow raises all kinds of exceptions on damaged data
            first = find_first_image(self.stream)
            if self.tell() or first is None or not first.is_cut:
                raise
            try:
                whole = GifImagePlugin.GifImageFile(mended_stream(self.stream, first))
                whole.load()
            except Exception:  # as above
                raise UsageError(f"{self.name} is damaged or cut off: rows of its pixels are missing.") from error
            self.im, self._mode, self.tile, self.palette = whole.im, whole.mode, [], whole.palette
            return super().load()


def open_gif_image(stream: BinaryIO, name: str) -> GifImage:
    """Opens a GIF file; its pixels are decoded on demand. Raises what Pillow raises where it is damaged."""
    length = stream_length(stream)
    first = find_first_image(stream)
    image = GifImage(patched_stream(stream, [FilePart(0, length)]))
    image.name, image.stream = name, stream
    if xmp := find_xmp(stream):
        image.info["xmp"] = xmp
    image.notes = [f"{name} is cut off at its end; it is read as far as it goes."] if first and first.is_cut else []
    return image


def find_xmp(stream: BinaryIO) -> bytes | None:
    """The XMP in the head of a file, which lie there as they are, with bytes behind them that lead out of the block."""
    stream.seek(0)
    _, found, rest = stream.read(MAX_HEAD_BYTES).partition(XMP_BLOCK)
    xmp, end, _ = rest.partition(XMP_END)
    stream.seek(0)
    return xmp if found and end else None


def find_first_image(stream: BinaryIO) -> FirstImage | None:
    """Where the data of the first image end; None where there is none."""
    length = stream_length(stream)
    header = stream.read(HEADER_BYTES)
    position = HEADER_BYTES + palette_bytes(header[10] if len(header) == HEADER_BYTES else 0)
    while True:
        stream.seek(position)
        introducer = stream.read(1)
        if introducer == bytes([EXTENSION]):
            position, _, _ = skip_blocks(stream, position + 2, length)
        elif introducer == bytes([IMAGE]):
            image_header = stream.read(IMAGE_HEADER_BYTES)
            if len(image_header) < IMAGE_HEADER_BYTES:
                return None
            start = position + 1 + IMAGE_HEADER_BYTES + palette_bytes(image_header[-1]) + 1
            end, last_block, is_cut = skip_blocks(stream, start, length)
            return FirstImage(last_block, min(end, length), is_cut or end >= length)
        elif introducer == b"\0":
            position += 1
        else:
            return None


def palette_bytes(flags: int) -> int:
    """The length of the palette that follows a screen or image descriptor with these flags."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def skip_blocks(stream: BinaryIO, position: int, length: int) -> tuple[int, int, bool]:
    """The position behind blocks of data, that of the last of them, and whether their end mark is missing."""
    last_block = position
    while position < length:
        stream.seek(position)
        size = stream.read(1)[0]
        if size == 0:
            return position + 1, last_block, False
        last_block = position
        position += 1 + size
    return position, last_block, True


def mended_stream(stream: BinaryIO, first: FirstImage) -> BinaryIO:
    """The file up to the data of its first image, whose last block has the length that is there."""
    held = max(0, first.end - first.last_block - 1)
    parts = [FilePart(0, first.last_block), bytes([min(held, 255)]), FilePart(first.last_block + 1, first.end), END]
    return patched_stream(stream, parts)
