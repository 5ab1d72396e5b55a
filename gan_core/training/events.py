"""Events that a training yields, for a progress bar, a log or a page; their tensors are on the CPU."""

from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor


@dataclass(frozen=True)
class Step:
    """Mean losses since the last such event, and the metrics of this step (see `monitoring`).

    `seconds` is the training time so far, over all sessions.
    """

    number: int
    losses: dict[str, float]
    images_per_second: float
    seconds: float
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Preview:
    """Images (N, C, S, S) in [-1, 1] of the EMA generator at fixed seeds; `file` is the PNG grid."""

    number: int
    images: Tensor
    file: Path


@dataclass(frozen=True)
class Saved:
    """The state was saved: the run can be resumed from this step."""

    number: int
    folder: Path


@dataclass(frozen=True)
class Notice:
    """A message for the user, such as a warning about the data set."""

    number: int
    text: str


Event = Step | Preview | Saved | Notice
