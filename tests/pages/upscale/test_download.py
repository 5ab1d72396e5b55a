"""The download of the page Upscale: formats and what they cannot store, and the metadata of a PNG."""

from pathlib import Path

import numpy as np

from gan_core.images.encoding import read_png_metadata
from gan_core.images.reading import DecodedImage, ImageMetadata
from gan_core.images.writing import encode_image
from pages.upscale import download
from tests.pages.conftest import OpenPage
from tests.pages.queries import encode_noise, upload_image


def test_the_popover_names_what_the_format_cannot_store(open_page: OpenPage, with_upscalers: Path) -> None:
    app = upload_image(open_page("upscale"), encode_noise(mode="RGBA"))
    assert not any("transparency" in caption.value for caption in app.caption)
    next(group for group in app.button_group if group.key == "format").set_value("JPEG").run()
    assert any("JPEG has no transparency" in caption.value for caption in app.caption)
    assert app.slider(key="quality").value == 92


def test_a_png_carries_its_link_beside_the_text_chunks_of_the_source(tmp_path: Path) -> None:
    image = DecodedImage(
        np.zeros((4, 4, 3), np.uint8), metadata=ImageMetadata(text_chunks={"Author": "me", "link": "old"})
    )
    with_metadata = download.with_png_metadata(image, {"link": "https://a.example/upscale?model=tiny-x4"}, "PNG")
    metadata = read_png_metadata(encode_image(with_metadata, "PNG", 90)[0])
    assert metadata == {"Author": "me", "link": "https://a.example/upscale?model=tiny-x4"}
    assert download.with_png_metadata(image, {"link": "x"}, "JPEG") is image
