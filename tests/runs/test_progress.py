"""Figures derived from a run's log."""

from pathlib import Path

import numpy as np
import pytest

from gan_core.runs.progress import seconds_per_step, seconds_remaining, to_probabilities
from gan_core.runs.status import RunState, RunStatus


def run_at(step: int, state: RunState = RunState.RUNNING) -> RunStatus:
    return RunStatus(Path("mine"), "Mine", state, {"training": {"steps": 100}}, step=step)


def test_the_time_left_follows_the_recent_pace() -> None:
    seconds = np.concatenate([np.arange(30) * 10.0, 290 + np.arange(1, 31) * 2.0])
    log = {"step": np.arange(60.0), "seconds": seconds}
    assert seconds_remaining(run_at(60), log) == pytest.approx(80.0)


def test_the_time_left_counts_previews_and_saves_where_the_log_has_them() -> None:
    log = {"step": np.arange(60.0), "seconds": np.arange(60.0), "elapsed": 3 * np.arange(60.0)}
    assert seconds_remaining(run_at(60), log) == pytest.approx(120.0)


def test_a_run_that_an_earlier_version_began_is_measured_by_its_new_rows_alone() -> None:
    steps = np.arange(60.0)
    elapsed = np.where(steps < 55, np.nan, 1000 + 3 * steps)
    assert seconds_remaining(run_at(60), {"step": steps, "seconds": steps, "elapsed": elapsed}) == pytest.approx(120.0)
    elapsed = np.where(steps < 59, np.nan, 1000.0)  # a single new row tells no pace
    assert seconds_remaining(run_at(60), {"step": steps, "seconds": steps, "elapsed": elapsed}) == pytest.approx(40.0)
    assert seconds_per_step({"step": steps[:1], "seconds": steps[:1], "elapsed": steps[:1]}) is None


@pytest.mark.parametrize(
    ("run", "rows"), [(run_at(1), 1), (run_at(50, RunState.STOPPED), 50)], ids=["one row", "stopped"]
)
def test_the_time_left_is_unknown_where_nothing_is_measured_or_running(run: RunStatus, rows: int) -> None:
    log = {"step": np.arange(float(rows)), "seconds": np.arange(float(rows))}
    assert seconds_remaining(run, log) is None


def test_scores_become_probabilities_without_overflow() -> None:
    with np.errstate(over="raise"):
        values = to_probabilities(np.array([-1e6, 0.0, 1e6]))
    assert values == pytest.approx([0.0, 0.5, 1.0], abs=1e-9)
