"""The model by the picture: preselected, told why, and never before the visitor's own choice or a link's."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from gan_core.data.benchmarks import DEGRADED_BENCHMARKS
from gan_core.upscaling import DEFAULT_UPSCALER
from tests import small_upscalers
from tests.pages.conftest import OpenPage
from tests.pages.queries import metrics, press_button, run_until_finished, upload_image

FAITHFUL = {"name": "restoration", "adversarial": 0.0, "feature": 0.0}


@pytest.fixture
def measured_upscalers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The default upscaler, which spoils degraded pictures, and a faithful one, which gains on weak degradations."""
    for name, objective, weak in ((DEFAULT_UPSCALER, {}, -0.05), ("faithful", FAITHFUL, 0.03)):
        folder = small_upscalers.make_upscaler_checkpoint(tmp_path, name).folder
        scores = {
            key: {"ssim": 0.6 + (weak if kind == "jpeg" and strength >= 75 else -0.01), "bicubic": {"ssim": 0.6}}
            for key, (kind, strength) in DEGRADED_BENCHMARKS.items()
        }
        config = json.loads((folder / "config.json").read_text())
        config["objective"] |= objective
        (folder / "config.json").write_text(json.dumps(config | {"scores": {"benchmarks": scores}}))
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path))
    return tmp_path


def jpeg(quality: int) -> bytes:
    buffer = BytesIO()
    Image.linear_gradient("L").resize((40, 40)).convert("RGB").save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def advice(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def test_a_jpeg_selects_the_model_that_gains_and_says_why(open_page: OpenPage, measured_upscalers: Path) -> None:
    app = run_until_finished(open_page("upscale"))
    assert app.selectbox(key="model").value == DEFAULT_UPSCALER
    upload_image(app, jpeg(90), "phone.jpg")
    assert app.selectbox(key="model").value == "faithful"
    assert "JPEG of quality about 90: of the networks here, faithful comes nearest" in advice(app)
    assert "model" not in app.query_params


def test_where_nothing_is_gained_the_page_says_so_and_offers_a_network_for_it(
    open_page: OpenPage, measured_upscalers: Path
) -> None:
    app = upload_image(open_page("upscale"), jpeg(40), "phone.jpg")
    assert "no network here gains anything over bicubic interpolation" in advice(app)
    assert [button.label for button in app.button if button.key == "offer_restorer"]


def test_the_visitors_own_choice_stays_until_it_is_taken_back(open_page: OpenPage, measured_upscalers: Path) -> None:
    app = run_until_finished(open_page("upscale"))
    app.selectbox(key="model").select(DEFAULT_UPSCALER).run()
    upload_image(app, jpeg(90), "phone.jpg")
    app.selectbox(key="model").select(DEFAULT_UPSCALER)
    run_until_finished(app.run())
    assert app.selectbox(key="model").value == DEFAULT_UPSCALER
    assert app.query_params["model"] in (DEFAULT_UPSCALER, [DEFAULT_UPSCALER])
    upload_image(app, jpeg(80), "another.jpg")
    assert app.selectbox(key="model").value == DEFAULT_UPSCALER
    run_until_finished(press_button(app, "Use faithful"))
    assert app.selectbox(key="model").value == "faithful"
    assert "model" not in app.query_params


def test_the_model_of_a_link_goes_before_the_picture(open_page: OpenPage, measured_upscalers: Path) -> None:
    app = upload_image(open_page("upscale", model=DEFAULT_UPSCALER), jpeg(90), "phone.jpg")
    assert app.selectbox(key="model").value == DEFAULT_UPSCALER


def test_models_are_told_by_what_they_are_for(open_page: OpenPage, measured_upscalers: Path) -> None:
    app = run_until_finished(open_page("upscale"))
    assert set(app.selectbox(key="model").options) == {
        f"Clean originals, × 4 ({DEFAULT_UPSCALER})", "Faithful, invents nothing, × 4 (faithful)",
    }  # fmt: skip
    assert "parameters" not in advice(app)


def test_measuring_quality_takes_no_advice_from_the_compression(open_page: OpenPage, measured_upscalers: Path) -> None:
    app = open_page("upscale", proof="true")
    assert app.selectbox(key="model").value == DEFAULT_UPSCALER
    assert "JPEG" not in advice(upload_image(app, jpeg(90), "phone.jpg"))
    assert not metrics(app)  # 40 pixels are too few to be measured
