"""Upscale without a browser: what goes in, what comes out, what is asked first, and what a link can get wrong."""

import io
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from gan_core.images.reading import DecodedImage, ImageMetadata
from gan_core.images.tensors import read_png_metadata
from gan_core.images.writing import encode_image
from gan_core.upscaling.pipeline import Progress
from pages.ui import uploads
from pages.ui.limits import LOCAL_LIMITS
from pages.upscale import panel, upload
from pages.upscale.request import UpscaleRequest
from tests import small_upscalers
from tests.hub.server import Hub
from tests.imported_models import TutorialDCGAN, save_to_bytes
from tests.pages.conftest import TIMEOUT_S, OpenPage
from tests.pages.queries import messages


def encode_noise(width: int = 20, height: int = 12, format: str = "PNG", mode: str = "RGB", **options) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (height, width, len(mode)), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise.squeeze(), mode).save(buffer, format, **options)
    return buffer.getvalue()


def run_until_finished(app: AppTest) -> AppTest:
    """Run until the line has served."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline and any(button.key == "stop" for button in app.button):
        app.run()
    assert not app.exception
    return app


def upload_image(app: AppTest, data: bytes, name: str = "mine.png") -> AppTest:
    app.file_uploader[0].upload(name, data)
    return run_until_finished(app.run())


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def slider_messages(app: AppTest) -> list[bytes]:
    """What the before-and-after sliders on the page were given."""
    protos = [element.proto for element in app.get("bidi_component")]
    return [proto.bytes for proto in protos if proto.component_name == "atelier_compare"]


# What goes in --------------------------------------------------------------------------------------------------------


def test_the_page_opens_with_a_sample_enlarged(open_page: OpenPage, with_upscalers: Path) -> None:
    app = run_until_finished(open_page("upscale", model="tiny-x4"))
    assert not messages(app)
    assert (metrics(app)["From"], metrics(app)["To"]) == ("188 × 124", "752 × 496")
    (slider,) = slider_messages(app)
    assert b"The picture at 752 \\u00d7 496 pixels, enlarged by tiny-x4" in slider
    assert b"enlarged by bicubic interpolation" in slider


def test_a_picture_of_ones_own_takes_the_place_of_the_sample(open_page: OpenPage, with_upscalers: Path) -> None:
    app = upload_image(open_page("upscale", model="tiny-x4"), encode_noise())
    assert metrics(app)["To"] == "80 × 48"
    assert app.session_state["sample"] is None
    app.session_state["sample"] = None
    app.button_group[0].set_value("sails").run()
    assert metrics(run_until_finished(app))["From"] == "124 × 188"


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("notes.png", b"These are no pixels.\n" * 20, "is text, not a picture"),
        ("torn.png", encode_noise(200, 200)[:5000], "damaged or cut off"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "an SVG drawing"),
        ("empty.png", b"", "an empty file"),
        ("paper.pdf", b"%PDF-1.7\n" + b"x" * 100, "a PDF document"),
    ],
)
def test_what_is_no_picture_gets_one_sentence_and_a_working_page(
    open_page: OpenPage, with_upscalers: Path, name: str, data: bytes, sentence: str
) -> None:
    app = upload_image(open_page("upscale"), data, name)
    assert len(messages(app)) == 1
    assert sentence in messages(app)[0]
    assert messages(app)[0].startswith("Your picture ")
    assert metrics(upload_image(app, encode_noise()))["From"] == "20 × 12"


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(
    open_page: OpenPage, with_upscalers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = run_until_finished(open_page("upscale"))
    data, decoded = encode_noise(), []
    monkeypatch.setattr(upload, "current_limits", lambda: replace(LOCAL_LIMITS, upload_pixels=100))
    monkeypatch.setattr(Image.Image, "load", lambda self: decoded.append(self))
    assert "megapixels" in messages(upload_image(app, data))[0]
    assert not decoded


def test_a_file_of_too_many_bytes_is_refused_on_the_server(
    open_page: OpenPage, with_upscalers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "current_limits", lambda: replace(LOCAL_LIMITS, upload_megabytes=1))
    assert "at most 1 MB" in messages(upload_image(open_page("upscale"), encode_noise(800, 500)))[0]


def test_notes_on_the_picture_are_shown(open_page: OpenPage, with_upscalers: Path) -> None:
    app = upload_image(open_page("upscale"), encode_noise(mode="CMYK", format="JPEG"), "inks.jpg")
    assert any("CMYK without a usable profile" in caption.value for caption in app.caption)


# Scale ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "size"),
    [({}, "40 × 24"), ({"scale": "3"}, "60 × 36"), ({"scale": "other", "times": "1.5"}, "30 × 18")],
)
def test_any_scale_can_be_had(open_page: OpenPage, with_upscalers: Path, query: dict[str, str], size: str) -> None:
    app = upload_image(open_page("upscale", model="tiny-x2", **query), encode_noise())
    assert metrics(app)["To"] == size


# Proof ---------------------------------------------------------------------------------------------------------------


def test_a_proof_measures_bicubic_and_every_model_of_the_same_scale(open_page: OpenPage, with_upscalers: Path) -> None:
    small_upscalers.make_upscaler_checkpoint(with_upscalers, "other-x4", features=4)
    app = upload_image(open_page("upscale", model="tiny-x4"), encode_noise(90, 70, mode="L"))
    run_until_finished(app.toggle(key="proof").set_value(True).run())
    assert (metrics(app)["Shrunk to"], metrics(app)["Restored to"]) == ("22 × 17", "88 × 68")
    table = app.table[0].value
    assert table.iloc[:, 0].tolist() == ["Bicubic", "tiny-x4", "other-x4"]
    assert all(float(value) > 0 for value in table["PSNR (dB)"])
    assert b'"title": "Original"' in slider_messages(app)[0]


def test_a_proof_of_a_tiny_picture_is_refused(open_page: OpenPage, with_upscalers: Path) -> None:
    app = upload_image(open_page("upscale"), encode_noise(20, 12)).toggle(key="proof").set_value(True).run()
    assert "at least 64 pixels a side" in messages(app)[0]


# Long work -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def long_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every picture seems to take ten minutes, and never ends by itself."""

    def endless(request, should_stop):
        while not should_stop():
            time.sleep(0.01)
            yield Progress(1, 4)

    monkeypatch.setattr(UpscaleRequest, "predicted_seconds", lambda self: 600.0)
    monkeypatch.setattr(panel, "run_request", endless)
    monkeypatch.setattr(panel, "INLINE_WAIT_S", 0.05)


def test_long_work_is_asked_for_first_and_can_be_stopped(
    open_page: OpenPage, with_upscalers: Path, long_work: None
) -> None:
    app = open_page("upscale")
    assert "about 10 minutes" in messages(app)[0]
    app.button(key="start").click().run()
    assert not messages(app)
    app.button(key="stop").click().run()
    run_until_finished(app)
    assert messages(app) == ["Stopped."]


def test_another_choice_gives_up_the_work_that_runs(open_page: OpenPage, with_upscalers: Path, long_work: None) -> None:
    app = open_page("upscale")
    app.button(key="start").click().run()
    job = app.session_state[panel.JOB_KEY]
    app.selectbox(key="scale").select("3").run()
    assert job.finished.wait(TIMEOUT_S)
    assert job.result is None
    assert "about 10 minutes" in messages(app)[0]


# Models --------------------------------------------------------------------------------------------------------------


def weights_file() -> bytes:
    torch = pytest.importorskip("torch")
    buffer = io.BytesIO()
    torch.save({"params": small_upscalers.compact_network().state_dict()}, buffer)
    return buffer.getvalue()


def test_a_model_of_ones_own_is_loaded_for_this_visit_and_its_licence_asked_for(
    open_page: OpenPage, with_upscalers: Path
) -> None:
    app = open_page("upscale")
    app.file_uploader(key="foreign_file").upload("mine <b>.pth", weights_file())
    run_until_finished(app.run())
    assert app.selectbox(key="model").value == "mine-b-"
    assert any("Compact" in caption.value and "licence unknown" in caption.value for caption in app.caption)
    assert metrics(app)["To"] == "376 × 248"
    assert "mine-b-" not in open_page("upscale").selectbox(key="model").options


def test_without_any_model_the_page_says_so_and_still_takes_one(open_page: OpenPage, no_models: Path) -> None:
    app = open_page("upscale")
    assert not app.exception
    assert "No model can enlarge pictures yet" in [subheader.value for subheader in app.subheader]
    app.file_uploader(key="foreign_file").upload("mine.pth", weights_file())
    assert metrics(run_until_finished(app.run()))["To"] == "376 × 248"


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("cat.png", encode_noise(), "no file of weights"),
        ("mine.pth", b"not weights at all", "cannot be read as weights"),
        ("mine.safetensors", b"", "an empty file"),
    ],
)
def test_a_file_that_is_no_model_is_answered_by_one_sentence(
    open_page: OpenPage, with_upscalers: Path, name: str, data: bytes, sentence: str
) -> None:
    app = open_page("upscale")
    app.file_uploader(key="foreign_file").upload(name, data)
    run_until_finished(app.run())
    assert sentence in app.error[0].value
    assert len(slider_messages(app)) == 1


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("hub:me/nothing", "no model me/nothing on the Hub"),
        ("owner/name", "hub:OWNER/NAME"),
        ("/etc/passwd", "hub:OWN"),
    ],
)
def test_a_reference_that_is_none_is_answered_and_no_path_of_the_machine_is_told(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, reference: str, sentence: str
) -> None:
    app = open_page("upscale")
    app.text_input(key="foreign_reference").set_value(reference).run()
    assert sentence in app.error[0].value
    assert "/etc" not in app.error[0].value


def test_a_model_on_the_hub_is_previewed_fetched_and_used(open_page: OpenPage, with_upscalers: Path, hub: Hub) -> None:
    commit = hub.add("me/sr", {"x.pth": weights_file()}, licence="cc-by-nc-4.0")
    app = open_page("upscale")
    app.text_input(key="foreign_reference").set_value("hub:me/sr").run()
    assert any("not for commercial use" in sentence for sentence in messages(app))
    assert not hub.requests_for("x.pth")
    app.button(key="foreign_fetch").click()
    app = run_until_finished(app.run())
    name = f"me--sr@{commit[:7]}"
    assert app.selectbox(key="model").value == name
    assert any("licence: cc-by-nc-4.0" in caption.value for caption in app.caption)
    assert metrics(app)["To"] == "376 × 248"
    assert name in open_page("upscale").selectbox(key="model").options


def test_a_model_that_draws_is_sent_to_its_own_page(open_page: OpenPage, with_upscalers: Path, hub: Hub) -> None:
    hub.add("me/faces", {"g.pth": save_to_bytes(TutorialDCGAN().state_dict())})
    app = open_page("upscale")
    app.text_input(key="foreign_reference").set_value("hub:me/faces").run()
    app.button(key="foreign_fetch").click().run()
    assert any("is on the page Samples now" in sentence for sentence in messages(app))


def test_torn_weights_are_a_sentence_and_the_other_model_still_works(open_page: OpenPage, with_upscalers: Path) -> None:
    (with_upscalers / "tiny-x2" / "model.safetensors").write_bytes(b"torn")
    app = open_page("upscale")
    assert not app.exception
    assert "cannot be read as safetensors" in app.error[0].value
    app.selectbox(key="model").select("tiny-x4").run()
    assert metrics(run_until_finished(app))["To"] == "752 × 496"


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
def test_a_bad_link_shows_one_plain_sentence_and_a_working_page(
    open_page: OpenPage, with_upscalers: Path, name: str, value: str, sentence: str
) -> None:
    app = run_until_finished(open_page("upscale", **{name: value}))
    assert len(messages(app)) == 1
    assert sentence in messages(app)[0]
    assert "<" not in messages(app)[0]
    assert len(slider_messages(app)) == 1


def test_the_shared_link_holds_the_settings_and_no_picture_of_ones_own(
    open_page: OpenPage, with_upscalers: Path
) -> None:
    app = run_until_finished(open_page("upscale", model="tiny-x4", scale="3", sample="sails"))
    assert "model=tiny-x4&sample=sails&scale=3&weights=" in app.code[0].value
    assert "sample" not in upload_image(app, encode_noise()).code[0].value


def test_a_png_carries_the_link_that_its_picture_came_from_beside_the_texts_it_had(tmp_path: Path) -> None:
    image = DecodedImage(
        np.zeros((4, 4, 3), np.uint8), metadata=ImageMetadata(text_chunks={"Author": "me", "link": "old"})
    )
    with_metadata = panel.with_png_metadata(image, {"link": "https://a.example/upscale?model=tiny-x4"}, "PNG")
    metadata = read_png_metadata(encode_image(with_metadata, "PNG", 90)[0])
    assert metadata == {"Author": "me", "link": "https://a.example/upscale?model=tiny-x4"}
    assert panel.with_png_metadata(image, {"link": "x"}, "JPEG") is image


# Downloads -----------------------------------------------------------------------------------------------------------


def test_the_format_says_what_it_does_not_take(open_page: OpenPage, with_upscalers: Path) -> None:
    app = upload_image(open_page("upscale"), encode_noise(mode="RGBA"))
    assert not any("transparency" in caption.value for caption in app.caption)
    next(group for group in app.button_group if group.key == "format").set_value("JPEG").run()
    assert any("JPEG knows no transparency" in caption.value for caption in app.caption)
    assert app.slider(key="quality").value == 92
