"""The time that is left of a job, as it is shown: it never counts upwards, unless the job has become far slower."""

import time
from collections.abc import Callable

STALL_RATIO, STALL_MARGIN_S = 1.6, 5.0  # a new estimate beyond that of the one shown is told, not hidden


class Countdown:
    """Smooths estimates of the end of a job for a reader.

    Between two estimates the time shown runs down with the clock. A later estimate that is longer leaves it where it is
    until the clock has caught up; one that is much longer replaces it, and `is_slower` says so.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.end: float | None = None  # by the latest estimate
        self.shown: float | None = None  # seconds
        self.is_slower = False

    def estimate(self, remaining_s: float) -> None:
        """Takes a new estimate of the seconds that remain."""
        self.end = self.clock() + remaining_s

    def remaining(self) -> float | None:
        """Seconds to show, at least 0; None before the first estimate."""
        if self.end is None:
            return None
        remaining = max(0.0, self.end - self.clock())
        if self.shown is None:
            self.shown = remaining
        elif remaining > STALL_RATIO * self.shown + STALL_MARGIN_S:
            self.shown, self.is_slower = remaining, True
        else:
            self.shown = min(self.shown, remaining)
        return self.shown
