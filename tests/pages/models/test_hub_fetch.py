"""Models are fetched from the Hub by the form of the kit (pages/ui/hub_fetch.py), on the page Models."""

from pathlib import Path

import pytest

from tests import small_upscalers
from tests.hub.server import Hub
from tests.imported_models import ConditionalPerceptron, TutorialDCGAN, save_to_bytes
from tests.importers.test_generators import labelled_perceptron
from tests.pages.conftest import OpenPage
from tests.pages.models.conftest import fetch, preview, table_html
from tests.pages.queries import alt_texts, messages, page_text


def test_a_preview_lists_the_files_and_downloads_none(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str
) -> None:
    app = preview(open_page("models"), "hub:me/faces")
    assert "0.3 MB will come: g.pth" in page_text(app)
    assert "free for any use" in messages(app)[0]
    assert not hub.requests_for("g.pth")
    app.button(key="hub_drop").click().run()
    assert "will come" not in page_text(app)


@pytest.mark.parametrize("text", ["me/faces", "{hub}/me/faces", "{hub}/me/faces/blob/main/g.pth?download=true"])
def test_a_name_and_a_pasted_address_are_previewed(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str, text: str
) -> None:
    app = preview(open_page("models"), text.format(hub=hub.address))
    assert not app.exception
    assert not app.error
    assert "0.3 MB will come: g.pth" in page_text(app)


def test_the_address_of_a_published_models_weights_fetches_the_whole_model(
    open_page: OpenPage, with_upscalers: Path, hub: Hub
) -> None:
    files = {file.name: file.read_bytes() for file in (with_upscalers / "tiny-dcgan").iterdir()}
    commit = hub.add("me/mine", files)
    app = fetch(open_page("models"), f"{hub.address}/me/mine/blob/main/model.safetensors")
    assert not app.exception
    assert f"me--mine@{commit[:7]}" in table_html(app)


def test_a_missing_licence_is_reported_before_the_download(open_page: OpenPage, with_upscalers: Path, hub: Hub) -> None:
    hub.add("me/it", {"g.pth": save_to_bytes(TutorialDCGAN().state_dict())}, licence=None)
    app = preview(open_page("models"), "hub:me/it")
    assert "No licence is stated" in app.warning[0].value
    assert not hub.requests_for("g.pth")


def test_a_fetched_model_is_on_the_page_for_its_task_at_once(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str
) -> None:
    app = fetch(open_page("models"), "hub:me/faces")
    assert not app.exception
    assert app.selectbox(key="model").value == faces_name
    assert f"{faces_name} is here" in app.success[0].value
    assert faces_name in table_html(app)
    assert f"Drawn by {faces_name} from seed 0" in alt_texts(app)
    assert "Assumed: ReLU" in page_text(app)
    samples = open_page("samples", model=faces_name)
    assert not samples.exception
    assert not messages(samples)
    assert f"Picture 1: drawn by {faces_name} from seed 0" in alt_texts(samples)


def test_a_fetched_conditional_model_takes_labels(open_page: OpenPage, with_upscalers: Path, hub: Hub) -> None:
    name = f"me--cgan@{hub.add('me/cgan', {'g.pth': save_to_bytes(ConditionalPerceptron().state_dict())})[:7]}"
    fetch(open_page("models"), "hub:me/cgan")
    app = open_page("samples", model=name, label="7")
    assert not app.exception
    assert alt_texts(app)[0] == f"Picture 1: 7, drawn by {name} from seed 0"


def test_a_fetched_upscaler_is_on_the_page_upscale(open_page: OpenPage, with_upscalers: Path, hub: Hub) -> None:
    name = f"me--sr@{hub.add('me/sr', {'x.pth': save_to_bytes(small_upscalers.compact_network().state_dict())})[:7]}"
    fetch(open_page("models"), "hub:me/sr")
    assert any(name in option for option in open_page("upscale").selectbox(key="model").options)


@pytest.mark.parametrize(
    ("reference", "fault", "sentence"),
    [
        ("hub:me/nothing", {}, "There is no model me/nothing on the Hub"),
        ("hub:me/faces@v9", {}, "has no revision 'v9'"),
        ("faces", {}, "hub:OWNER/NAME is"),
        ("https://huggingface.co/spaces/me/faces", {}, "is the address of a Space"),
        ("hub:me/faces", {"status": 500}, "failed with status 500"),
        ("hub:me/faces", {"status": 429}, "too many requests"),
        ("hub:me/faces", {"status": 401}, "hf auth login"),
    ],
)
def test_a_reference_that_fails_shows_one_sentence(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str, reference: str, fault: dict, sentence: str
) -> None:
    if fault:
        hub.fault("/api/", **fault)
    app = preview(open_page("models"), reference)
    assert not app.exception
    assert sentence in app.error[0].value
    assert len(app.error) == 1


def test_a_broken_download_shows_a_sentence_and_resumes_at_the_next_attempt(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str
) -> None:
    cut = hub.fault("g.pth", cut=10_000)
    app = fetch(open_page("models"), "hub:me/faces")
    assert "broke repeatedly" in app.error[0].value
    hub.faults.remove(cut)
    app.button(key="hub_fetch").click().run()
    assert faces_name in table_html(app)
    assert hub.ranges[-1] == "bytes=40000-"


def test_without_a_connection_the_fetched_version_is_named(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = fetch(open_page("models"), "hub:me/faces")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    preview(app, "hub:me/faces ")
    assert "no connection" in app.error[0].value
    assert f"still here: {faces_name}" in app.error[0].value


def test_an_order_that_nothing_tells_is_chosen_on_the_page(open_page: OpenPage, with_upscalers: Path, hub: Hub) -> None:
    state, _ = labelled_perceptron("latent-first", embedding=True, norm=False)
    commit = hub.add("me/digits", {"g.pth": save_to_bytes(state)})
    app = fetch(open_page("models"), "hub:me/digits")
    assert not app.exception
    assert "in which order" in app.error[0].value
    choice = app.selectbox(key="hub_order")
    assert choice.options == ["The label comes before the latent", "The label comes behind the latent"]
    choice.select("latent-first")
    app.button(key="hub_fetch").click().run()
    assert not app.error
    assert f"me--digits@{commit[:7]}" in table_html(app)
