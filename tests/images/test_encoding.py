"""PNG files with metadata, and animations: everything written is read back."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from gan_core.errors import UsageError
from gan_core.images import encoding
from tests.images.image_files import encode_pillow

pytestmark = pytest.mark.core


def test_a_png_carries_metadata_in_any_script() -> None:
    metadata = {
        "model": "mnist-cgan",
        "seed": "7",
        "label": "Ünïcödé 数字 🎲",
        "link": "http://localhost/digits?digit=7&seed=7",
    }
    image = Image.new("L", (4, 4), 9)
    file = encoding.encode_png(image, metadata)
    assert encoding.read_png_metadata(file) == metadata
    assert np.array_equal(np.asarray(Image.open(BytesIO(file))), np.asarray(image))


def test_a_png_without_metadata_has_none() -> None:
    assert encoding.read_png_metadata(encoding.encode_png(Image.new("RGB", (4, 4)))) == {}


def test_an_animation_loops_forever_and_is_lossless() -> None:
    frames = [Image.new("RGB", (5, 4), (0, 0, 40 * index)) for index in range(4)]
    animation = Image.open(BytesIO(encoding.encode_animation(frames, frame_ms=80)))
    assert animation.format == "WEBP"
    assert animation.info["loop"] == 0
    assert animation.n_frames == 4  # type: ignore[attr-defined]
    for index, frame in enumerate(frames):
        animation.seek(index)
        assert np.array_equal(np.asarray(animation.convert("RGB")), np.asarray(frame))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_png_is_decoded_as_the_pixels_it_was_made_of(mode: str) -> None:
    image = Image.effect_noise((7, 5), 60).convert(mode)
    png = encoding.encode_png(image)
    assert encoding.open_png(png).tobytes() == image.tobytes()
    pixels = encoding.decode_png(png)
    assert pixels.shape == (5, 7, len(mode))
    assert pixels.tobytes() == image.tobytes()


def test_only_a_whole_png_is_decoded() -> None:
    png = encoding.encode_png(Image.effect_noise((90, 90), 60))
    for data in (b"", png[:20], png[: len(png) // 2], encode_pillow(Image.new("L", (4, 4)), "BMP")):
        with pytest.raises(OSError, match=r"cannot identify|[Tt]runcated"):
            encoding.decode_png(data)


def test_metadata_are_read_without_decoding_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    png = encoding.encode_png(Image.new("L", (40, 30)), {"seed": "7"})

    def decode(*_: Any) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    assert encoding.read_png_metadata(png) == {"seed": "7"}
    with pytest.raises(UsageError, match=r"mine\.png has .* at most 0\.001 are allowed"):
        encoding.read_png_metadata(png, "mine.png", max_pixels=1000)
    with pytest.raises(UsageError, match=r"mine\.jpg is a JPEG; only PNG files carry"):
        encoding.read_png_metadata(encode_pillow(Image.new("L", (4, 4)), "JPEG"), "mine.jpg")
