"""Loading a checkpoint: its networks are those that were written, and what cannot be used says why."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import CONFIG_FILE, SOURCE_FILE, WEIGHTS_FILE
from gan_core.errors import UsageError
from gan_core.models import FAMILIES
from tests import factories

pytestmark = pytest.mark.core


@pytest.fixture
def made(tmp_path: Path) -> Checkpoint:
    return factories.checkpoint(tmp_path, "conditional")


@pytest.mark.parametrize("name", FAMILIES)
def test_a_loaded_checkpoint_equals_the_written_one_and_is_frozen(name: str, tmp_path: Path) -> None:
    made = factories.checkpoint(tmp_path, name)
    read = store.find_checkpoint("tiny", tmp_path)
    assert read.description == factories.description(name)
    assert read.config == factories.run(name).model
    generator, discriminator = read.load_generator(), read.load_discriminator()
    written = load_file(made.folder / WEIGHTS_FILE)
    assert all(torch.equal(value, written[key]) for key, value in generator.state_dict().items())
    for network in (generator, discriminator):
        assert not network.training
        assert not any(parameter.requires_grad for parameter in network.parameters())
    assert read.weights_bytes == (made.folder / WEIGHTS_FILE).stat().st_size


def test_the_hash_identifies_the_weights(made: Checkpoint, tmp_path: Path) -> None:
    assert len(made.weights_hash) == 8
    again = factories.checkpoint(tmp_path / "again", "conditional")
    other = factories.checkpoint(tmp_path / "other", "conditional", seed=1)
    assert again.weights_hash == made.weights_hash != other.weights_hash


def change_config(**values: Any) -> Callable[[Checkpoint], None]:
    """Set entries of config.json; None removes one."""

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
    "newer format": (change_config(format=99), "format 99; this version reads up to 1: update GAN Atelier"),
    "no format": (change_config(format=None), "not the config of a checkpoint"),
    "invalid format": (change_config(format="new"), "not the config of a checkpoint"),
    "unknown entry": (change_config(sparkle=1), "not the config of a checkpoint.*sparkle"),
    "unknown family": (change_config(family="biggan"), "no family 'biggan'; there are vanilla"),
    "invalid family": (change_config(family=["dcgan"]), "family is"),
    "invalid model": (change_config(model=[1]), r"model is \[1\]"),
    "unknown setting": (change_config(model={"sparkle": 1}), "no setting named sparkle"),
    "setting out of range": (change_config(model={"width": 1}), "--width must be at least 4"),
    "too few class names": (change_config(classes=["circle"]), "names 1 classes, and its model has 3"),
    "invalid classes": (change_config(classes=7), "not the config of a checkpoint"),
    "classes that are no texts": (
        change_config(classes=["a", None, "b"]),
        "classes is .*, and must be a list of texts",
    ),
    "no data": (change_config(data=None), "not the config of a checkpoint: it lacks data"),
    "nested too deeply": (overwrite_config(b"[" * 100_000), "not the config of a checkpoint: it is nested too deeply"),
    "a number of 5,000 digits": (overwrite_config(b'{"format": ' + b"1" * 5000 + b"}"), "a number of too many digits"),
    "a list": (overwrite_config(b"[1, 2]"), "not the config of a checkpoint"),
    "empty": (overwrite_config(b""), "not the config of a checkpoint"),
    "null": (overwrite_config(b"null"), "not the config of a checkpoint"),
    "binary": (overwrite_config(b"\x89PNG\xff\xfe\0"), "cannot be read as the config of a checkpoint"),
    "no weights": (lambda made: (made.folder / WEIGHTS_FILE).unlink(), "cannot be read as safetensors"),
    "truncated weights": (truncate_weights, "cannot be read as safetensors"),
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
def test_a_checkpoint_that_cannot_be_used_says_why_and_does_not_hide_others(
    damage: str, made: Checkpoint, tmp_path: Path
) -> None:
    factories.checkpoint(tmp_path, "vanilla", "whole")
    damage_checkpoint, words = BROKEN[damage]
    damage_checkpoint(made)
    assert "whole" in [checkpoint.name for checkpoint in store.list_checkpoints(tmp_path)]
    with pytest.raises(UsageError, match=words):
        store.find_checkpoint("tiny", tmp_path).load_generator()


@pytest.mark.parametrize("damage", [damage for damage in BROKEN if BROKEN[damage][1] != "does not fit"])
def test_a_checkpoint_without_usable_config_or_weights_is_not_listed(
    damage: str, made: Checkpoint, tmp_path: Path
) -> None:
    damage_checkpoint, _ = BROKEN[damage]
    damage_checkpoint(made)
    listed = [checkpoint.name for checkpoint in store.list_checkpoints(tmp_path)]
    found_by_loading = "weight" in damage or damage in {"not finite", "wrong shapes"}
    assert listed == (["tiny"] if found_by_loading and damage != "no weights" else [])


@pytest.mark.parametrize("start", [b"", b"\xff" * 8, (2**40).to_bytes(8, "little")], ids=["empty", "-1", "too long"])
def test_the_hash_of_weights_with_a_damaged_header_is_one_all_the_same(made: Checkpoint, start: bytes) -> None:
    (made.folder / WEIGHTS_FILE).write_bytes(start)
    assert len(store.open_checkpoint(made.folder).weights_hash) == 8


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[]",
        '{"repository": 1}',
        '{"repository": 1, "commit": "a", "revisions": {}}',
        '{"repository": "a"}',
    ],
    ids=["nested", "a list", "no commit", "a number", "no revisions"],
)
def test_a_source_that_cannot_be_used_is_none(made: Checkpoint, text: str) -> None:
    (made.folder / SOURCE_FILE).write_text(text, encoding="utf-8")
    assert store.open_checkpoint(made.folder).source is None
