from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import REFERENCE_IMAGE_FILE, WEIGHTS_FILE
from gan_core.checkpoints.store import DEFAULT_ROOT, list_checkpoints
from gan_core.evaluation import reference_check
from gan_core.evaluation.reference_check import CheckState, check_model, update_reference
from tests.evaluation.references import change_pixel, checkpoint_with_reference

pytestmark = pytest.mark.core


@pytest.fixture(params=["generator", "upscaler"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Checkpoint:
    return checkpoint_with_reference(request.param, tmp_path)


@pytest.mark.parametrize("checkpoint", list_checkpoints(DEFAULT_ROOT), ids=lambda checkpoint: checkpoint.name)
def test_every_committed_model_passes_the_check_and_has_a_small_reference(checkpoint: Checkpoint) -> None:
    result = check_model(checkpoint)
    assert result.passed, f"{result.name}: {result.text}"
    assert (checkpoint.folder / REFERENCE_IMAGE_FILE).stat().st_size < 60_000


def test_an_unchanged_model_passes(fresh: Checkpoint) -> None:
    assert check_model(fresh) == reference_check.CheckResult(
        fresh.name, CheckState.SAME, "same images as its reference", 0
    )


@pytest.mark.parametrize(("levels", "state"), [(2, CheckState.SAME), (3, CheckState.DIFFERENT)])
def test_a_difference_of_two_grey_levels_is_tolerated_and_of_three_is_not(
    fresh: Checkpoint, levels: int, state: CheckState
) -> None:
    change_pixel(fresh, levels)
    result = check_model(fresh)
    assert (result.state, result.difference) == (state, levels)


def test_a_library_that_computes_differently_is_detected(fresh: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    conv2d = torch.nn.functional.conv2d
    monkeypatch.setattr(torch.nn.functional, "conv2d", lambda *args, **kwargs: conv2d(*args, **kwargs) * 1.1)
    conv_transpose2d = torch.nn.functional.conv_transpose2d
    monkeypatch.setattr(
        torch.nn.functional, "conv_transpose2d", lambda *args, **kwargs: conv_transpose2d(*args, **kwargs) * 1.1
    )
    assert check_model(fresh).state is CheckState.DIFFERENT


def test_changed_weights_are_told_from_a_changed_computation(fresh: Checkpoint) -> None:
    weights = load_file(fresh.folder / WEIGHTS_FILE)
    store.save_weights({name: value * 1.5 for name, value in weights.items()}, fresh.folder / WEIGHTS_FILE, "{}")
    result = check_model(store.open_checkpoint(fresh.folder))
    assert result.state is CheckState.WEIGHTS_CHANGED
    assert f"check {fresh.name} --renew" in result.text
    update_reference(store.open_checkpoint(fresh.folder))
    assert check_model(store.open_checkpoint(fresh.folder)).passed


def test_truncated_weights_are_reported_as_broken(fresh: Checkpoint) -> None:
    file = fresh.folder / WEIGHTS_FILE
    file.write_bytes(file.read_bytes()[:-100])
    assert check_model(store.open_checkpoint(fresh.folder)).state is CheckState.BROKEN


def test_a_missing_or_truncated_reference_is_reported_with_the_command_that_makes_one(fresh: Checkpoint) -> None:
    file = fresh.folder / REFERENCE_IMAGE_FILE
    file.write_bytes(file.read_bytes()[:60])
    assert (check_model(fresh).state, "--renew" in check_model(fresh).text) == (CheckState.BROKEN, True)
    file.unlink()
    assert (check_model(fresh).state, "--renew" in check_model(fresh).text) == (CheckState.MISSING, True)


def test_the_test_chart_is_made_of_known_values() -> None:
    chart = reference_check.draw_test_chart(3)
    assert chart.shape == (24, 24, 3)
    assert [chart[position].tolist() for position in ((0, 0), (0, 1), (23, 23), (12, 12))] == [
        [0, 0, 0], [11, 0, 255], [255, 255, 0], [255, 255, 255],
    ]  # fmt: skip
    np.testing.assert_array_equal(reference_check.draw_test_chart(1), reference_check.draw_test_chart(3)[:, :, :1])
