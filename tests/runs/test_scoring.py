"""Scores of models are measured by processes that pages can follow."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from gan_core.checkpoints import own, store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import OwnModel
from gan_core.errors import UsageError
from gan_core.runs import scoring
from gan_core.runs.scoring import plan_scoring, report_scoring, scoring_state
from tests import factories, small_upscalers


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models without classifiers, and an empty folder of data sets."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("GAN_CORE_DATA", str(tmp_path / "data"))
    return tmp_path / "models"


def own_model(root: Path, data: Path, family: str = "residual", pictures: int = 120, **changes: Any) -> Checkpoint:
    """A model of one's own, trained on this many images at this path."""
    made = factories.checkpoint(root, family, **changes)
    config = json.loads((made.folder / "config.json").read_text())
    config["data"] |= {"name": data.stem, "pictures": pictures}
    (made.folder / "config.json").write_text(json.dumps(config))
    return own.write_note(store.open_checkpoint(made.folder), OwnModel(data=str(data)))


def classifier(root: Path, name: str, size: int = 64) -> None:
    (root / name).mkdir(parents=True)
    (root / name / "config.json").write_text(json.dumps({"kind": "instance-judge", "size": size}))


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere" / "pets").mkdir(parents=True)
    return tmp_path / "elsewhere" / "pets"


def test_a_folder_of_ones_own_is_scored_by_its_classifier_where_it_lies(root: Path, pets: Path) -> None:
    classifier(root, "judge-pets", 28)
    plan = plan_scoring(own_model(root, pets), root)
    assert (plan.classifier, plan.is_general) == ("judge-pets", False)
    assert plan.flags == ("--data", str(pets))


@pytest.mark.parametrize("family", ["residual", "conditional"])
def test_without_a_classifier_of_its_own_the_features_of_another_are_used(root: Path, pets: Path, family: str) -> None:
    classifier(root, "judge-flowers102")
    plan = plan_scoring(own_model(root, pets, family), root)
    assert (plan.classifier, plan.is_general) == ("judge-flowers102", True)
    assert plan.flags == ("--data", str(pets), "--judge", "judge-flowers102")


def test_what_prevents_scores_is_said(root: Path, pets: Path) -> None:
    def reason(checkpoint: Checkpoint) -> str:
        with pytest.raises(UsageError) as error:
            plan_scoring(checkpoint, root)
        return str(error.value)

    made = own_model(root, pets)
    assert f"`python -m gan_core judge {pets}` trains one" in reason(made)
    classifier(root, "judge-flowers102")
    assert "at least 100 training images" in reason(own_model(root, pets, name="few", pictures=99))
    assert "judge pets" in reason(own_model(root, pets, "text_conditional", name="words"))
    pets.rmdir()
    assert f"{pets} is not there any more" in reason(made)
    assert "set5, set14, kodak" in reason(small_upscalers.make_upscaler_checkpoint(root, "larger"))


def test_a_super_resolution_model_is_scored_where_the_benchmarks_are(root: Path) -> None:
    (root.parent / "data" / "sr-benchmarks.zip").write_bytes(b"")
    assert plan_scoring(small_upscalers.make_upscaler_checkpoint(root, "larger"), root).flags == ()


@pytest.fixture
def measured(root: Path) -> Checkpoint:
    return factories.checkpoint(root, "dcgan", "measured")


def test_a_measurement_reports_while_it_runs_and_leaves_nothing(measured: Checkpoint) -> None:
    before = sorted(os.listdir(measured.folder))
    assert not scoring_state(measured).is_running
    with report_scoring(measured) as report:
        report(40, 100)
        state = scoring_state(measured)
        assert (state.is_running, state.done, state.total) == (True, 40, 100)
        with pytest.raises(UsageError, match="are being measured: rename it when that is done"):
            scoring.rename_model("measured", "other", measured.folder.parent)
    assert scoring_state(measured) == scoring.ScoringState(False)
    assert sorted(os.listdir(measured.folder)) == before
    assert scoring.rename_model("measured", "other", measured.folder.parent).name == "other"


def test_a_measurement_that_failed_says_why(measured: Checkpoint) -> None:
    with pytest.raises(UsageError), report_scoring(measured):
        raise UsageError("There are too few images.")
    assert scoring_state(measured).failure == "There are too few images."
    with report_scoring(measured):
        pass
    assert scoring_state(measured).failure is None


def test_a_measurement_that_was_requested_counts_as_running_until_it_should_have_begun(
    measured: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(scoring, "start_detached", started.append)
    scoring.score_in_background(measured, scoring.ScoringPlan("judge-x", ("--judge", "judge-x")))
    assert started == [
        ["evaluate", str(measured.folder), "--save", "--checkpoints", str(measured.folder.parent), "--judge", "judge-x"]
    ]
    assert scoring_state(measured).is_running
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + scoring.START_TIMEOUT_S + 1)
    assert scoring_state(measured).failure == "It was interrupted."


def test_a_killed_measurement_is_reported_as_interrupted(measured: Checkpoint) -> None:
    (measured.folder / scoring.NOTE_FILE).write_text(json.dumps({"began": time.time(), "done": 7}))
    assert scoring_state(measured) == scoring.ScoringState(False, failure="It was interrupted.")
    with FileLock(measured.folder / scoring.LOCK_FILE):
        assert scoring_state(measured).done == 7


def test_a_model_that_is_deleted_while_it_is_measured_does_not_come_back(measured: Checkpoint) -> None:
    with pytest.raises(OSError, match="measured"), report_scoring(measured) as report:  # noqa: PT012
        own.delete_own("measured", measured.folder.parent)
        report(1, 2)
        raise OSError("measured is gone")
    assert not measured.folder.exists()
