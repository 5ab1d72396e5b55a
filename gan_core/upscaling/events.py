"""The events that an upscaling yields."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from gan_core.images.reading import DecodedImage


@dataclass(frozen=True, eq=False)
class Patch:
    """The part of the network's output that a tile has finished: pixels (H, W, C), and the position of their corner."""

    top: int
    left: int
    pixels: NDArray[Any]


@dataclass(frozen=True)
class Progress:
    """One more tile is done: pixels of the input that are finished, and all of them.

    The network has read `window_pixels` for the tile, overlap included, in `seconds`; `patch` is its result.
    """

    done_pixels: int
    total_pixels: int
    window_pixels: int = 0
    seconds: float = 0.0
    patch: Patch | None = None


@dataclass(frozen=True)
class Notice:
    """A sentence for the user on something that was done differently than asked for or expected."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The result, with the metadata of the input; always the last event."""

    image: DecodedImage


Event = Progress | Notice | Finished
