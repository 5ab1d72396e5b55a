"""What a training tells while it runs: frozen facts on the CPU, for a progress bar, a log or a page."""

from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor


@dataclass(frozen=True)
class Step:
    """Losses since the last such event, and what `watching` tells of this very step; `seconds` is the time trained so
    far, over all sessions."""

    number: int
    losses: dict[str, float]
    images_per_second: float
    seconds: float
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Preview:
    """The EMA generator's pictures (N, C, S, S) in [-1, 1] from seeds that never change, also saved as a PNG grid."""

    number: int
    images: Tensor
    file: Path


@dataclass(frozen=True)
class Saved:
    """The run can be resumed from this step."""

    number: int
    folder: Path


@dataclass(frozen=True)
class Notice:
    """Something the person who trains should know, in a sentence."""

    number: int
    text: str


Event = Step | Preview | Saved | Notice
