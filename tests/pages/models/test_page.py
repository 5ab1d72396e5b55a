"""Models without a browser: the list, one of them, and the Hub in both directions."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.limits import HOSTED_VARIABLE
from tests import small_upscalers
from tests.hub.server import TOKEN, Hub
from tests.imported_models import ConditionalPerceptron, TutorialDCGAN, save_to_bytes
from tests.pages.conftest import OpenPage
from tests.pages.queries import alt_texts, image_sources, messages, page_text


def table_html(app: AppTest) -> str:
    return next(element.value for element in app.html if "atelier-table" in element.value)


def preview(app: AppTest, reference: str) -> AppTest:
    return app.text_input(key="hub_reference").set_value(reference).run()


def fetch(app: AppTest, reference: str) -> AppTest:
    app = preview(app, reference)
    return app.button(key="hub_fetch").click().run()


@pytest.fixture
def faces_name(hub: Hub) -> str:
    """The name that a generator on the Hub will have here."""
    card = b"---\nlicense: mit\n---\n# Faces\n\n![them](http://elsewhere/x.png) <script>x</script>\n"
    commit = hub.add("me/faces", {"g.pth": save_to_bytes(TutorialDCGAN().state_dict()), "README.md": card})
    return f"me--faces@{commit[:7]}"


# On this machine -----------------------------------------------------------------------------------------------------


def test_every_model_is_listed_with_kind_size_licence_and_origin(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("models")
    assert not app.exception
    for what in ("tiny-x4", "tiny-x2", "tiny-dcgan", "DCGAN", "shapes", "0.0 MB", "mit", "this machine"):
        assert what in table_html(app)


def test_one_model_shows_a_sample_its_facts_and_its_card(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("models", model="tiny-dcgan")
    assert alt_texts(app)[0] == "Drawn by tiny-dcgan from seed 0"
    assert len(image_sources(app)) == 8
    assert "free for any use" in page_text(app)
    assert "## Recipe" in page_text(app)
    app = open_page("models", model="tiny-x4")
    assert "The same, enlarged by tiny-x4" in alt_texts(app)


def test_a_link_to_a_model_that_is_none_is_answered(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("models", model="<b>")
    assert "must be one of tiny-dcgan, tiny-x2, tiny-x4" in messages(app)[0]
    assert not app.exception


def test_without_models_the_page_says_so_and_still_fetches(
    open_page: OpenPage, no_models: Path, hub: Hub, faces_name: str
) -> None:
    app = open_page("models")
    assert "No model here yet" in [heading.value for heading in app.subheader]
    assert faces_name in table_html(fetch(app, "hub:me/faces"))


def test_torn_weights_are_a_sentence(open_page: OpenPage, with_upscalers: Path) -> None:
    (with_upscalers / "tiny-dcgan" / "model.safetensors").write_bytes(b"torn")
    app = open_page("models", model="tiny-dcgan")
    assert not app.exception
    assert "cannot be read as safetensors" in app.error[0].value


# From the Hub --------------------------------------------------------------------------------------------------------


def test_a_preview_shows_what_would_come_and_loads_nothing(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str
) -> None:
    app = preview(open_page("models"), "hub:me/faces")
    assert "0.3 MB will come: g.pth" in page_text(app)
    assert "free for any use" in messages(app)[0]
    assert not hub.requests_for("g.pth")
    app.button(key="hub_drop").click().run()
    assert "will come" not in page_text(app)


def test_a_missing_licence_is_said_before_the_download(open_page: OpenPage, with_upscalers: Path, hub: Hub) -> None:
    hub.add("me/it", {"g.pth": save_to_bytes(TutorialDCGAN().state_dict())}, licence=None)
    app = preview(open_page("models"), "hub:me/it")
    assert "No licence is stated" in app.warning[0].value
    assert not hub.requests_for("g.pth")


def test_a_fetched_model_is_on_the_page_for_its_kind_at_once(
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
    assert name in open_page("upscale").selectbox(key="model").options


def test_a_strangers_card_fetches_nothing_and_is_no_markup(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str
) -> None:
    card = page_text(fetch(open_page("models"), "hub:me/faces"))
    assert "# Faces" in card
    assert "http://elsewhere" not in card
    assert "<script>" not in card


@pytest.mark.parametrize(
    ("reference", "fault", "sentence"),
    [
        ("hub:me/nothing", {}, "There is no model me/nothing on the Hub"),
        ("hub:me/faces@v9", {}, "has no revision 'v9'"),
        ("faces", {}, "hub:OWNER/NAME is"),
        ("hub:me/faces", {"status": 500}, "failed with status 500"),
        ("hub:me/faces", {"status": 429}, "too many requests"),
        ("hub:me/faces", {"status": 401}, "hf auth login"),
    ],
)
def test_a_reference_that_fails_is_one_sentence(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str, reference: str, fault: dict, sentence: str
) -> None:
    if fault:
        hub.fault("/api/", **fault)
    app = preview(open_page("models"), reference)
    assert not app.exception
    assert sentence in app.error[0].value
    assert len(app.error) == 1


def test_a_download_that_breaks_is_a_sentence_and_goes_on_at_the_next_attempt(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str
) -> None:
    cut = hub.fault("g.pth", cut=10_000)
    app = fetch(open_page("models"), "hub:me/faces")
    assert "broke repeatedly" in app.error[0].value
    hub.faults.remove(cut)
    app.button(key="hub_fetch").click().run()
    assert faces_name in table_html(app)
    assert hub.ranges[-1] == "bytes=40000-"


def test_without_a_hub_what_is_here_is_named(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = fetch(open_page("models"), "hub:me/faces")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    preview(app, "hub:me/faces ")
    assert "no connection" in app.error[0].value
    assert f"still here: {faces_name}" in app.error[0].value


def test_the_catalogue_puts_a_reference_into_the_field(open_page: OpenPage, with_upscalers: Path, hub: Hub) -> None:
    app = open_page("models")
    app.button(key="hub_entry_2").click().run()
    assert app.text_input(key="hub_reference").value == "hub:Phips/4xNomos2_realplksr_dysample"
    assert hub.requests_for("Phips/4xNomos2_realplksr_dysample")


def test_a_fetched_model_is_deleted_and_can_be_brought_back(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str
) -> None:
    app = fetch(open_page("models"), "hub:me/faces")
    app.button(key="delete").click().run()
    assert not app.exception
    assert faces_name not in table_html(app)
    assert "is deleted" in app.info[0].value
    next(button for button in app.button if button.label == "Bring it back").click().run()
    app.button(key="hub_fetch").click().run()
    assert faces_name in table_html(app)


def test_a_model_of_this_machine_cannot_be_deleted(open_page: OpenPage, with_upscalers: Path) -> None:
    assert not [button for button in open_page("models", model="tiny-dcgan").button if button.key == "delete"]


# To the Hub ----------------------------------------------------------------------------------------------------------


def publish(app: AppTest, token: str = TOKEN, name: str = "me/new", replace: bool = False) -> AppTest:
    app.selectbox(key="publish_model").select("tiny-dcgan").run()
    app.toggle(key="publish_replace").set_value(replace)
    app.text_input(key="publish_name").set_value(name)
    next(field for field in app.text_input if (field.key or "").startswith("publish_token")).set_value(token)
    next(button for button in app.button if button.label == "Publish").click()
    return app.run()


def test_a_model_is_published_with_a_token_that_is_kept_nowhere(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    app = publish(open_page("models"))
    assert not app.exception
    assert f"tiny-dcgan is at {hub.address}/me/new/commit/" in app.success[0].value
    assert "model.safetensors" in hub.files("me/new")
    assert TOKEN not in str(app.session_state._state.filtered_state)
    assert TOKEN not in str(app.query_params)
    assert TOKEN not in caplog.text
    assert all(TOKEN not in str(field.value) for field in app.text_input)


@pytest.mark.parametrize(
    ("token", "name", "sentence"),
    [
        ("", "me/new", "An access token is needed"),
        ("hf_wrong", "me/new", "does not accept the token"),
        (TOKEN, "new", "is not a name on the Hub"),
    ],
)
def test_a_publication_that_cannot_be_is_one_sentence_without_the_token(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, token: str, name: str, sentence: str
) -> None:
    app = publish(open_page("models"), token, name)
    assert not app.exception
    assert sentence in app.error[0].value
    assert "hf_wrong" not in app.error[0].value


def test_the_machines_own_token_publishes_nothing_for_a_visitor(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, signed_in: str
) -> None:
    app = publish(open_page("models"), "")
    assert "An access token is needed" in app.error[0].value
    assert not hub.repositories


def test_a_card_that_was_edited_there_stays_until_the_visitor_agrees(
    open_page: OpenPage, with_upscalers: Path, hub: Hub
) -> None:
    hub.add("me/new", {"README.md": b"# By hand\n"})
    app = publish(open_page("models"))
    assert "was edited by somebody and stays" in app.success[0].value
    assert hub.files("me/new")["README.md"] == b"# By hand\n"
    publish(app, replace=True)
    assert hub.files("me/new")["README.md"] != b"# By hand\n"


# Elsewhere -----------------------------------------------------------------------------------------------------------


def test_on_a_shared_demo_nobody_fetches_deletes_or_publishes(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(open_page("models"), "hub:me/faces")
    monkeypatch.setenv(HOSTED_VARIABLE, "1")
    app = open_page("models", model=faces_name)
    assert not app.exception
    assert not app.text_input
    assert all(button.disabled for button in app.button)
    assert not [field for field in open_page("upscale").text_input if field.key == "upscale_hub_reference"]
