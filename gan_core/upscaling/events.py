"""The events that an upscaling yields."""

from dataclasses import dataclass

from gan_core.images.reading import DecodedImage


@dataclass(frozen=True)
class Progress:
    """One more tile is done: pixels of the input that are finished, and all of them."""

    done_pixels: int
    total_pixels: int


@dataclass(frozen=True)
class Notice:
    """A sentence for the user on something that was done differently than asked for or expected."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The result, with the metadata of the input; always the last event."""

    image: DecodedImage


Event = Progress | Notice | Finished
