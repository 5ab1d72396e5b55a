"""Estimates of the time of a training: ranges, from earlier runs of the same shape or from measured steps."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gan_core.runs import time_estimates
from gan_core.runs.profiling import CostEstimate
from gan_core.runs.time_estimates import earlier_step_seconds, estimate_time, step_seconds_of
from gan_core.training.config import Run
from tests import factories


def write_run(root: Path, name: str, run: Run, step_seconds: list[float], clock: str = "elapsed") -> Path:
    """A run's folder with a log that has a row every ten steps, which take so many seconds each."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(run.to_dict()))
    seconds, rows = 0.0, []
    for number, pace in enumerate(step_seconds, 1):
        seconds += 10 * pace
        rows.append({"step": 10 * number, clock: seconds, "pictures_per_second": 1.0})
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def measured(quickest: float, median: float, trusted: bool = True) -> CostEstimate:
    return CostEstimate(quickest, 1_000_000_000, 64, median, trusted)


def test_without_earlier_runs_the_range_is_measured_from_the_quickest_round_to_above_the_median() -> None:
    estimate = estimate_time(measured(0.1, 0.2), [])
    assert estimate.low_step_seconds == 0.1
    assert estimate.high_step_seconds == pytest.approx(0.2 * time_estimates.MARGIN)
    assert estimate.run_count == 0


def test_a_measurement_that_is_not_trusted_is_no_estimate() -> None:
    assert not estimate_time(measured(0.1, 5.0, trusted=False), []).is_trusted


def test_earlier_runs_count_more_than_a_measurement() -> None:
    estimate = estimate_time(measured(0.001, 0.002), [(0.1, 0.15), (0.12, 0.3)])
    assert (estimate.low_step_seconds, estimate.high_step_seconds) == (0.1, 0.3)
    assert estimate.run_count == 2
    assert estimate.is_trusted


def test_a_machine_that_is_much_busier_than_at_earlier_runs_makes_the_range_wider() -> None:
    assert estimate_time(measured(0.5, 1.0), [(0.1, 0.2)]).high_step_seconds == 1.0
    assert estimate_time(measured(0.5, 1.0, trusted=False), [(0.1, 0.2)]).high_step_seconds == 0.2


@pytest.mark.parametrize("clock", ["elapsed", "seconds"])
def test_the_pace_of_a_log_is_its_quickest_and_slowest_segment(tmp_path: Path, clock: str) -> None:
    folder = write_run(tmp_path, "run", factories.run("dcgan"), [9.0] + [0.1] * 100 + [0.2] * 100, clock)
    low, high = step_seconds_of(folder) or (0.0, 0.0)
    assert low == pytest.approx(0.1)
    assert high == pytest.approx(0.2)


def test_a_log_that_is_too_short_or_missing_tells_nothing(tmp_path: Path) -> None:
    assert step_seconds_of(tmp_path) is None
    assert step_seconds_of(write_run(tmp_path, "run", factories.run("dcgan"), [0.1] * 3)) is None


def test_a_log_in_which_a_resumed_run_repeats_steps_is_read(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "run", factories.run("dcgan"), [0.1] * 30)
    rows = (folder / "log.jsonl").read_text().splitlines()
    (folder / "log.jsonl").write_text("\n".join([*rows, *rows[20:]]) + "\n")
    low, high = step_seconds_of(folder) or (0.0, 0.0)
    assert 0.05 < low <= high < 0.2


@pytest.mark.parametrize(
    "changes", [{"steps": 99}, {"seed": 4}, {"generator_rate": 0.5}, {"preview_every": 7}, {"augment_chance": 0.5}]
)
def test_runs_that_differ_in_what_costs_no_time_are_of_one_shape(tmp_path: Path, changes: dict[str, Any]) -> None:
    write_run(tmp_path, "earlier", factories.run("dcgan"), [0.1] * 30)
    assert len(earlier_step_seconds(factories.run("dcgan", **changes), tmp_path)) == 1


@pytest.mark.parametrize("changes", [{"batch_size": 32}, {"width": 24}, {"generator_steps": 2}, {"device": "auto"}])
def test_runs_that_differ_in_what_costs_time_are_not(tmp_path: Path, changes: dict[str, Any]) -> None:
    earlier = replace(factories.run("dcgan", batch_size=8, width=8, device="cpu"))
    write_run(tmp_path, "earlier", earlier, [0.1] * 30)
    run = factories.run("dcgan", **{"batch_size": 8, "width": 8, "device": "cpu"} | changes)
    assert earlier_step_seconds(run, tmp_path) == []


def test_a_run_of_an_earlier_version_and_unreadable_ones_are_compared_too(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "earlier", factories.run("dcgan"), [0.1] * 30)
    config = json.loads((folder / "run.json").read_text())
    del config["training"]["threads"]  # a setting of this version
    (folder / "run.json").write_text(json.dumps(config))
    strange = write_run(tmp_path, "strange", factories.run("dcgan"), [0.1] * 30)
    (strange / "run.json").write_text(json.dumps(config | {"training": {"of": "another version"}}))
    assert len(earlier_step_seconds(factories.run("dcgan"), tmp_path)) == 1


def test_only_the_latest_runs_count(tmp_path: Path) -> None:
    for number in range(time_estimates.MAX_RUNS + 2):
        write_run(tmp_path, f"run-{number}", factories.run("dcgan"), [0.1] * 30)
    assert len(earlier_step_seconds(factories.run("dcgan"), tmp_path)) == time_estimates.MAX_RUNS
