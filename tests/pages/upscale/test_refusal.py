"""A result that would be too large is refused with the scale that fits, by a button."""

from dataclasses import replace
from pathlib import Path

import pytest

from pages.ui.limits import LOCAL_LIMITS
from pages.upscale import refusal, request
from tests.pages.conftest import OpenPage
from tests.pages.queries import encode_noise, messages, metrics, press_button, run_until_finished, upload_image


@pytest.mark.parametrize(("max_pixels", "fits", "size"), [(2_000, "× 2", "40 × 24"), (400, "× 1.2", "24 × 14")])
def test_a_refusal_offers_the_scale_that_fits(
    open_page: OpenPage, with_upscalers: Path, monkeypatch: pytest.MonkeyPatch, max_pixels: int, fits: str, size: str
) -> None:
    monkeypatch.setattr(request, "current_limits", lambda: replace(LOCAL_LIMITS, result_pixels=max_pixels))
    app = upload_image(open_page("upscale", model="tiny-x4"), encode_noise())
    assert f"{fits} fits" in messages(app)[0]
    run_until_finished(press_button(app, f"Use {fits}"))
    assert not messages(app)
    assert metrics(app)["To"] == size


@pytest.mark.parametrize(
    ("largest", "option"), [(8.0, 4.0), (3.0, 3.0), (2.7, 2.0), (1.9, 1.9), (1.0, None), (0.4, None)]
)
def test_the_option_that_fits(largest: float, option: float | None) -> None:
    assert refusal.fitting_option(largest) == option


def test_a_picture_that_fits_at_no_scale_is_to_be_reduced(
    open_page: OpenPage, with_upscalers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "current_limits", lambda: replace(LOCAL_LIMITS, result_pixels=100))
    app = upload_image(open_page("upscale", model="tiny-x4"), encode_noise())
    assert "Reduce the picture first" in messages(app)[0]
    assert not [button for button in app.button if button.key == "use_scale"]
