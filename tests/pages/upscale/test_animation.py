"""An animated picture on the page Upscale: enlarged whole, or its first frame alone."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pages.ui.limits import HOSTED_VARIABLE
from pages.upscale import jobs
from pages.upscale.request import UpscaleRequest, UpscaleResult
from tests.images.animation.animated_files import make_apng
from tests.images.animation.test_frames import encode_frames, moving_square
from tests.pages.conftest import OpenPage
from tests.pages.queries import messages, metrics, run_until_finished, slider_messages, upload_image

TIMES = [40, 70, 200, 10, 100, 250]


def slider_header(app: Any) -> dict[str, Any]:
    message = slider_messages(app)[0]
    return json.loads(message[4 : 4 + int.from_bytes(message[:4], "little")])


def result_of(app: Any) -> UpscaleResult:
    return app.session_state[jobs.JOB_KEY].result


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_enlarged_whole_and_keeps_its_kind(
    format: str, open_page: OpenPage, with_upscalers: Path
) -> None:
    data = encode_frames(moving_square(), format, duration=TIMES, loop=0)
    app = upload_image(open_page("upscale", model="tiny-x2"), data, "anim.bin")
    assert not messages(app)
    assert (metrics(app)["To"], metrics(app)["Frames"]) == ("48 × 32", "6")
    header, mime = slider_header(app), f"image/{format.lower()}"
    assert (header["before"]["title"], header["after"]["type"]) == ("Original", mime)
    with Image.open(BytesIO(result_of(app).after.data)) as image:
        assert (image.format, image.size, getattr(image, "n_frames", 1)) == (format, (48, 32), 6)
    assert not any("the first is used" in caption.value for caption in app.caption)
    assert not [group for group in app.button_group if group.key == "format"]  # the download is of one kind


def test_the_first_frame_alone_can_be_chosen(open_page: OpenPage, with_upscalers: Path) -> None:
    data = encode_frames(moving_square(), "GIF", duration=TIMES)
    app = upload_image(open_page("upscale", model="tiny-x2"), data, "anim.gif")
    assert app.toggle(key="all_frames").label == "All 6 frames"
    app = run_until_finished(app.toggle(key="all_frames").set_value(False).run())
    assert "Frames" not in metrics(app)
    assert metrics(app)["To"] == "48 × 32"
    assert slider_header(app)["after"]["type"] == "image/png"


def test_a_still_picture_has_no_such_choice(open_page: OpenPage, with_upscalers: Path) -> None:
    data = encode_frames(moving_square(1), "GIF")
    app = upload_image(open_page("upscale", model="tiny-x2"), data, "still.gif")
    assert not [toggle for toggle in app.toggle if toggle.key == "all_frames"]
    assert "Frames" not in metrics(app)


def test_what_the_format_cannot_hold_is_said(open_page: OpenPage, with_upscalers: Path) -> None:
    data = encode_frames([frame.convert("RGB") for frame in moving_square()], "GIF", duration=TIMES)
    app = upload_image(open_page("upscale", model="tiny-x2"), data, "anim.gif")
    assert any("GIF holds 256 colours" in caption.value for caption in app.caption)


def test_the_time_to_expect_counts_every_frame(
    open_page: OpenPage, with_upscalers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[UpscaleRequest] = []
    original = UpscaleRequest.validate
    monkeypatch.setattr(UpscaleRequest, "validate", lambda self: (asked.append(self), original(self))[1])
    app = upload_image(open_page("upscale", model="tiny-x2"), make_apng(0).data, "anim.png")
    whole = asked[-1].predicted_seconds()
    run_until_finished(app.toggle(key="all_frames").set_value(False).run())
    assert whole[0] == pytest.approx(6 * asked[-1].predicted_seconds()[0], rel=0.5)


def test_a_result_that_the_format_cannot_hold_is_refused_before_the_work(
    open_page: OpenPage, with_upscalers: Path
) -> None:
    frames = [Image.new("RGB", (5000, 4), (100 * number, 0, 0)) for number in range(2)]
    app = upload_image(open_page("upscale", model="tiny-x4"), encode_frames(frames, "WEBP", duration=50), "long.webp")
    assert "WebP allows at most 16383 pixels a side" in messages(app)[0]


def test_too_many_frames_for_a_host_are_refused_with_a_scale_that_fits(
    open_page: OpenPage, with_upscalers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOSTED_VARIABLE, "1")
    frames = [Image.new("RGB", (600, 500), (number, 0, 0)) for number in range(70)]
    app = upload_image(open_page("upscale", model="tiny-x4"), encode_frames(frames, "GIF", duration=50), "long.gif")
    assert "70 frames would become 336 megapixels in all" in messages(app)[0]
    assert app.button(key="use_scale").label == "Use × 1.9"
