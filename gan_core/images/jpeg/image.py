"""A JPEG file of any origin as a Pillow image: refused where rows are missing, read where its end mark alone is.

The decoder fills what is missing with grey and reports nothing. Therefore the image is decoded twice at an eighth of
its size, once with noise behind its data: where the two results differ, data are missing.
"""

import random
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import JpegImagePlugin

from gan_core.errors import UsageError
from gan_core.images.jpeg import segments
from gan_core.images.jpeg.segments import JpegFile, read_jpeg
from gan_core.images.streams import FilePart, patched_stream, stream_length

START_MARK, END_MARK = b"\xff\xd8", b"\xff\xd9"
NOISE = bytes(random.Random(1).randrange(1, 255) for _ in range(4096))
BLOCK_PX = 8
GAIN_MAP_PREFIX = b"urn:iso:std:iso:ts:21496:-1\0"
GAIN_MAP_SIGNATURES = (b"http://ns.adobe.com/hdr-gain-map/1.0/", GAIN_MAP_PREFIX)
VIDEO_SIGNATURES = (b"ftyp", b"MotionPhoto_Data")
TAIL_BYTES = 1 << 16  # of the data behind the end that are looked at
OTHER_KINDS = {
    **dict.fromkeys(segments.LOSSLESS_MARKERS, "a lossless JPEG"),
    **dict.fromkeys(segments.HIERARCHICAL_MARKERS, "a hierarchical JPEG"),
    segments.LS_MARKER: "a JPEG-LS image",
}


class JpegImage(JpegImagePlugin.JpegImageFile):
    """A JPEG image: `file` are its segments, `notes` sentences on what is missing or left out, known once its pixels
    are decoded. With `is_known_whole` nothing is looked for, and there are no notes."""

    is_known_whole = False
    file: JpegFile
    notes: list[str]
    name: str
    stream: BinaryIO
    length: int

    def load(self) -> Any:
        """Decodes the pixels. Raises UsageError where rows of them are missing."""
        if self.tile and not self.decoderconfig:
            self.file = read_jpeg(self.stream, self.length, with_scans=True)
            if not self.file.scans:
                raise UsageError(f"{self.name} is damaged or cut off: it holds no pixels.")
            self.fp = self.stream_with_tail(b"")
            if not self.is_known_whole:
                self.notes += self.check_completeness()
                self.notes += notes_on_tail(self)
        return super().load()

    def stream_with_tail(self, tail: bytes) -> BinaryIO:
        """The file up to the end of its last scan, `tail`, and an end mark."""
        return patched_stream(self.stream, [FilePart(0, self.file.scans[-1].end), tail, END_MARK])

    def decode_again(self, tail: bytes, factor: int) -> NDArray[np.int16]:
        """The picture `factor` times smaller, 1 or 8, with a tail behind its data."""
        image = JpegImagePlugin.JpegImageFile(self.stream_with_tail(tail))
        image.draft(None, (-(-image.width // factor), -(-image.height // factor)))
        return np.asarray(image).astype(np.int16)

    def check_completeness(self) -> list[str]:
        """Sentences on what is missing without a loss of rows. Raises UsageError where rows are missing."""
        file = self.file
        is_coarse = not file.is_progressive or file.scans[-1].is_coarse
        is_whole = not is_coarse or self.check_rows()
        seen = {component for scan in file.scans if scan.is_coarse for component in scan.components}
        if missing := set(file.components) - seen:
            count = f"{len(missing)} of its {len(file.components)}"
            raise UsageError(f"{self.name} is damaged or cut off: {count} colour channels are missing.")
        if file.has_end and is_whole:
            return []
        if file.is_progressive and not (has_every_detail(file) and self.is_unchanged_by_noise()):
            return [f"{self.name} is cut off: every row is there, but not every detail; it is read as far as it goes."]
        return [f"{self.name} is cut off at its end; it is read as far as it goes."]

    def check_rows(self) -> bool:
        """Whether every block is there. Raises UsageError where more than the last one is missing."""
        differs = self.decode_again(b"", BLOCK_PX) != self.decode_again(NOISE, BLOCK_PX)
        differs = differs.reshape(*differs.shape[:2], -1).any(2)
        if not differs.any():
            return True
        down, across = (max(sampling[index] for sampling in self.layer) for index in (1, 2))
        rows, columns = differs.nonzero()
        if len(set(zip(rows // down, columns // across, strict=True))) > 1 or rows[-1] < differs.shape[0] - down:
            there = 100 * rows.min() // differs.shape[0]
            raise UsageError(f"{self.name} is damaged or cut off: {there} % of its rows are there, from the top.")
        return False

    def is_unchanged_by_noise(self) -> bool:
        """Whether the last scan is whole: what follows it changes no pixel."""
        return bool((self.decode_again(b"", 1) == self.decode_again(NOISE, 1)).all())


def has_every_detail(file: JpegFile) -> bool:
    """Whether the last bit of every coefficient of every component has a scan."""
    found = {component: set[int]() for component in file.components}
    for scan in file.scans:
        for component in scan.components:
            if scan.low_bit == 0 and component in found:
                found[component] |= set(range(scan.low, scan.high + 1))
    return all(len(coefficients) == BLOCK_PX**2 for coefficients in found.values())


def open_jpeg_image(stream: BinaryIO, name: str) -> JpegImage:
    """Opens a JPEG file; its pixels are decoded on demand. `stream` must stay open.

    Raises UsageError where it is a JPEG of a kind that is not read, and what Pillow raises where it is damaged.
    """
    length = stream_length(stream)
    file = read_jpeg(stream, length, with_scans=False)
    kind = OTHER_KINDS.get(file.frame_marker)
    if kind is None and file.frame_marker and file.precision != 8:
        kind = f"a JPEG of {file.precision} bits a channel"
    if kind is None and file.frame_marker and not file.height:
        kind = "a JPEG that states its height behind its pixels"
    if kind:
        raise UsageError(f"{name} is {kind}, which is not read: save it as an ordinary JPEG or as a PNG first.")
    stream.seek(0)
    image = JpegImage(patched_stream(stream, [FilePart(0, length)]))
    image.file, image.notes, image.name, image.stream, image.length = file, [], name, stream, length
    comments = file.contents(segments.COMMENT)
    if comments:
        image.info["comment"] = b"\n".join(comment.rstrip(b"\0") for comment in comments)
    if image.info.get("jfif_unit") == 0 and all(density := image.info.get("jfif_density", ())):
        image.info["aspect"] = density
    if image.info.get("icc_profile", b"") is None:
        image.notes.append(f"The colour profile of {name} is damaged and left out.")
    return image


def notes_on_tail(image: JpegImage) -> list[str]:
    """Sentences on pictures, videos and other data behind the end of the picture."""
    from gan_core.images.metadata import left_out
    from gan_core.images.xmp import GAIN_MAP, VIDEO

    notes = []
    tail_bytes = image.length - image.file.end if image.file.has_end else 0
    head = segments.read_at(image.stream, image.file.end, TAIL_BYTES) if tail_bytes else b""
    if image.file.contents(segments.APP2, GAIN_MAP_PREFIX) or any(word in head for word in GAIN_MAP_SIGNATURES):
        notes.append(left_out(image.name, GAIN_MAP))
    if any(signature in head for signature in VIDEO_SIGNATURES):
        notes.append(left_out(image.name, VIDEO))
    is_further_picture = head.startswith(START_MARK)  # the previews of cameras need no sentence
    if head.strip(b"\0") and not notes and not is_further_picture:
        notes.append(f"{image.name} holds data behind its end ({tail_bytes} bytes), which are left out.")
    return notes
