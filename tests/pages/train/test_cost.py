"""The sentence on time and memory of a training, in a real run of the form."""

from dataclasses import replace
from pathlib import Path

import pytest

from gan_core.runs import profiling
from gan_core.runs.profiling import CostEstimate
from gan_core.runs.time_estimates import TimeEstimate
from pages.train import cost
from tests import factories
from tests.runs.test_time_estimates import write_run


def test_the_duration_is_a_range_with_the_rates_of_its_ends() -> None:
    run = factories.run("dcgan", steps=3000, batch_size=64)
    text = cost.duration_text(run, TimeEstimate(0.06, 0.1, 0, is_trusted=True))
    assert text == "**3 to 5 minutes** on this device for 3,000 steps (640 to 1,100 pictures a second)"
    text = cost.duration_text(run, TimeEstimate(0.1, 0.1, 0, is_trusted=True))
    assert text == "**5 minutes** on this device for 3,000 steps (640 pictures a second)"
    text = cost.duration_text(replace(run, training=replace(run.training, steps=100)), TimeEstimate(0.1, 0.1, 0, True))
    assert text.endswith("100 steps (640 pictures a second), after some seconds to start")


def test_the_cost_of_more_steps_is_a_range_and_nothing_where_nothing_is_known(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "mine", factories.run("dcgan"), [1.0] * 20 + [2.0] * 20)
    assert cost.more_steps_text(folder, 600) == "600 more steps: 10 to 20 minutes, at the pace of its last ones."
    assert cost.more_steps_text(folder, 0) == ""
    assert cost.more_steps_text(tmp_path / "nothing", 600) == ""


@pytest.mark.parametrize(
    ("run_count", "busy", "cores", "expected"),
    [
        (0, False, 0.1, "A few steps on noise were measured just now."),
        (1, False, 0.1, "That is what an earlier run of this shape took here."),
        (3, True, 1.0, "That is what 3 earlier runs of this shape took here. Another training runs here"),
        (0, False, 1.2, "measured just now. Other programs keep a core busy meanwhile."),
        (0, False, 2.4, "Other programs keep 2 cores busy meanwhile."),
    ],
)
def test_the_estimate_says_what_it_rests_on(run_count: int, busy: bool, cores: float, expected: str) -> None:
    assert expected in cost.basis_text(TimeEstimate(0.1, 0.2, run_count, is_trusted=True), busy, cores)


def test_steps_are_planned_by_the_slow_end_and_by_nothing_that_is_not_trusted(
    runs_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, scattered = factories.run("dcgan"), CostEstimate(0.1, 10**9, 64, 9.0, is_trusted=False)
    monkeypatch.setattr(profiling, "estimate_cost", lambda run: scattered)
    assert cost.step_seconds(run) is None
    write_run(runs_root, "earlier", run, [0.2] * 30)
    assert cost.step_seconds(run) == pytest.approx(0.2)
    monkeypatch.setattr(profiling, "estimate_cost", lambda run: replace(scattered, median_step_seconds=0.1))
    assert cost.step_seconds(factories.run("dcgan", width=12)) is None
