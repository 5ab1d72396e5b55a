"""Small real picture files of every kind that Pillow, pillow_heif and tifffile write."""

import io
import struct
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import tifffile
from PIL import Image, PngImagePlugin

from tests.images.image_files import SRGB, XMP, build_png, encode_pillow, gradient_image, sample_exif

MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I", "I;16", "F")
OPTIONS: dict[str, tuple[dict[str, Any], ...]] = {  # of Pillow's writers, besides none
    "PNG": ({"icc_profile": SRGB}, {"transparency": 3}, {"dpi": (300, 300)}),
    "JPEG": ({"quality": 90, "progressive": True}, {"icc_profile": SRGB, "comment": b"a comment"}, {"xmp": XMP}),
    "WEBP": ({"lossless": True}, {"icc_profile": SRGB, "xmp": XMP}, {"quality": 20}),
    "TIFF": tuple({"compression": name} for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group4")),
    "GIF": ({"transparency": 0}, {"comment": b"a comment"}),
    "AVIF": ({"quality": 90},),
    "ICO": (), "BMP": (), "JPEG2000": (), "PPM": (), "TGA": (), "PCX": (), "DDS": (), "SGI": (), "ICNS": (), "QOI": (),
}  # fmt: skip
ANIMATED = ("PNG", "GIF", "WEBP", "TIFF", "AVIF")


@cache
def all_pictures() -> tuple[bytes, ...]:
    """Each file once, in a fixed order."""
    makers = (by_pillow, animated, with_metadata, by_tifffile, by_pillow_heif, by_hand, large)
    return tuple(dict.fromkeys(data for make in makers for data in make()))


@cache
def readable_pictures() -> tuple[bytes, ...]:
    """Those of the common formats alone, that a data set may hold."""
    heads = (b"\x89PNG", b"\xff\xd8", b"RIFF", b"GIF8", b"BM", b"II", b"MM")
    slow = tuple(large())  # each of several readings takes a second
    return tuple(data for data in all_pictures() if data.startswith(heads) and len(data) < 5000 and data not in slow)


def attempt(write: Callable[[], bytes]) -> Iterator[bytes]:
    """The file, or nothing where the writer has no such kind."""
    try:
        yield write()
    except (OSError, ValueError, KeyError, RuntimeError, SystemError, TypeError, ImportError, struct.error):
        return


def by_pillow() -> Iterator[bytes]:
    Image.init()
    for format, options in OPTIONS.items():
        for mode in MODES:
            image = in_mode(mode)
            for option in ({}, *options):
                yield from attempt(lambda: encode_pillow(image, format, **option))  # noqa: B023


def in_mode(mode: str) -> Image.Image:
    image = gradient_image(20, 12)
    if mode == "I;16":
        return Image.fromarray(np.linspace(0, 65_535, 240).reshape(12, 20).astype(np.uint16))
    if mode in ("LAB",):
        return Image.merge("LAB", image.split())
    return image.convert("RGBA").convert(mode) if mode == "LA" else image.convert(mode)


def animated() -> Iterator[bytes]:
    frames = [gradient_image(20, 12).rotate(90 * turn) for turn in range(3)]
    for format in ANIMATED:
        for options in ({}, {"duration": [20, 0, 70], "loop": 2}):
            save = {"save_all": True, "append_images": frames[1:], **options}
            yield from attempt(lambda: encode_pillow(frames[0], format, **save))  # noqa: B023


def with_metadata() -> Iterator[bytes]:
    for orientation in (1, 3, 6, 8):
        for format in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF"):
            exif = sample_exif(orientation)
            yield from attempt(lambda: encode_pillow(gradient_image(), format, exif=exif))  # noqa: B023
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("parameters", "a cat\nSteps: 20, Seed: 1")
    chunks.add_text("Software", "x" * 3000, zip=True)
    chunks.add_itxt("Title", "Ünïcode", "de", "Titel")
    chunks.add(b"gAMA", struct.pack(">I", 45_455))
    chunks.add(b"cHRM", struct.pack(">8I", 31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6000))
    chunks.add(b"cICP", bytes((9, 16, 0, 1)))
    yield encode_pillow(gradient_image(), "PNG", pnginfo=chunks)


def by_tifffile() -> Iterator[bytes]:
    rng = np.random.default_rng(0)
    for kind in ("uint8", "uint16", "int16", "uint32", "int32", "float16", "float32", "float64", "bool"):
        for shape in ((12, 20), (12, 20, 3), (12, 20, 4), (3, 12, 20), (3, 12, 20, 3)):
            values = (rng.random(shape) * (250 if kind.endswith(("t8", "16", "32")) else 1)).astype(kind)
            for options in ({}, {"compression": "zlib"}, {"tile": (16, 16)}, {"planarconfig": "separate"}):
                yield from attempt(lambda: write_tiff(values, **options))  # noqa: B023
    values = (rng.random((12, 20, 3)) * 60_000).astype("uint16")
    for options in ({"bigtiff": True}, {"byteorder": ">"}, {"predictor": True, "compression": "zlib"}):
        yield from attempt(lambda: write_tiff(values, **options))  # noqa: B023
    for compression in ("lzma", "zstd", "webp", "jpeg", "jpegxl", "packbits", "lzw", "lerc", "deflate"):
        yield from attempt(lambda: write_tiff(values.astype("uint8"), compression=compression))  # noqa: B023


def write_tiff(values: np.ndarray, **options: Any) -> bytes:
    stream = io.BytesIO()
    header = {key: options.pop(key) for key in ("bigtiff", "byteorder") if key in options}
    with warnings.catch_warnings(), tifffile.TiffWriter(stream, **header) as writer:
        warnings.simplefilter("ignore")  # of forms that later versions of tifffile will write otherwise
        writer.write(values, metadata=None, **options)
    return stream.getvalue()


def by_pillow_heif() -> Iterator[bytes]:
    for mode in ("L", "RGB", "RGBA"):
        for options in ({}, {"exif": sample_exif(6).tobytes()}, {"xmp": XMP}):
            yield from attempt(lambda: write_heif([in_mode(mode)], **options))  # noqa: B023
    yield from attempt(lambda: write_heif([in_mode("RGB"), in_mode("L")]))
    deep = (np.random.default_rng(0).random((12, 20, 3)) * 65_535).astype(np.uint16)
    yield from attempt(lambda: write_heif_from(deep))


def write_heif(images: list[Image.Image], **options: Any) -> bytes:
    stream, file = io.BytesIO(), pillow_heif.HeifFile()
    for image in images:
        file.add_from_pillow(image)
    file.save(stream, quality=50, **options)
    return stream.getvalue()


def write_heif_from(deep: np.ndarray) -> bytes:
    stream = io.BytesIO()
    pillow_heif.from_bytes(mode="RGB;16", size=(20, 12), data=deep.tobytes()).save(stream, quality=50)
    return stream.getvalue()


def by_hand() -> Iterator[bytes]:
    """What no writer makes: PNGs of every depth and huge sizes, BMPs with every header."""
    for kind, channels in ((0, 1), (2, 3), (3, 1), (4, 2), (6, 4)):
        for depth in (1, 2, 4, 8, 16):
            row = b"\0" + bytes(range(256)) * 2
            palette = (b"PLTE", bytes(range(48))) if kind == 3 else (b"tRNS", b"\0\1" * (3 if kind == 2 else 1))
            length = 1 + (20 * depth * channels + 7) // 8
            yield build_png(20, 12, depth, kind, row[:length] * 12, palette)
    for side in (10_001, 65_535, 2**31 - 1):
        yield build_png(side, side, 8, 2, b"\0" * 1000)
    for header in (12, 40, 52, 56, 64, 108, 124):
        for depth in (1, 4, 8, 16, 24, 32):
            for compression in (0, 1, 3):
                yield build_bmp(header, depth, compression)


def large() -> Iterator[bytes]:
    """As large as is read, and cut off."""
    yield build_png(9900, 9900, 8, 6, b"\0" * (1 + 9900 * 4) * 40)


def build_bmp(header: int, depth: int, compression: int) -> bytes:
    size = struct.pack("<HH", 20, 12) if header == 12 else struct.pack("<ii", 20, 12)
    info = struct.pack("<I", header) + size + struct.pack("<HH", 1, depth)
    info += struct.pack("<IIiiII", compression, 0, 2835, 2835, 0, 0) if header > 12 else b""
    info += struct.pack("<IIII", 0xF800, 0x07E0, 0x001F, 0) if header >= 52 or compression == 3 else b""
    info = info.ljust(header, b"\0")
    palette = bytes(range(256)) * 4 if depth <= 8 else b""
    pixels = bytes(range(240)) * 5
    offset = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + info + palette + pixels


def real_files() -> tuple[bytes, ...]:
    """Pictures of the app itself: photos, and drawings by an encoder of its own."""
    root = Path(__file__).resolve().parents[2] / "pages"
    return tuple(file.read_bytes() for file in sorted(root.rglob("*.png")) if file.stat().st_size < 200_000)
