"""Figures derived from a run's log: the time that is left, and discriminator scores as probabilities."""

import numpy as np

from gan_core.runs.log_reader import Column
from gan_core.runs.status import RunState, RunStatus

PACE_ROWS = 20  # of the log, over which the pace is measured


def seconds_remaining(run: RunStatus, log: dict[str, Column]) -> float | None:
    """Seconds to the last step at the recent pace; None where the run does not train or has logged too little."""
    if run.state is not RunState.RUNNING or "seconds" not in log or len(log["step"]) < 2:
        return None
    steps, seconds = (log[name][-PACE_ROWS:] for name in ("step", "seconds"))
    seconds_per_step = (seconds[-1] - seconds[0]) / max(steps[-1] - steps[0], 1)
    return max((run.total_steps - run.step) * seconds_per_step, 0.0)


def to_probabilities(scores: Column) -> Column:
    """The sigmoid of raw scores (logits), without overflow."""
    return 1 / (1 + np.exp(-np.clip(scores, -50, 50)))
