"""Actions on a page that runs without a browser, and queries of what it shows."""

import io
import re
import time
from typing import Any

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import TIMEOUT_S

# Actions --------------------------------------------------------------------------------------------------------------


def run_until_finished(app: AppTest) -> AppTest:
    """Rerun the page until no upscaling waits or runs; fails where the page raised an exception."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline and any(button.key == "stop" for button in app.button):
        app.run()
    assert not app.exception
    return app


def press_button(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def upload_image(app: AppTest, data: bytes, name: str = "mine.png") -> AppTest:
    app.file_uploader[0].upload(name, data)
    return run_until_finished(app.run())


def encode_noise(width: int = 20, height: int = 12, format: str = "PNG", mode: str = "RGB", **options: Any) -> bytes:
    """An image file of uniform noise."""
    noise = np.random.default_rng(0).integers(0, 256, (height, width, len(mode)), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise.squeeze(), mode).save(buffer, format, **options)
    return buffer.getvalue()


# Queries --------------------------------------------------------------------------------------------------------------


def gallery_markup(app: AppTest) -> list[str]:
    """The HTML of each gallery, animations left out."""
    return [element.value for element in app.html if "<img" in element.value and "atelier-moving" not in element.value]


def image_sources(app: AppTest) -> list[str]:
    """The `src` of each image in a gallery: the file itself as a data URL."""
    return re.findall(r'src="([^"]+)"', "".join(gallery_markup(app)))


def alt_texts(app: AppTest) -> list[str]:
    return re.findall(r'alt="([^"]*)"', "".join(gallery_markup(app)))


def messages(app: AppTest) -> list[str]:
    """All warnings, then infos, then errors."""
    return [element.value for kind in (app.warning, app.info, app.error) for element in kind]


def page_text(app: AppTest) -> str:
    """All Markdown, captions and messages, a line each."""
    return "\n".join([*(element.value for element in (*app.markdown, *app.caption)), *messages(app)])


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def slider_messages(app: AppTest) -> list[bytes]:
    """The messages that the before-and-after sliders of the page Upscale received."""
    protos = [element.proto for element in app.get("bidi_component")]
    return [proto.bytes for proto in protos if proto.component_name == "atelier_compare"]
