"""Figures derived from a run's log: the time that is left, and discriminator scores as probabilities."""

import numpy as np

from gan_core.runs.log_reader import Column
from gan_core.runs.status import RunState, RunStatus

PACE_ROWS = 20  # of the log, over which the pace is measured


def seconds_remaining(run: RunStatus, log: dict[str, Column]) -> float | None:
    """Seconds to the last step at the recent pace; None where the run does not train or has logged too little."""
    pace = seconds_per_step(log)
    if run.state is not RunState.RUNNING or pace is None:
        return None
    return max((run.total_steps - run.step) * pace, 0.0)


def seconds_per_step(log: dict[str, Column]) -> float | None:
    """Seconds a step at the recent pace, with previews and saves; None where the log has fewer than two rows of it."""
    steps, seconds = recent_clock(log, PACE_ROWS)
    if len(steps) < 2:
        return None
    return float((seconds[-1] - seconds[0]) / max(steps[-1] - steps[0], 1))


def recent_clock(log: dict[str, Column], count: int) -> tuple[Column, Column]:
    """The steps of the last `count` rows of a log, and the seconds of training by then; rows without are left out.

    Rows of earlier versions have only the time of the steps themselves, without previews and saves.
    """
    clock = log.get("elapsed")
    if clock is None or np.isnan(clock[-2:]).any():
        clock = log.get("seconds")
    if clock is None:
        return np.empty(0), np.empty(0)
    has_time = ~np.isnan(clock[-count:])
    return log["step"][-count:][has_time], clock[-count:][has_time]


def to_probabilities(scores: Column) -> Column:
    """The sigmoid of raw scores (logits), without overflow."""
    return 1 / (1 + np.exp(-np.clip(scores, -50, 50)))
