"""Publishing: what goes out, and what never does."""

from pathlib import Path
from typing import Any

import pytest

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.errors import InputError, LoginNeeded
from gan_core.hub import publish
from gan_core.hub.download import fetch
from gan_core.hub.reference import parse
from tests import factories
from tests.hub.server import TOKEN, Hub
from tests.imported_models import Tutorial, saved

FILES = {"README.md", "config.json", "critic.safetensors", "model.safetensors"}


@pytest.fixture
def own(tmp_path: Path) -> Checkpoint:
    made = factories.checkpoint(tmp_path, "conditional", "mine")
    (made.folder / "state.pt").write_bytes(b"a run's state")
    (made.folder / "secret.txt").write_bytes(b"x")
    return made


def send(own: Checkpoint, **how) -> publish.Published:
    given: dict[str, Any] = {"licence": "mit", "token": TOKEN} | how
    return publish.publish(own, "me/it", **given)


def card(hub: Hub) -> str:
    return hub.files("me/it")["README.md"].decode()


def test_the_checkpoint_goes_out_and_nothing_else(hub: Hub, own: Checkpoint) -> None:
    made = send(own)
    assert set(hub.files("me/it")) == FILES | {".gitattributes"}
    assert hub.files("me/it")["model.safetensors"] == (own.folder / "model.safetensors").read_bytes()
    assert set(made.files) == FILES
    assert not hub.repositories["me/it"].private
    assert not made.kept_card


def test_what_was_published_can_be_fetched_and_is_the_same_model(hub: Hub, own: Checkpoint) -> None:
    send(own, licence="apache-2.0")
    back = fetch(parse("hub:me/it")).checkpoint
    assert back.weights_hash == own.weights_hash
    assert back.description.licence == "apache-2.0"
    assert "license: apache-2.0\n" in card(hub)
    assert "license: mit" not in card(hub)


def test_a_new_model_can_be_private_and_a_public_one_is_not_taken_for_it(hub: Hub, own: Checkpoint) -> None:
    send(own, private=True)
    assert hub.repositories["me/it"].private
    send(own, private=True)
    hub.repositories["me/it"].private = False
    with pytest.raises(InputError, match="and public: choose another name"):
        send(own, private=True)


def test_our_own_card_is_replaced_without_asking(hub: Hub, own: Checkpoint) -> None:
    send(own)
    (own.folder / "README.md").write_text("# Mine, as I like it\n")
    assert not send(own, replace_card=lambda: pytest.fail("asked")).kept_card
    assert "# Mine, as I like it" in card(hub)


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("# mine", "# Ours"),
        lambda text: "# All new\n",
        lambda text: "# Longer than anybody reads\n" + "x" * 1_000_000,
    ],
)
def test_a_humans_edit_stays_unless_that_human_agrees(hub: Hub, own: Checkpoint, edit) -> None:
    send(own)
    edited = edit(card(hub))
    hub.add("me/it", hub.files("me/it") | {"README.md": edited.encode()})
    made = send(own)
    assert made.kept_card
    assert "README.md" not in made.files
    assert card(hub) == edited
    assert not send(own, replace_card=lambda: True).kept_card
    assert card(hub) != edited


def test_what_the_hub_has_changed_since_it_was_looked_at_is_not_written_over(hub: Hub, own: Checkpoint) -> None:
    send(own)
    send(own)
    named, real = hub.parents[-1]
    assert named == real


def test_a_strangers_model_names_its_origin(hub: Hub) -> None:
    commit = hub.add(
        "they/theirs", {"g.pth": saved(Tutorial().state_dict()), "README.md": b"# Theirs\n"}, licence="mit"
    )
    theirs = fetch(parse("hub:they/theirs")).checkpoint
    assert publish.suggested(theirs) == "mit"
    send(theirs)
    assert "# Theirs" in card(hub)
    assert f"they/theirs, commit {commit}" in card(hub)
    assert "source.json" not in hub.files("me/it")


@pytest.mark.parametrize("name", ["it", "me/it/more", "me/../it", "me/a--b", "me/", "/it", "me/i t"])
def test_a_name_that_is_none_is_refused(hub: Hub, own: Checkpoint, name: str) -> None:
    with pytest.raises(InputError, match="is no name on the Hub"):
        publish.publish(own, name, licence="mit", token=TOKEN)
    assert hub.requests == []


@pytest.mark.parametrize("licence", ["", "MIT licence", "mit\ntags: x", "---"])
def test_a_licence_that_is_none_is_refused(hub: Hub, own: Checkpoint, licence: str) -> None:
    with pytest.raises(InputError, match="is no licence as the Hub names them"):
        send(own, licence=licence)
    assert hub.requests == []


def test_without_a_token_nothing_goes_out(hub: Hub, own: Checkpoint) -> None:
    with pytest.raises(LoginNeeded, match="hf auth login"):
        send(own, token=None)
    assert hub.requests == []
    with pytest.raises(LoginNeeded) as caught:
        send(own, token="hf_wrong")
    assert "hf_wrong" not in str(caught.value)
