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
from gan_core.checkpoints.description import REFERENCE_IMAGE_FILE, WEIGHTS_FILE
from gan_core.checkpoints.store import DEFAULT_ROOT, list_checkpoints
from gan_core.cli import main
from gan_core.evaluation import reference_check
from gan_core.evaluation.reference_check import CheckState, check_model, update_reference
from gan_core.images import tensors
from tests import factories, small_upscalers

pytestmark = pytest.mark.core


@pytest.fixture(params=["generator", "upscaler"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Checkpoint:
    """A tiny model with its reference."""
    checkpoint = (
        small_upscalers.make_upscaler_checkpoint(tmp_path)
        if request.param == "upscaler"
        else factories.checkpoint(tmp_path, "dcgan")
    )
    update_reference(checkpoint)
    return checkpoint


def change_pixel(checkpoint: Checkpoint, levels: int) -> None:
    """The reference, one pixel of it `levels` away from what it was."""
    file = checkpoint.folder / REFERENCE_IMAGE_FILE
    pixels, facts = reference_check.decode_png(file.read_bytes()).copy(), tensors.read_png_metadata(file.read_bytes())
    value = int(pixels[0, 0, 0])
    pixels[0, 0, 0] = value + levels if value + levels <= 255 else value - levels
    file.write_bytes(tensors.encode_png(tensors.to_pil(pixels), facts))


@pytest.mark.parametrize("checkpoint", list_checkpoints(DEFAULT_ROOT), ids=lambda checkpoint: checkpoint.name)
def test_every_model_that_travels_draws_what_it_drew_and_its_reference_is_small(checkpoint: Checkpoint) -> None:
    finding = check_model(checkpoint)
    assert finding.passed, f"{finding.name}: {finding.text}"
    assert (checkpoint.folder / REFERENCE_IMAGE_FILE).stat().st_size < 60_000


def test_a_model_draws_what_its_reference_holds(fresh: Checkpoint) -> None:
    assert check_model(fresh) == reference_check.CheckResult(fresh.name, CheckState.SAME, "draws what it drew", 0)


@pytest.mark.parametrize(("levels", "state"), [(2, CheckState.SAME), (3, CheckState.DIFFERENT)])
def test_two_grey_levels_are_forgiven_and_three_are_not(fresh: Checkpoint, levels: int, state: CheckState) -> None:
    change_pixel(fresh, levels)
    finding = check_model(fresh)
    assert (finding.state, finding.difference) == (state, levels)


def test_a_library_that_computes_otherwise_shows(fresh: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    convolve = torch.nn.functional.conv2d
    monkeypatch.setattr(torch.nn.functional, "conv2d", lambda *given, **named: convolve(*given, **named) * 1.1)
    turned = torch.nn.functional.conv_transpose2d
    monkeypatch.setattr(torch.nn.functional, "conv_transpose2d", lambda *given, **named: turned(*given, **named) * 1.1)
    assert check_model(fresh).state is CheckState.DIFFERENT


def test_other_weights_with_the_old_reference_are_called_just_that(fresh: Checkpoint) -> None:
    weights = load_file(fresh.folder / WEIGHTS_FILE)
    store.save_weights({name: value * 1.5 for name, value in weights.items()}, fresh.folder / WEIGHTS_FILE, "{}")
    finding = check_model(store.open_checkpoint(fresh.folder))
    assert finding.state is CheckState.WEIGHTS_CHANGED
    assert f"check {fresh.name} --renew" in finding.text
    update_reference(store.open_checkpoint(fresh.folder))
    assert check_model(store.open_checkpoint(fresh.folder)).passed


def test_a_torn_file_of_weights_is_broken(fresh: Checkpoint) -> None:
    file = fresh.folder / WEIGHTS_FILE
    file.write_bytes(file.read_bytes()[:-100])
    assert check_model(store.open_checkpoint(fresh.folder)).state is CheckState.BROKEN


def test_without_a_reference_or_with_a_torn_one_it_says_how_to_make_one(fresh: Checkpoint) -> None:
    file = fresh.folder / REFERENCE_IMAGE_FILE
    file.write_bytes(file.read_bytes()[:60])
    assert (check_model(fresh).state, "--renew" in check_model(fresh).text) == (CheckState.BROKEN, True)
    file.unlink()
    assert (check_model(fresh).state, "--renew" in check_model(fresh).text) == (CheckState.MISSING, True)


def test_the_picture_that_is_enlarged_is_the_same_everywhere() -> None:
    card = reference_check.draw_test_chart(3)
    assert card.shape == (24, 24, 3)
    assert [card[position].tolist() for position in ((0, 0), (0, 1), (23, 23), (12, 12))] == [
        [0, 0, 0], [11, 0, 255], [255, 255, 0], [255, 255, 255],
    ]  # fmt: skip
    np.testing.assert_array_equal(reference_check.draw_test_chart(1), reference_check.draw_test_chart(3)[:, :, :1])


# The command ---------------------------------------------------------------------------------------------------------


def test_the_command_reports_version_device_memory_and_each_model(fresh: Checkpoint, capsys) -> None:
    assert main(["check", "--checkpoints", str(fresh.folder.parent), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["models"] == [{"name": fresh.name, "state": "same", "text": "draws what it drew", "difference": 0}]
    assert report["host"]["torch"] == torch.__version__
    assert {"version", "device", "memory"} <= set(report["host"])


def test_the_command_fails_and_names_those_that_failed(fresh: Checkpoint, tmp_path: Path, capsys) -> None:
    shutil.copytree(fresh.folder, tmp_path / "second")
    change_pixel(store.open_checkpoint(tmp_path / "second"), 50)
    assert main(["check", "--checkpoints", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert "1 of 2 models failed the check: second." in told.err
    assert "50 grey levels away" in told.out
    assert main(["check", "--checkpoints", str(tmp_path), "--renew"]) == 0
    assert main(["check", "--checkpoints", str(tmp_path)]) == 0


def test_nothing_to_check_is_no_success(tmp_path: Path, capsys) -> None:
    assert main(["check", "--checkpoints", str(tmp_path)]) == 2
    assert "holds no model to check" in capsys.readouterr().err
