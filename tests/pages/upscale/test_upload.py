"""The source image of the page Upscale: samples and uploads, what is refused, and notes on the image."""

from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import DeletedFile

from gan_core.errors import UsageError
from pages.ui import uploads
from pages.ui.limits import LOCAL_LIMITS
from pages.upscale import upload
from tests.pages.conftest import OpenPage
from tests.pages.queries import encode_noise, messages, metrics, run_until_finished, slider_messages, upload_image


def test_the_page_opens_with_an_enlarged_sample(open_page: OpenPage, with_upscalers: Path) -> None:
    app = run_until_finished(open_page("upscale", model="tiny-x4"))
    assert not messages(app)
    assert (metrics(app)["From"], metrics(app)["To"]) == ("188 × 124", "752 × 496")
    (slider,) = slider_messages(app)
    assert b"The picture at 752 \\u00d7 496 pixels, enlarged by tiny-x4" in slider
    assert b"enlarged by bicubic interpolation" in slider


def test_an_upload_replaces_the_sample_and_a_sample_the_upload(open_page: OpenPage, with_upscalers: Path) -> None:
    app = upload_image(open_page("upscale", model="tiny-x4"), encode_noise())
    assert metrics(app)["To"] == "80 × 48"
    assert app.session_state["sample"] is None
    app.session_state["sample"] = None
    app.button_group[0].set_value("sails").run()
    assert metrics(run_until_finished(app))["From"] == "124 × 188"


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("notes.png", b"These are no pixels.\n" * 20, "is text, not a readable image"),
        ("torn.png", encode_noise(200, 200)[:5000], "damaged or cut off"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "an SVG drawing"),
        ("empty.png", b"", "an empty file"),
        ("paper.pdf", b"%PDF-1.7\n" + b"x" * 100, "a PDF document"),
    ],
)
def test_a_file_that_is_no_image_shows_one_error_and_a_working_page(
    open_page: OpenPage, with_upscalers: Path, name: str, data: bytes, sentence: str
) -> None:
    app = upload_image(open_page("upscale"), data, name)
    assert len(messages(app)) == 1
    assert sentence in messages(app)[0]
    assert messages(app)[0].startswith("Your picture ")
    assert metrics(upload_image(app, encode_noise()))["From"] == "20 × 12"


def test_an_upload_that_was_lost_with_its_server_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {upload.uploader_key(): DeletedFile("lost"), "sample": None})
    with pytest.raises(UsageError, match="please give it again"):
        upload.source_image(benchmark=False)


def test_an_image_with_too_many_pixels_is_refused_before_it_is_decoded(
    open_page: OpenPage, with_upscalers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = run_until_finished(open_page("upscale"))
    data, decoded = encode_noise(), []
    monkeypatch.setattr(upload, "current_limits", lambda: replace(LOCAL_LIMITS, upload_pixels=100))
    monkeypatch.setattr(Image.Image, "load", lambda self: decoded.append(self))
    assert "megapixels" in messages(upload_image(app, data))[0]
    assert not decoded


def test_a_file_with_too_many_bytes_is_refused_on_the_server(
    open_page: OpenPage, with_upscalers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "current_limits", lambda: replace(LOCAL_LIMITS, upload_megabytes=1))
    assert "at most 1 MB" in messages(upload_image(open_page("upscale"), encode_noise(800, 500)))[0]


def test_notes_on_the_image_are_shown(open_page: OpenPage, with_upscalers: Path) -> None:
    app = upload_image(open_page("upscale"), encode_noise(mode="CMYK", format="JPEG"), "inks.jpg")
    assert any("CMYK without a usable profile" in caption.value for caption in app.caption)


def test_notes_name_the_picture_with_a_small_letter_within_a_sentence() -> None:
    assert upload.as_sentence("The video of Your picture is left out.") == "The video of your picture is left out."
    assert upload.as_sentence("Your picture is animated.") == "Your picture is animated."
