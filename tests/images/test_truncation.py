"""Files of every format that are cut off: read with a note where no row is missing, else refused."""

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from gan_core.errors import UsageError
from gan_core.images.reading import read_image
from tests.images.image_files import encode_pillow
from tests.images.jpeg.test_image import smooth_noise

pillow_heif.register_heif_opener()
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def translucent() -> Image.Image:
    image = smooth_noise().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


FILES = {
    "GIF": encode_pillow(smooth_noise(), "GIF"),
    "WebP": encode_pillow(smooth_noise(), "WEBP", quality=90),
    "WebP, lossless": encode_pillow(smooth_noise(), "WEBP", lossless=True),
    "WebP with alpha": encode_pillow(translucent(), "WEBP", quality=90),
    "WebP with XMP": encode_pillow(smooth_noise(), "WEBP", quality=90, xmp=XMP),
    "PNG": encode_pillow(smooth_noise(), "PNG"),
    "JPEG": encode_pillow(smooth_noise(), "JPEG"),
    "BMP": encode_pillow(smooth_noise(), "BMP"),
    "TIFF": encode_pillow(smooth_noise(), "TIFF"),
    "HEIC": encode_pillow(smooth_noise(), "HEIF"),
    "AVIF": encode_pillow(smooth_noise(), "AVIF"),
}
HARMLESS_CUTS = {
    "GIF": (1, 2),
    "WebP": (1,),
    "WebP with alpha": (1,),
    "WebP with XMP": (1, 20),
    "PNG": (1, 12),
    "JPEG": (1, 2),
}


@pytest.mark.parametrize(("kind", "cut"), [(kind, cut) for kind, cuts in HARMLESS_CUTS.items() for cut in cuts])
def test_a_file_that_lacks_no_row_is_read_with_a_note(kind: str, cut: int) -> None:
    whole, image = read_image(FILES[kind]), read_image(FILES[kind][:-cut], "a")
    assert np.array_equal(image.pixels, whole.pixels)
    assert len(image.notes) == 1
    assert image.notes[0].startswith("a is cut off ")


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("share", [0.15, 0.5, 0.85])
def test_a_file_that_lacks_rows_is_refused(kind: str, share: float) -> None:
    data = FILES[kind]
    with pytest.raises(UsageError, match=r"a .*damaged or cut off") as caught:
        read_image(data[: int(len(data) * share)], "a")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("tail", [bytes(10), b"garbage" * 100], ids=["zeros", "text"])
def test_what_follows_a_file_changes_no_pixel(kind: str, tail: bytes) -> None:
    assert np.array_equal(read_image(FILES[kind] + tail).pixels, read_image(FILES[kind]).pixels)


@pytest.mark.parametrize("size", [0, 10, 2**32 - 10])
@pytest.mark.parametrize("kind", [kind for kind in FILES if kind.startswith("WebP")])
def test_a_wrong_length_of_a_webp_is_no_loss(kind: str, size: int) -> None:
    data = FILES[kind]
    image = read_image(data[:4] + size.to_bytes(4, "little") + data[8:], "a")
    assert np.array_equal(image.pixels, read_image(data).pixels)
    assert image.notes == ("a is cut off or damaged at its end; it is read as far as it goes.",)


def test_metadata_that_are_cut_off_are_left_out_of_a_webp() -> None:
    image = read_image(FILES["WebP with XMP"][:-20], "a")
    assert image.metadata.xmp is None


def test_the_rows_that_a_webp_holds_are_told() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 64, 3), dtype=np.uint8))
    data = encode_pillow(noise, "WEBP", quality=60)
    with pytest.raises(UsageError, match=r"% of its (rows|data) are there"):
        read_image(data[: len(data) // 2], "a")


@pytest.mark.parametrize(
    "format", ["PNG", "JPEG", "JPEG with restarts", "WebP", "WebP, lossless", "GIF", "HEIC", "AVIF"]
)
def test_zeros_in_place_of_the_rest_of_a_file_are_not_taken_for_pixels(format: str) -> None:
    image = smooth_noise().resize((400, 300)).effect_spread(9)
    options = {
        "JPEG with restarts": {"restart_marker_rows": 1}, "WebP, lossless": {"lossless": True},
        "HEIC": {"quality": 95}, "AVIF": {"quality": 95},
    }  # fmt: skip
    kind = {"JPEG with restarts": "JPEG", "WebP, lossless": "WEBP", "WebP": "WEBP", "HEIC": "HEIF"}.get(format, format)
    data = encode_pillow(image, kind, **options.get(format, {}))
    held = len(data) // 3
    with pytest.raises(UsageError, match="cut off"):
        read_image(data[:held] + bytes(len(data) - held), "x")
    if kind in ("PNG", "JPEG", "GIF", "WEBP"):
        assert np.array_equal(read_image(data + bytes(5000), "x").pixels, read_image(data, "x").pixels)
