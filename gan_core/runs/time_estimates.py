"""How long a training will take, as a range: from runs of the same shape where there are any, else from measured steps.

Steps that are measured for two seconds tell less than runs that went on for minutes on this machine. They are measured
all the same, since a machine that is busier now than it was then takes longer.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gan_core.runs import log_reader, progress, status
from gan_core.runs.profiling import CostEstimate
from gan_core.training.config import SCHEDULE_FIELDS, Run
from gan_core.training.run_files import LOG_FILE

COST_NEUTRAL_FIELDS = SCHEDULE_FIELDS | {
    "seed", "generator_rate", "discriminator_rate", "beta1", "beta2", "decay_from", "decay_until", "ema_pictures",
    "augment_chance", "balance",
}  # settings that do not change the time of a step  # fmt: skip
MAX_RUNS = 3  # of one shape, the latest
MIN_LOG_ROWS = 5
RECENT_ROWS = 200  # of a log
SEGMENTS = 5  # of these rows, whose mean times a step make the range
MARGIN = 1.25  # of a measured time: previews, saves and the pictures themselves are not measured


@dataclass(frozen=True)
class TimeEstimate:
    """Seconds a step, from the quickest to the slowest that is likely; `run_count` earlier runs of the shape tell it.

    Without a run it is measured. `is_trusted`: the figures agree well enough to be shown.
    """

    low_step_seconds: float
    high_step_seconds: float
    run_count: int
    is_trusted: bool


def estimate_time(cost: CostEstimate, earlier: list[tuple[float, float]]) -> TimeEstimate:
    """Combines a measurement with the ranges of earlier runs, as `earlier_step_seconds` gives them."""
    measured = max(cost.median_step_seconds, cost.step_seconds)
    if earlier:
        low, high = min(low for low, _ in earlier), max(high for _, high in earlier)
        slower_now = measured if cost.is_trusted and measured > 2 * high else high
        return TimeEstimate(low, max(high, slower_now), len(earlier), is_trusted=True)
    return TimeEstimate(cost.step_seconds, MARGIN * measured, 0, cost.is_trusted)


def cost_shape(config: dict[str, Any]) -> dict[str, Any]:
    """The part of a run's configuration, as JSON values, that the time of a step depends on."""
    training = {name: value for name, value in config.get("training", {}).items() if name not in COST_NEUTRAL_FIELDS}
    return {name: config.get(name) for name in ("family", "model", "objective")} | {"training": training}


def earlier_step_seconds(run: Run, root: Path) -> list[tuple[float, float]]:
    """For each of the latest runs of the same shape in a folder, the range of its seconds a step."""
    shape, found = cost_shape(run.to_dict()), []
    for earlier in status.list_runs(root):
        if len(found) < MAX_RUNS and cost_shape(with_defaults(earlier.config, run)) == shape:
            found.append(step_seconds_of(earlier.folder))
    return [step_range for step_range in found if step_range is not None]


def with_defaults(config: dict[str, Any], run: Run) -> dict[str, Any]:
    """A configuration of any version, completed to one of this version where it is of the run's family; else as it is.

    A version that did not have a setting behaved as the setting's default.
    """
    try:
        return Run.from_dict(config).to_dict() if config.get("family") == run.family else config
    except (ValueError, KeyError, TypeError):
        return config


def step_seconds_of(folder: Path) -> tuple[float, float] | None:
    """The quickest and the slowest mean seconds a step of the last segments of a log; None where it is too short."""
    steps, seconds = progress.recent_clock(log_reader.read_columns(folder / LOG_FILE), RECENT_ROWS)
    if len(steps) < MIN_LOG_ROWS:
        return None
    edges = np.unique(np.linspace(0, len(steps) - 1, SEGMENTS + 1).astype(int))
    step_counts, durations = np.diff(steps[edges]), np.diff(seconds[edges])
    is_valid = (step_counts > 0) & (durations > 0)  # a resumed run may have repeated steps
    if not is_valid.any():
        return None
    paces = durations[is_valid] / step_counts[is_valid]
    return float(paces.min()), float(paces.max())
