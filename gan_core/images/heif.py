"""Opens HEIC and AVIF files of any origin as Pillow images, with what their boxes say and the decoders do not."""

from typing import Any, BinaryIO

from PIL import AvifImagePlugin, Image

from gan_core.images.iso_media import describe_image, find_boxes, list_parts, major_brand_for_decoder
from gan_core.images.metadata import left_out
from gan_core.images.streams import FilePart, patched_stream, stream_length

HEAD_BYTES = 4096
MAX_META_BYTES = 1 << 20  # of the box `meta` that are searched


def open_avif_image(stream: BinaryIO, name: str) -> Image.Image:
    """Opens an AVIF file; its pixels are decoded on demand. Raises what Pillow raises where it is damaged."""
    boxes, meta, known = examine(stream, "AVIF")
    image = AvifImagePlugin.AvifImageFile(known)
    image.info |= describe_image(meta)
    return with_notes(image, name, list_parts(boxes, meta))


def open_heic_image(stream: BinaryIO, name: str) -> Image.Image:
    """Opens a HEIC file; its pixels are decoded on demand. Raises what pillow_heif raises where it is damaged."""
    from pillow_heif import HeifImageFile  # 10 MB of decoders: imported only for files of phones

    boxes, meta, known = examine(stream, "HEIC")
    image = HeifImageFile(known)
    auxiliary = [str(kind) for kind in image.info.get("aux", {})]
    auxiliary += [":depth"] if image.info.get("depth_images") else []
    return with_notes(image, name, list_parts(boxes, meta, auxiliary))


def examine(stream: BinaryIO, format: str) -> tuple[list[bytes], bytes, BinaryIO]:
    """The kinds of a file's boxes, the content of `meta`, and the file with a major brand that its decoder knows."""
    length, head = stream_length(stream), stream.read(HEAD_BYTES)
    boxes = find_boxes(stream, length)
    kinds = [kind for kind, _, _ in boxes]
    meta = b""
    for kind, start, end in boxes:
        if kind == b"meta":
            stream.seek(start)
            meta = stream.read(min(end - start, MAX_META_BYTES))
            break
    brand = major_brand_for_decoder(head, format, kinds)
    return kinds, meta, patched_stream(stream, [head[:8], brand, FilePart(12, length)])


def with_notes(image: Any, name: str, parts: list[str]) -> Image.Image:
    """The image with `notes`, sentences on the parts of the file that are not read."""
    image.notes = [left_out(name, part) for part in parts]
    return image
