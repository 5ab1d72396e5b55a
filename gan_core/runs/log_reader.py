"""Reads the log of a run as columns of numbers, incrementally, and downsamples curves for a screen."""

import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan_core.training.run_files import parse_log

Column = NDArray[np.float64]
MAX_POINTS = 1_000  # of a curve on a screen
MAX_READERS = 32  # kept for the next call

_readers: dict[Path, "LogReader"] = {}
_lock = threading.Lock()


class LogReader:
    """A growing log as columns; values that a line lacks are NaN."""

    def __init__(self, file: Path) -> None:
        self.file, self.offset, self.identity = file, 0, (0, 0)
        self.rows: list[dict[str, float]] = []
        self.lock = threading.Lock()

    def columns(self) -> dict[str, Column]:
        with self.lock:
            self.refresh()
            names = dict.fromkeys(name for row in (*self.rows[:1], *self.rows[-1:]) for name in row)
            return {name: np.array([row.get(name, np.nan) for row in self.rows], dtype=np.float64) for name in names}

    def refresh(self) -> None:
        """Reads what was appended since; a log that was truncated or replaced, from its beginning."""
        try:
            file_stat = self.file.stat()
        except OSError:
            self.rows, self.offset = [], 0
            return
        identity = (file_stat.st_dev, file_stat.st_ino)
        if identity != self.identity or file_stat.st_size < self.offset:
            self.rows, self.offset, self.identity = [], 0, identity
        with self.file.open("rb") as stream:
            stream.seek(self.offset)
            text = stream.read()
        whole_lines = text[: text.rfind(b"\n") + 1]  # the last line may be incomplete
        self.offset += len(whole_lines)
        self.rows += map(to_floats, parse_log(whole_lines))


def to_floats(row: dict[str, Any]) -> dict[str, float]:
    return {name: to_float(value) for name, value in row.items() if isinstance(value, (int, float))}


def to_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer that no float holds
        return np.nan


def read_columns(file: Path) -> dict[str, Column]:
    """The columns of a log, `step` among them; empty where there is no log. Only what is new is read."""
    with _lock:
        while len(_readers) >= MAX_READERS and file not in _readers:
            _readers.pop(next(iter(_readers)))
        reader = _readers.setdefault(file, LogReader(file))
    return reader.columns()


def smooth(values: Column, half_life: float = 15) -> Column:
    """Exponential moving average with bias correction, as Adam's; the half-life is in lines, NaN is skipped."""
    if not len(values):
        return values
    decay = 0.5 ** (1 / half_life)
    smoothed, average, weight = np.empty_like(values), 0.0, 0.0
    for index, value in enumerate(values.tolist()):
        if value == value:  # not NaN
            average, weight = decay * average + (1 - decay) * value, decay * weight + 1 - decay
        smoothed[index] = average / weight if weight else np.nan
    return smoothed


def downsample(steps: Column, values: Column, max_points: int = MAX_POINTS) -> tuple[Column, Column]:
    """At most `max_points` points of a curve: the minimum and maximum of each segment, so that spikes stay."""
    if len(steps) <= max_points:
        return steps, values
    edges = np.linspace(0, len(steps), max_points // 2 + 1).astype(int)
    indices: list[int] = []
    for first, last in pairwise(edges):
        segment = values[first:last]
        if np.isnan(segment).all():
            continue
        indices += sorted({first + int(np.nanargmin(segment)), first + int(np.nanargmax(segment))})
    return steps[indices], values[indices]


def last_median(columns: dict[str, Column], name: str, count: int = 1) -> float | None:
    """The median of the last `count` values of a column, NaN aside; None where there are none."""
    values = columns.get(name)
    if values is None or not len(values):
        return None
    recent = values[-count:]
    recent = recent[~np.isnan(recent)]
    return float(np.median(recent)) if len(recent) else None
