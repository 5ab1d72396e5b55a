"""One's own models are deleted, renamed and shown to strangers; no other models are."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from gan_core import trash
from gan_core.checkpoints import own, store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import OWN_FILE, OwnModel
from gan_core.checkpoints.model_card import render_card
from gan_core.errors import UsageError
from tests import factories

pytestmark = pytest.mark.core


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a model of one's own, one of an earlier version, one of the project and one of the Hub."""
    own_model(tmp_path, "flowers")
    factories.checkpoint(tmp_path, "dcgan", "earlier")
    factories.checkpoint(tmp_path, "dcgan", "mnist-cgan")
    fetched = factories.checkpoint(tmp_path, "dcgan", "fetched")
    (fetched.folder / "source.json").write_text(
        json.dumps({"repository": "me/it", "commit": "0" * 40, "revisions": {"main": 1.0}})
    )
    return tmp_path


def own_model(root: Path, name: str, **note: object) -> Checkpoint:
    made = factories.checkpoint(root, "dcgan", name)
    own.write_note(made, OwnModel(**note))  # type: ignore[arg-type]
    return store.open_checkpoint(made.folder)


def names(root: Path) -> list[str]:
    return [checkpoint.name for checkpoint in store.list_checkpoints(root)]


def test_the_list_of_the_projects_models_is_that_of_the_committed_ones() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "checkpoints"], cwd=store.DEFAULT_ROOT.parent, capture_output=True, text=True
    )
    if listed.returncode or not listed.stdout:
        pytest.skip("the project is not a checkout of git")
    committed = {line.split("/")[1] for line in listed.stdout.splitlines()}
    assert {name for name in committed if not name.startswith("judge-")} == own.PROJECT_MODELS
    assert not [line for line in listed.stdout.splitlines() if line.endswith(OWN_FILE)]


def test_own_models_are_those_that_were_exported_here(root: Path) -> None:
    assert {model.name: own.is_own(model) for model in store.list_checkpoints(root)} == {
        "earlier": True, "fetched": False, "flowers": True, "mnist-cgan": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("mnist-cgan", "comes with the project"), ("fetched", "was fetched from the Hub"), ("nothing", "no model")],
)
def test_no_other_model_is_deleted_renamed_or_hidden(root: Path, name: str, sentence: str) -> None:
    before = names(root)
    for change in (
        lambda: own.delete_own(name, root),
        lambda: own.rename_own(name, "other", root),
        lambda: own.set_public(name, False, root),
    ):
        with pytest.raises(UsageError, match=sentence):
            change()
    assert names(root) == before


@pytest.mark.parametrize("path", ["..", "../flowers", "/etc", ""])
def test_a_path_names_no_model_of_ones_own(root: Path, path: str) -> None:
    with pytest.raises(UsageError):
        own.delete_own(path, root)


def test_a_deleted_model_is_not_listed_and_comes_back_as_it_was(root: Path) -> None:
    before = {file.name: file.read_bytes() for file in (root / "flowers").iterdir()}
    trash_path = own.delete_own("flowers", root)
    assert "flowers" not in names(root)
    assert trash.undo_delete(trash_path, "model") == root / "flowers"
    assert {file.name: file.read_bytes() for file in (root / "flowers").iterdir()} == before


def test_a_renamed_model_has_its_new_name_in_folder_config_and_card_and_draws_the_same(root: Path) -> None:
    weights_hash = store.find_checkpoint("flowers", root).weights_hash
    renamed = own.rename_own("flowers", "Roses of Mum", root)
    assert (renamed.name, renamed.title, renamed.description.name) == ("roses-of-mum", "Roses of Mum", "roses-of-mum")
    assert renamed.weights_hash == weights_hash
    card = (renamed.folder / "README.md").read_text()
    assert "# Roses of Mum" in card
    assert "sample roses-of-mum --out roses-of-mum.png" in card
    assert names(root) == ["earlier", "fetched", "mnist-cgan", "roses-of-mum"]


def test_a_new_title_for_the_same_name_moves_nothing(root: Path) -> None:
    renamed = own.rename_own("flowers", "Flowers!", root)
    assert (renamed.name, renamed.title) == ("flowers", "Flowers!")
    assert "# Flowers!" in (renamed.folder / "README.md").read_text()
    assert own.rename_own("flowers", "flowers", root).title is None


def test_a_model_whose_config_was_edited_is_renamed_and_its_card_stays(root: Path) -> None:
    file, card = root / "flowers" / "config.json", root / "flowers" / "README.md"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"training": {}}))
    before = card.read_text()
    assert own.rename_own("flowers", "roses", root).name == "roses"
    assert (root / "roses" / "README.md").read_text() == before


def test_a_card_that_was_edited_by_hand_stays_after_a_new_name(root: Path) -> None:
    (root / "flowers" / "README.md").write_text("# By hand\n")
    assert (own.rename_own("flowers", "roses", root).folder / "README.md").read_text() == "# By hand\n"


def test_a_name_that_is_taken_is_refused(root: Path) -> None:
    with pytest.raises(UsageError, match="There is a model earlier already"):
        own.rename_own("flowers", "earlier", root)
    assert "flowers" in names(root)


def test_a_folder_with_an_odd_name_of_an_earlier_version_works_and_its_card_can_be_followed(root: Path) -> None:
    odd = factories.checkpoint(root, "dcgan", "My Flowers!")
    assert own.is_own(odd)
    assert "sample 'My Flowers!' --out 'My Flowers!.png'" in (odd.folder / "README.md").read_text()
    assert own.rename_own("My Flowers!", "My Flowers!", root).name == "my-flowers"


def test_strangers_see_all_models_but_those_of_ones_own_that_are_not_marked(root: Path) -> None:
    public = {model.name: model.is_public for model in store.list_checkpoints(root)}
    assert public == {"earlier": True, "fetched": True, "flowers": False, "mnist-cgan": True}
    assert own.set_public("flowers", True, root).is_public
    assert not own.set_public("earlier", False, root).is_public
    assert store.find_checkpoint("flowers", root).is_public


def test_a_title_stays_when_the_model_is_shown_and_visibility_stays_when_it_is_renamed(root: Path) -> None:
    own.rename_own("flowers", "Roses!", root)
    assert own.set_public("roses", True, root).title == "Roses!"
    assert own.rename_own("roses", "tulips", root).is_public
    assert own.rename_own("earlier", "later", root).is_public  # as it was before there was a note


@pytest.mark.parametrize("text", ["torn {", "[]", "null", '{"public": "yes", "title": 5}'])
def test_a_damaged_note_hides_the_model_and_breaks_nothing(root: Path, text: str) -> None:
    (root / "flowers" / OWN_FILE).write_text(text)
    made = store.find_checkpoint("flowers", root)
    assert (made.title, made.is_public) == (None, False)
    assert own.is_own(made)


def test_a_note_of_a_later_version_is_read(root: Path) -> None:
    (root / "flowers" / OWN_FILE).write_text('{"title": "Roses", "public": true, "something": 1}')
    made = store.find_checkpoint("flowers", root)
    assert (made.title, made.is_public) == ("Roses", True)


def test_a_model_without_a_licence_has_a_card_that_says_so_and_a_config_that_is_read(root: Path) -> None:
    description = replace(factories.description("dcgan", "bare"), licence=None)
    made = store.write_checkpoint(root / "bare", description, {})
    assert made.licence is None
    card = (made.folder / "README.md").read_text()
    assert "license:" not in card
    assert "No licence is stated for the weights" in card
    assert card == render_card(json.loads((made.folder / "config.json").read_text()))


def test_the_licences_of_committed_models_stay_as_they_are() -> None:
    licences = {name: store.find_checkpoint(name, store.DEFAULT_ROOT).licence for name in own.PROJECT_MODELS}
    assert set(licences.values()) == {"mit"}
