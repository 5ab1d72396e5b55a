"""`check`: the models that travel draw what they drew; whatever is changed about one of them is said for what it is."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import REFERENCE, WEIGHTS
from gan_core.checkpoints.store import ROOT, available
from gan_core.cli import main
from gan_core.evaluation import reference_check
from gan_core.evaluation.reference_check import State, check, renew
from gan_core.images import tensors
from tests import factories, small_upscalers


@pytest.fixture(params=["generator", "upscaler"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Checkpoint:
    """A tiny model with its reference."""
    made = (
        small_upscalers.checkpoint(tmp_path) if request.param == "upscaler" else factories.checkpoint(tmp_path, "dcgan")
    )
    renew(made)
    return made


def retouch(checkpoint: Checkpoint, levels: int) -> None:
    """The reference, one pixel of it `levels` away from what it was."""
    file = checkpoint.folder / REFERENCE
    pixels, facts = reference_check.opened(file.read_bytes()).copy(), tensors.read_facts(file.read_bytes())
    value = int(pixels[0, 0, 0])
    pixels[0, 0, 0] = value + levels if value + levels <= 255 else value - levels
    file.write_bytes(tensors.png_bytes(tensors.to_pil(pixels), facts))


@pytest.mark.parametrize("checkpoint", available(ROOT), ids=lambda each: each.name)
def test_every_model_that_travels_draws_what_it_drew_and_its_reference_is_small(checkpoint: Checkpoint) -> None:
    finding = check(checkpoint)
    assert finding.good, f"{finding.name}: {finding.text}"
    assert (checkpoint.folder / REFERENCE).stat().st_size < 60_000


def test_a_model_draws_what_its_reference_holds(fresh: Checkpoint) -> None:
    assert check(fresh) == reference_check.Finding(fresh.name, State.SAME, "draws what it drew", 0)


@pytest.mark.parametrize(("levels", "state"), [(2, State.SAME), (3, State.DIFFERENT)])
def test_two_grey_levels_are_forgiven_and_three_are_not(fresh: Checkpoint, levels: int, state: State) -> None:
    retouch(fresh, levels)
    finding = check(fresh)
    assert (finding.state, finding.difference) == (state, levels)


def test_a_library_that_computes_otherwise_shows(fresh: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    convolve = torch.nn.functional.conv2d
    monkeypatch.setattr(torch.nn.functional, "conv2d", lambda *given, **named: convolve(*given, **named) * 1.1)
    turned = torch.nn.functional.conv_transpose2d
    monkeypatch.setattr(torch.nn.functional, "conv_transpose2d", lambda *given, **named: turned(*given, **named) * 1.1)
    assert check(fresh).state is State.DIFFERENT


def test_other_weights_with_the_old_reference_are_called_just_that(fresh: Checkpoint) -> None:
    weights = load_file(fresh.folder / WEIGHTS)
    store.save_weights({name: value * 1.5 for name, value in weights.items()}, fresh.folder / WEIGHTS, "{}")
    finding = check(store.read(fresh.folder))
    assert finding.state is State.STALE
    assert f"check {fresh.name} --renew" in finding.text
    renew(store.read(fresh.folder))
    assert check(store.read(fresh.folder)).good


def test_a_torn_file_of_weights_is_broken(fresh: Checkpoint) -> None:
    file = fresh.folder / WEIGHTS
    file.write_bytes(file.read_bytes()[:-100])
    assert check(store.read(fresh.folder)).state is State.BROKEN


def test_without_a_reference_or_with_a_torn_one_it_says_how_to_make_one(fresh: Checkpoint) -> None:
    file = fresh.folder / REFERENCE
    file.write_bytes(file.read_bytes()[:60])
    assert (check(fresh).state, "--renew" in check(fresh).text) == (State.BROKEN, True)
    file.unlink()
    assert (check(fresh).state, "--renew" in check(fresh).text) == (State.MISSING, True)


def test_the_picture_that_is_enlarged_is_the_same_everywhere() -> None:
    card = reference_check.chart(3)
    assert card.shape == (24, 24, 3)
    assert [card[place].tolist() for place in ((0, 0), (0, 1), (23, 23), (12, 12))] == [
        [0, 0, 0], [11, 0, 255], [255, 255, 0], [255, 255, 255],
    ]  # fmt: skip
    np.testing.assert_array_equal(reference_check.chart(1), reference_check.chart(3)[:, :, :1])


# The command ---------------------------------------------------------------------------------------------------------


def test_the_command_reports_version_device_memory_and_each_model(fresh: Checkpoint, capsys) -> None:
    assert main(["check", "--checkpoints", str(fresh.folder.parent), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["models"] == [{"name": fresh.name, "state": "same", "text": "draws what it drew", "difference": 0}]
    assert report["host"]["torch"] == torch.__version__
    assert {"version", "device", "memory"} <= set(report["host"])


def test_the_command_fails_and_names_those_that_failed(fresh: Checkpoint, tmp_path: Path, capsys) -> None:
    shutil.copytree(fresh.folder, tmp_path / "second")
    retouch(store.read(tmp_path / "second"), 50)
    assert main(["check", "--checkpoints", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert "1 of 2 models failed the check: second." in told.err
    assert "50 grey levels away" in told.out
    assert main(["check", "--checkpoints", str(tmp_path), "--renew"]) == 0
    assert main(["check", "--checkpoints", str(tmp_path)]) == 0


def test_nothing_to_check_is_no_success(tmp_path: Path, capsys) -> None:
    assert main(["check", "--checkpoints", str(tmp_path)]) == 2
    assert "holds no model to check" in capsys.readouterr().err
