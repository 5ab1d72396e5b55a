"""Checkpoints are written as a whole, found by path, name or alias, and listed where they can be used."""

import stat
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import CARD_FILE, CONFIG_FILE, DISCRIMINATOR_FILE, WEIGHTS_FILE
from gan_core.errors import UsageError
from tests import factories

pytestmark = pytest.mark.core


@pytest.fixture
def made(tmp_path: Path) -> Checkpoint:
    return factories.checkpoint(tmp_path, "conditional")


def test_the_weights_carry_the_text_of_the_config(made: Checkpoint) -> None:
    for file in (WEIGHTS_FILE, DISCRIMINATOR_FILE):
        assert store.read_safetensors_metadata(made.folder / file)["config"] == (made.folder / CONFIG_FILE).read_text()


def test_files_are_readable_by_everyone(made: Checkpoint) -> None:
    assert {stat.S_IMODE(file.stat().st_mode) for file in made.folder.iterdir()} == {0o644}


def test_a_checkpoint_that_exists_needs_force(made: Checkpoint, tmp_path: Path) -> None:
    before = made.weights_hash
    weights = load_file(made.folder / WEIGHTS_FILE)
    with pytest.raises(UsageError, match="exists: overwrite it with --force"):
        store.write_checkpoint(made.folder, made.description, weights)
    changed = {name: value + 1 for name, value in weights.items()}
    forced = store.write_checkpoint(made.folder, made.description, changed, force=True)
    assert forced.weights_hash != before
    assert not forced.has_discriminator  # no file of the old one is left
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_a_write_that_fails_leaves_the_old_checkpoint_whole(
    made: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, weights = (
        {file.name: file.read_bytes() for file in made.folder.iterdir()},
        load_file(made.folder / WEIGHTS_FILE),
    )

    def full_disk(weights: Any, file: Path, metadata: Any) -> None:
        file.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(store, "save_file", full_disk)
    for folder in ("tiny", "new"):
        with pytest.raises(OSError, match="No space"):
            store.write_checkpoint(tmp_path / folder, made.description, weights, force=True)
    assert {file.name: file.read_bytes() for file in made.folder.iterdir()} == before
    assert not (tmp_path / "new").exists()
    assert [checkpoint.name for checkpoint in store.list_checkpoints(tmp_path)] == ["tiny"]
    monkeypatch.undo()
    store.write_checkpoint(tmp_path / "new", made.description, weights)
    assert [checkpoint.name for checkpoint in store.list_checkpoints(tmp_path)] == ["new", "tiny"]


def test_scores_are_saved_beside_weights_that_stay_byte_for_byte(made: Checkpoint) -> None:
    before = {name: (made.folder / name).read_bytes() for name in (WEIGHTS_FILE, DISCRIMINATOR_FILE)}
    scores: dict[str, Any] = {
        "frechet": 1.5, "precision": 0.8, "recall": 0.7, "count": 100, "reference": 100, "judge": "judge-shapes",
        "judge_accuracy": 0.99, "class_names": list(factories.CLASSES), "shares": [0.3, 0.3, 0.4],
        "floor": {"frechet": 1.0, "precision": 0.9, "recall": 0.9, "shares": [0.33, 0.33, 0.34]},
    }  # fmt: skip
    scored = store.save_scores(made, scores)
    assert scored.description.scores == scores
    assert {name: (made.folder / name).read_bytes() for name in before} == before
    assert scored.weights_hash == made.weights_hash
    assert "1.500" in (made.folder / CARD_FILE).read_text()
    assert not list(made.folder.glob(".*"))


# Find and list -------------------------------------------------------------------------------------------------------


def test_an_existing_path_goes_before_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = factories.checkpoint(tmp_path / "root", "dcgan", "model")
    beside = factories.checkpoint(tmp_path, "dcgan", "model", seed=1)
    assert store.find_checkpoint("model", tmp_path / "root").weights_hash == named.weights_hash
    monkeypatch.chdir(tmp_path)
    assert store.find_checkpoint("model", tmp_path / "root").weights_hash == beside.weights_hash
    assert store.find_checkpoint(str(beside.folder), tmp_path / "root").name == "model"


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("mnist-gcan", "no model 'mnist-gcan'; there are: tiny"),
        ("", "no model ''; there are: tiny"),
        ("x" * 5000, "there are: tiny"),
        ("a\0b", "there are: tiny"),
        ("someone/model", "There is no folder someone/model.*write hub:someone/model"),
        ("hub:someone/model", "must be fetched first"),
    ],
)
def test_an_unknown_reference_is_answered_with_the_known_names(
    reference: str, words: str, made: Checkpoint, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=words):
        store.find_checkpoint(reference, tmp_path)


def test_a_folder_without_a_config_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is no checkpoint: it has no config\.json"):
        store.find_checkpoint(str(tmp_path), tmp_path)
    with pytest.raises(UsageError, match="there are: none in"):
        store.find_checkpoint("tiny", tmp_path / "nowhere")


@pytest.mark.parametrize(("former", "name"), store.ALIASES.items())
def test_a_former_name_finds_the_checkpoint_by_name_and_by_path(
    former: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed = factories.checkpoint(tmp_path / "checkpoints", "dcgan", name)
    monkeypatch.chdir(tmp_path)
    for reference in (former, f"checkpoints/{former}", str(renamed.folder.with_name(former))):
        assert store.find_checkpoint(reference, tmp_path / "checkpoints").name == name
    assert store.canonical_name(former, tmp_path / "checkpoints") == name
    assert store.canonical_name("tiny", tmp_path / "checkpoints") == "tiny"
    assert store.follow_alias(Path("checkpoints") / former) == Path("checkpoints") / name
    with pytest.raises(UsageError, match=f"no model '{former}'; there are: none"):
        store.find_checkpoint(former, tmp_path / "nowhere")


def test_an_alias_gives_way_to_a_folder_of_that_name(tmp_path: Path) -> None:
    (former, name), *_ = store.ALIASES.items()
    for folder in (former, name):
        factories.checkpoint(tmp_path, "dcgan", folder)
    assert store.find_checkpoint(former, tmp_path).name == former
    assert store.canonical_name(former, tmp_path) == former
    assert store.follow_alias(tmp_path / former) == tmp_path / former


def test_every_alias_is_of_a_committed_checkpoint() -> None:
    names = {checkpoint.name for checkpoint in store.list_checkpoints(store.DEFAULT_ROOT)}
    assert set(store.ALIASES.values()) <= names
    assert not set(store.ALIASES) & names


def test_other_folders_are_not_listed(made: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd" / CONFIG_FILE).mkdir(parents=True)
    (tmp_path / "notes.txt").write_text("hello")
    assert [checkpoint.name for checkpoint in store.list_checkpoints(tmp_path)] == ["tiny"]
    assert store.list_checkpoints(tmp_path / "nowhere") == []


def test_the_root_is_given_or_from_the_environment_or_the_projects_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAN_CORE_CHECKPOINTS", raising=False)
    assert store.resolve_root() == Path(__file__).parents[2] / "checkpoints"
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", "elsewhere")
    assert store.resolve_root() == Path("elsewhere")
    assert store.resolve_root("given") == Path("given")
