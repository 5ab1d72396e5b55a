"""The page Upscale: scales, measured quality, and links with values that it does not accept."""

from pathlib import Path

import pytest

from tests import small_upscalers
from tests.pages.conftest import OpenPage
from tests.pages.queries import encode_noise, messages, metrics, run_until_finished, slider_messages, upload_image

# Scale ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "size"),
    [({}, "40 × 24"), ({"scale": "3"}, "60 × 36"), ({"scale": "other", "times": "1.5"}, "30 × 18")],
)
def test_the_result_has_the_chosen_scale(
    open_page: OpenPage, with_upscalers: Path, query: dict[str, str], size: str
) -> None:
    app = upload_image(open_page("upscale", model="tiny-x2", **query), encode_noise())
    assert metrics(app)["To"] == size


# Quality -------------------------------------------------------------------------------------------------------------


def test_quality_is_measured_for_bicubic_and_every_model_of_the_same_scale(
    open_page: OpenPage, with_upscalers: Path
) -> None:
    small_upscalers.make_upscaler_checkpoint(with_upscalers, "other-x4", features=4)
    app = upload_image(open_page("upscale", model="tiny-x4"), encode_noise(90, 70, mode="L"))
    run_until_finished(app.toggle(key="proof").set_value(True).run())
    assert (metrics(app)["Downscaled to"], metrics(app)["Restored to"]) == ("22 × 17", "88 × 68")
    table = app.table[0].value
    assert table.iloc[:, 0].tolist() == ["Bicubic", "tiny-x4", "other-x4"]
    assert all(float(value) > 0 for value in table["PSNR (dB)"])
    assert b'"title": "Original"' in slider_messages(app)[0]


def test_quality_cannot_be_measured_on_a_tiny_image(open_page: OpenPage, with_upscalers: Path) -> None:
    app = upload_image(open_page("upscale"), encode_noise(20, 12)).toggle(key="proof").set_value(True).run()
    assert "at least 64 pixels a side" in messages(app)[0]


# Links ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("model", "nope", "must be one of tiny-x2, tiny-x4"),
        ("model", "tiny-dcgan", "must be one of tiny-x2, tiny-x4"),
        ("sample", "<b>x</b>", "must be one of"),
        ("scale", "17", "must be one of"),
        ("times", "nan", "from 1 to 8"),
        ("proof", "perhaps", "one of true, false"),
        ("weights", "<script>", "8 hexadecimal digits"),
    ],
)
def test_an_invalid_parameter_shows_one_warning_and_a_working_page(
    open_page: OpenPage, with_upscalers: Path, name: str, value: str, sentence: str
) -> None:
    app = run_until_finished(open_page("upscale", **{name: value}))
    assert len(messages(app)) == 1
    assert sentence in messages(app)[0]
    assert "<" not in messages(app)[0]
    assert len(slider_messages(app)) == 1


def test_the_shared_link_holds_the_settings_and_no_upload(open_page: OpenPage, with_upscalers: Path) -> None:
    app = run_until_finished(open_page("upscale", model="tiny-x4", scale="3", sample="sails"))
    assert "model=tiny-x4&sample=sails&scale=3&weights=" in app.code[0].value
    assert "sample" not in upload_image(app, encode_noise()).code[0].value
