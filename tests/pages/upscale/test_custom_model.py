"""Models that a visitor adds on the page Upscale: weights files, and models of the Hub."""

import io
from pathlib import Path

import pytest

from tests import small_upscalers
from tests.hub.server import Hub
from tests.imported_models import TutorialDCGAN, save_to_bytes
from tests.pages.conftest import OpenPage
from tests.pages.queries import encode_noise, messages, metrics, run_until_finished, slider_messages


def weights_file() -> bytes:
    torch = pytest.importorskip("torch")
    buffer = io.BytesIO()
    torch.save({"params": small_upscalers.compact_network().state_dict()}, buffer)
    return buffer.getvalue()


def test_an_uploaded_model_is_available_in_its_session_only_and_its_licence_is_unknown(
    open_page: OpenPage, with_upscalers: Path
) -> None:
    app = open_page("upscale")
    app.file_uploader(key="weights_file").upload("mine <b>.pth", weights_file())
    run_until_finished(app.run())
    assert app.selectbox(key="model").value == "mine-b-"
    assert any("Compact" in caption.value and "Licence unknown" in caption.value for caption in app.caption)
    assert metrics(app)["To"] == "376 × 248"
    assert "mine-b-" not in open_page("upscale").selectbox(key="model").options


def test_the_content_of_a_file_decides_and_what_was_taken_is_said(open_page: OpenPage, with_upscalers: Path) -> None:
    state = small_upscalers.compact_network().state_dict()
    app = open_page("upscale")
    app.file_uploader(key="weights_file").upload("mine.onnx", save_to_bytes({"G": state, "G_ema": state}))
    run_until_finished(app.run())
    assert not app.error
    assert any("G_ema, the moving average of the weights" in caption.value for caption in app.caption)


def test_without_any_model_the_page_still_accepts_an_upload(open_page: OpenPage, no_models: Path) -> None:
    app = open_page("upscale")
    assert not app.exception
    assert "No model can enlarge pictures yet" in [subheader.value for subheader in app.subheader]
    app.file_uploader(key="weights_file").upload("mine.pth", weights_file())
    assert metrics(run_until_finished(app.run()))["To"] == "376 × 248"


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("net.onnx", b"\x08\x08\x12\x07pytorch" + bytes(99), "in the form of ONNX"),
        ("cat.png", encode_noise(), "not a weights file"),
        ("mine.pth", b"not weights at all", "cannot be read as weights"),
        ("mine.safetensors", b"", "an empty file"),
    ],
)
def test_a_file_that_is_no_model_shows_an_error_message(
    open_page: OpenPage, with_upscalers: Path, name: str, data: bytes, sentence: str
) -> None:
    app = open_page("upscale")
    app.file_uploader(key="weights_file").upload(name, data)
    run_until_finished(app.run())
    assert sentence in app.error[0].value
    assert len(slider_messages(app)) == 1


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("hub:me/nothing", "no model me/nothing on the Hub"),
        ("owner/name", "no model owner/name on the Hub"),
        ("/etc/passwd", "hub:OWN"),
    ],
)
def test_an_invalid_hub_reference_shows_an_error_without_paths_of_the_machine(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, reference: str, sentence: str
) -> None:
    app = open_page("upscale")
    app.text_input(key="upscale_hub_reference").set_value(reference).run()
    assert sentence in app.error[0].value
    assert "/etc" not in app.error[0].value


def test_a_model_on_the_hub_is_previewed_fetched_and_used(open_page: OpenPage, with_upscalers: Path, hub: Hub) -> None:
    commit = hub.add("me/sr", {"x.pth": weights_file()}, licence="cc-by-nc-4.0")
    app = open_page("upscale")
    app.text_input(key="upscale_hub_reference").set_value("hub:me/sr").run()
    assert any("not for commercial use" in sentence for sentence in messages(app))
    assert not hub.requests_for("x.pth")
    app.button(key="upscale_hub_fetch").click()
    app = run_until_finished(app.run())
    name = f"me--sr@{commit[:7]}"
    assert app.selectbox(key="model").value == name
    assert any("Licence: cc-by-nc-4.0" in caption.value for caption in app.caption)
    assert metrics(app)["To"] == "376 × 248"
    assert f"Another project's network, × 2 ({name})" in open_page("upscale").selectbox(key="model").options


def test_a_fetched_generator_is_referred_to_the_page_samples(
    open_page: OpenPage, with_upscalers: Path, hub: Hub
) -> None:
    hub.add("me/faces", {"g.pth": save_to_bytes(TutorialDCGAN().state_dict())})
    app = open_page("upscale")
    app.text_input(key="upscale_hub_reference").set_value("hub:me/faces").run()
    app.button(key="upscale_hub_fetch").click().run()
    assert any("is on the page Samples now" in sentence for sentence in messages(app))


def test_damaged_weights_show_an_error_and_the_other_model_still_works(
    open_page: OpenPage, with_upscalers: Path
) -> None:
    (with_upscalers / "tiny-x2" / "model.safetensors").write_bytes(b"torn")
    app = open_page("upscale")
    assert not app.exception
    assert "cannot be read as safetensors" in app.error[0].value
    app.selectbox(key="model").select("tiny-x4").run()
    assert metrics(run_until_finished(app))["To"] == "752 × 496"
