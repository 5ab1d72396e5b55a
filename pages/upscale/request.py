"""What the page Upscale is asked for and what it answers: a network that is ready, a picture, a wish, a result."""

from dataclasses import dataclass
from typing import Any

from gan_core.errors import InputError
from gan_core.images.reading import Picture
from gan_core.upscaling import pipeline
from pages.ui.limits import limits
from pages.ui.upscaler_cache import Tool

PROOF_SIDE = 1024  # pixels of the middle that a proof is made with
SMALLEST_PROOF = 64
HOST_SECONDS = 2.5e-7  # a large pixel, beside the network: to paste, resize and encode it
PROOF_SECONDS = 5e-6  # a pixel of the original and a method: to measure it


@dataclass(frozen=True)
class Given:
    """A visitor's picture; `key` tells it from others, `stem` names files made of it."""

    key: str
    stem: str
    picture: Picture


@dataclass(frozen=True)
class Wish:
    """What is to be done: `scale` None is the network's own; rivals are measured beside the tool, in a proof only."""

    given: Given
    tool: Tool
    scale: float | None = None
    proof: bool = False
    rivals: tuple[Tool, ...] = ()

    @property
    def key(self) -> tuple[Any, ...]:
        return self.given.key, self.tool.key, self.scale, self.proof, tuple(each.key for each in self.rivals)

    def check(self) -> None:
        """Raises InputError where it cannot be done."""
        width, height = self.given.picture.size
        if self.proof:
            if min(width, height) < SMALLEST_PROOF:
                raise InputError(
                    f"A proof needs a picture of at least {SMALLEST_PROOF} pixels a side; this one has "
                    f"{width} × {height}."
                )
            return
        tall, wide = pipeline.check_size(self.tool.upscaler, width, height, self.scale)
        most = limits().result_pixels
        if tall * wide > most:
            raise InputError(
                f"{width} × {height} pixels would become {wide} × {tall}, {tall * wide / 1e6:.0f} megapixels; this "
                f"page makes up to {most / 1e6:.0f}: choose a smaller scale, or use the command line."
            )

    def size(self) -> tuple[int, int]:
        """Width and height of the result."""
        if self.proof:
            return self.proof_size()
        tall, wide = pipeline.check_size(self.tool.upscaler, *self.given.picture.size, self.scale)
        return wide, tall

    def proof_size(self) -> tuple[int, int]:
        """Width and height of what a proof is made with: multiples of the scale."""
        scale, (width, height) = self.tool.upscaler.scale, self.given.picture.size
        return min(width, PROOF_SIDE) // scale * scale, min(height, PROOF_SIDE) // scale * scale

    def seconds(self) -> float:
        """How long it will take, about."""
        wide, tall = self.size()
        if self.proof:
            small, tools = wide * tall / self.tool.upscaler.scale**2, (self.tool, *self.rivals)
            measuring = wide * tall * PROOF_SECONDS * (len(tools) + 1)
            return small * sum(each.seconds_per_pixel for each in tools) + measuring
        width, height = self.given.picture.size
        return width * height * self.tool.seconds_per_pixel + wide * tall * HOST_SECONDS


@dataclass(frozen=True)
class Score:
    name: str
    psnr: float
    ssim: float


@dataclass(frozen=True)
class Shown:
    """A file for the browser."""

    data: bytes
    mime: str


@dataclass(frozen=True)
class Result:
    """The large picture, what the page shows of it and of what it is held against, and the measurements."""

    picture: Picture
    small: tuple[int, int]
    seconds: float
    shown_size: tuple[int, int]
    after: Shown
    before: dict[str, Shown]
    scores: tuple[Score, ...] = ()

    @property
    def held_bytes(self) -> int:
        return self.picture.pixels.nbytes + sum(len(each.data) for each in (self.after, *self.before.values()))


# Networks ------------------------------------------------------------------------------------------------------------
