"""A folder is a whole model or none, names are never guessed, and what cannot be used says why."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import CARD_FILE, CONFIG_FILE, DISCRIMINATOR_FILE, WEIGHTS_FILE
from gan_core.errors import UsageError
from gan_core.models import FAMILIES
from tests import factories

pytestmark = pytest.mark.core

EVERY = pytest.mark.parametrize("name", FAMILIES)


@pytest.fixture
def made(tmp_path: Path) -> Checkpoint:
    return factories.checkpoint(tmp_path, "conditional")


@EVERY
def test_what_is_written_is_read_back(name: str, tmp_path: Path) -> None:
    made = factories.checkpoint(tmp_path, name)
    read = store.find_checkpoint("tiny", tmp_path)
    assert read.description == factories.description(name)
    assert read.config == factories.run(name).model
    generator, critic = read.load_generator(), read.load_discriminator()
    written = load_file(made.folder / WEIGHTS_FILE)
    assert all(torch.equal(value, written[key]) for key, value in generator.state_dict().items())
    for network in (generator, critic):
        assert not network.training
        assert not any(parameter.requires_grad for parameter in network.parameters())
    assert read.weights_bytes == (made.folder / WEIGHTS_FILE).stat().st_size


def test_the_same_json_travels_in_the_weights(made: Checkpoint) -> None:
    for file in (WEIGHTS_FILE, DISCRIMINATOR_FILE):
        assert store.read_safetensors_metadata(made.folder / file)["config"] == (made.folder / CONFIG_FILE).read_text()


def test_files_may_be_read_by_everyone(made: Checkpoint) -> None:
    assert {stat.S_IMODE(file.stat().st_mode) for file in made.folder.iterdir()} == {0o644}


def test_a_checkpoint_that_exists_needs_force(made: Checkpoint, tmp_path: Path) -> None:
    before = made.weights_hash
    weights = load_file(made.folder / WEIGHTS_FILE)
    with pytest.raises(UsageError, match="exists: overwrite it by --force"):
        store.write_checkpoint(made.folder, made.description, weights)
    changed = {name: value + 1 for name, value in weights.items()}
    forced = store.write_checkpoint(made.folder, made.description, changed, force=True)
    assert forced.weights_hash != before
    assert not forced.has_discriminator  # nothing of the old one stays behind
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


def test_the_hash_is_that_of_the_weights(made: Checkpoint, tmp_path: Path) -> None:
    assert len(made.weights_hash) == 8
    again = factories.checkpoint(tmp_path / "again", "conditional")
    other = factories.checkpoint(tmp_path / "other", "conditional", seed=1)
    assert again.weights_hash == made.weights_hash != other.weights_hash


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


# Finding -------------------------------------------------------------------------------------------------------------


def test_an_existing_path_wins_over_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
        ("someone/model", "is no folder here.*write hub:someone/model"),
        ("hub:someone/model", "must be fetched first"),
    ],
)
def test_a_reference_that_is_none_is_answered_with_what_there_is(
    reference: str, words: str, made: Checkpoint, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=words):
        store.find_checkpoint(reference, tmp_path)


def test_a_folder_without_a_config_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is no checkpoint: it holds no config\.json"):
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


def test_every_alias_leads_to_a_committed_checkpoint_and_from_a_name_that_is_gone() -> None:
    names = {checkpoint.name for checkpoint in store.list_checkpoints(store.DEFAULT_ROOT)}
    assert set(store.ALIASES.values()) <= names
    assert not set(store.ALIASES) & names


def change_config(**values: Any) -> Callable[[Checkpoint], None]:
    """Settings of config.json put to other values; None takes them out."""

    def change(made: Checkpoint) -> None:
        facts = json.loads((made.folder / CONFIG_FILE).read_text()) | values
        (made.folder / CONFIG_FILE).write_text(
            json.dumps({key: value for key, value in facts.items() if value is not None})
        )

    return change


def overwrite_config(content: bytes) -> Callable[[Checkpoint], object]:
    return lambda made: (made.folder / CONFIG_FILE).write_bytes(content)


def change_weights(
    change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]],
) -> Callable[[Checkpoint], None]:
    return lambda made: save_file(change(load_file(made.folder / WEIGHTS_FILE)), made.folder / WEIGHTS_FILE)


def truncate_weights(made: Checkpoint) -> None:
    (made.folder / WEIGHTS_FILE).write_bytes((made.folder / WEIGHTS_FILE).read_bytes()[:-10])


BROKEN: dict[str, tuple[Callable[[Checkpoint], object], str]] = {
    "newer format": (change_config(format=99), "format 99; this version reads up to 1: update"),
    "no format": (change_config(format=None), "no checkpoint's config"),
    "odd format": (change_config(format="new"), "no checkpoint's config"),
    "unknown entry": (change_config(sparkle=1), "no checkpoint's config.*sparkle"),
    "unknown family": (change_config(family="biggan"), "no family 'biggan'; there are vanilla"),
    "odd family": (change_config(family=["dcgan"]), "family is"),
    "odd model": (change_config(model=[1]), r"model is \[1\]"),
    "unknown setting": (change_config(model={"sparkle": 1}), "no setting named sparkle"),
    "setting out of range": (change_config(model={"width": 1}), "--width must be at least 4"),
    "too few class names": (change_config(classes=["circle"]), "names 1 classes, and its model has 3"),
    "odd classes": (change_config(classes=7), "no checkpoint's config"),
    "a list": (overwrite_config(b"[1, 2]"), "no checkpoint's config"),
    "empty": (overwrite_config(b""), "no checkpoint's config"),
    "null": (overwrite_config(b"null"), "no checkpoint's config"),
    "binary": (overwrite_config(b"\x89PNG\xff\xfe\0"), "cannot be read as a checkpoint's config"),
    "no weights": (lambda made: (made.folder / WEIGHTS_FILE).unlink(), "cannot be read as safetensors"),
    "torn weights": (truncate_weights, "cannot be read as safetensors"),
    "empty weights": (lambda made: (made.folder / WEIGHTS_FILE).write_bytes(b""), "cannot be read as safetensors"),
    "pickled weights": (lambda made: torch.save({}, made.folder / WEIGHTS_FILE), "cannot be read as safetensors"),
    "missing weight": (change_weights(lambda all: dict(list(all.items())[1:])), "does not fit its config"),
    "wrong shapes": (
        change_weights(lambda all: {name: value[..., None] for name, value in all.items()}),
        "does not fit",
    ),
    "not finite": (
        change_weights(lambda all: {name: value / 0 for name, value in all.items()}),
        "not finite, first in",
    ),
}


@pytest.mark.parametrize("damage", BROKEN)
def test_a_checkpoint_that_cannot_be_used_says_why_and_hides_no_other(
    damage: str, made: Checkpoint, tmp_path: Path
) -> None:
    factories.checkpoint(tmp_path, "vanilla", "whole")
    harm, words = BROKEN[damage]
    harm(made)
    assert "whole" in [checkpoint.name for checkpoint in store.list_checkpoints(tmp_path)]
    with pytest.raises(UsageError, match=words):
        store.find_checkpoint("tiny", tmp_path).load_generator()


@pytest.mark.parametrize("damage", [damage for damage in BROKEN if BROKEN[damage][1] != "does not fit"])
def test_what_has_no_usable_config_or_no_weights_is_not_listed(damage: str, made: Checkpoint, tmp_path: Path) -> None:
    harm, _ = BROKEN[damage]
    harm(made)
    listed = [checkpoint.name for checkpoint in store.list_checkpoints(tmp_path)]
    looked_into = "weight" in damage or damage in {"not finite", "wrong shapes"}  # only when they are loaded
    assert listed == (["tiny"] if looked_into and damage != "no weights" else [])


def test_other_folders_are_passed_over(made: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd" / CONFIG_FILE).mkdir(parents=True)
    (tmp_path / "notes.txt").write_text("hello")
    assert [checkpoint.name for checkpoint in store.list_checkpoints(tmp_path)] == ["tiny"]
    assert store.list_checkpoints(tmp_path / "nowhere") == []


def test_the_folder_of_models_is_given_or_set_or_the_projects_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAN_CORE_CHECKPOINTS", raising=False)
    assert store.resolve_root() == Path(__file__).parents[2] / "checkpoints"
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", "elsewhere")
    assert store.resolve_root() == Path("elsewhere")
    assert store.resolve_root("given") == Path("given")
