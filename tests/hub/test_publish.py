from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.store import write_checkpoint
from gan_core.errors import AuthenticationRequired, UsageError
from gan_core.hub import publish
from gan_core.hub.download import fetch_model
from gan_core.hub.reference import parse_reference
from tests import factories
from tests.hub.server import TOKEN, Hub
from tests.imported_models import TutorialDCGAN, save_to_bytes

FILES = {"README.md", "config.json", "critic.safetensors", "model.safetensors"}


@pytest.fixture
def own(tmp_path: Path) -> Checkpoint:
    """A checkpoint in a folder with other files."""
    checkpoint = factories.checkpoint(tmp_path, "conditional", "mine")
    (checkpoint.folder / "state.pt").write_bytes(b"a run's state")
    (checkpoint.folder / "secret.txt").write_bytes(b"x")
    (checkpoint.folder / "own.json").write_text('{"data": "/home/me/pictures.zip"}')
    return checkpoint


def publish_own(checkpoint: Checkpoint, **overrides) -> publish.PublishedModel:
    arguments: dict[str, Any] = {"licence": "mit", "token": TOKEN} | overrides
    return publish.publish_checkpoint(checkpoint, "me/it", **arguments)


def published_card(hub: Hub) -> str:
    return hub.files("me/it")["README.md"].decode()


def test_the_checkpoint_is_uploaded_and_nothing_else_of_its_folder(hub: Hub, own: Checkpoint) -> None:
    published = publish_own(own)
    assert set(hub.files("me/it")) == FILES | {".gitattributes"}
    assert hub.files("me/it")["model.safetensors"] == (own.folder / "model.safetensors").read_bytes()
    assert set(published.files) == FILES
    assert not hub.repositories["me/it"].private
    assert not published.kept_card


def test_a_published_model_can_be_fetched_and_is_the_same(hub: Hub, own: Checkpoint) -> None:
    publish_own(own, licence="apache-2.0")
    back = fetch_model(parse_reference("hub:me/it")).checkpoint
    assert back.weights_hash == own.weights_hash
    assert back.description.licence == "apache-2.0"
    assert "license: apache-2.0\n" in published_card(hub)
    assert "license: mit" not in published_card(hub)


def test_a_model_that_states_no_licence_is_published_under_the_one_that_is_named(hub: Hub, own: Checkpoint) -> None:
    description = replace(own.description, licence=None)
    bare = write_checkpoint(own.folder.with_name("bare"), description, own.load_generator().state_dict())
    assert publish.default_licence(bare) is None
    assert "No licence is stated" in (bare.folder / "README.md").read_text()
    publish_own(bare, licence="cc0-1.0")
    assert "license: cc0-1.0" in published_card(hub)
    assert "No licence is stated" not in published_card(hub)
    assert fetch_model(parse_reference("hub:me/it")).checkpoint.description.licence == "cc0-1.0"


def test_a_new_model_can_be_private_and_a_public_one_is_refused_as_private(hub: Hub, own: Checkpoint) -> None:
    publish_own(own, private=True)
    assert hub.repositories["me/it"].private
    publish_own(own, private=True)
    hub.repositories["me/it"].private = False
    with pytest.raises(UsageError, match="and public: choose another name"):
        publish_own(own, private=True)


def test_an_unedited_card_is_replaced_without_asking(hub: Hub, own: Checkpoint) -> None:
    publish_own(own)
    (own.folder / "README.md").write_text("# Mine, as I like it\n")
    assert not publish_own(own, replace_card=lambda: pytest.fail("asked")).kept_card
    assert "# Mine, as I like it" in published_card(hub)


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("# mine", "# Ours"),
        lambda text: "# All new\n",
        lambda text: "# Longer than a card is read\n" + "x" * 1_000_000,
    ],
)
def test_an_edited_card_is_kept_unless_its_replacement_is_confirmed(hub: Hub, own: Checkpoint, edit) -> None:
    publish_own(own)
    edited = edit(published_card(hub))
    hub.add("me/it", hub.files("me/it") | {"README.md": edited.encode()})
    published = publish_own(own)
    assert published.kept_card
    assert "README.md" not in published.files
    assert published_card(hub) == edited
    assert not publish_own(own, replace_card=lambda: True).kept_card
    assert published_card(hub) != edited


def test_an_upload_names_the_commit_that_it_is_based_on(hub: Hub, own: Checkpoint) -> None:
    publish_own(own)
    publish_own(own)
    stated, actual = hub.parents[-1]
    assert stated == actual


def test_the_card_of_a_fetched_model_names_its_source(hub: Hub) -> None:
    commit = hub.add(
        "they/theirs", {"g.pth": save_to_bytes(TutorialDCGAN().state_dict()), "README.md": b"# Theirs\n"}, licence="mit"
    )
    theirs = fetch_model(parse_reference("hub:they/theirs")).checkpoint
    assert publish.default_licence(theirs) == "mit"
    publish_own(theirs)
    assert "# Theirs" in published_card(hub)
    assert f"they/theirs, commit {commit}" in published_card(hub)
    assert "source.json" not in hub.files("me/it")


@pytest.mark.parametrize("name", ["it", "me/it/more", "me/../it", "me/a--b", "me/", "/it", "me/i t"])
def test_an_invalid_name_is_refused_without_a_request(hub: Hub, own: Checkpoint, name: str) -> None:
    with pytest.raises(UsageError, match="is not a name on the Hub"):
        publish.publish_checkpoint(own, name, licence="mit", token=TOKEN)
    assert hub.requests == []


@pytest.mark.parametrize("licence", ["", "MIT licence", "mit\ntags: x", "---"])
def test_an_invalid_licence_is_refused_without_a_request(hub: Hub, own: Checkpoint, licence: str) -> None:
    with pytest.raises(UsageError, match="is not a licence identifier of the Hub"):
        publish_own(own, licence=licence)
    assert hub.requests == []


def test_without_a_valid_token_nothing_is_uploaded(hub: Hub, own: Checkpoint) -> None:
    with pytest.raises(AuthenticationRequired, match="hf auth login"):
        publish_own(own, token=None)
    assert hub.requests == []
    with pytest.raises(AuthenticationRequired) as caught:
        publish_own(own, token="hf_wrong")
    assert "hf_wrong" not in str(caught.value)
