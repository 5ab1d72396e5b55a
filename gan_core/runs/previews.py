"""The previews of a run: which there are, one cut into its pictures, and all of them as a time-lapse."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gan_core.images import tensors
from gan_core.images.tensors import Pixels

COLUMNS, GAP = 8, 2  # of the sheet that the trainer draws
FRAMES = 120  # of a time-lapse at most
STEP = re.compile(r"step-(\d+)\.png")


def steps(folder: Path) -> list[int]:
    """The steps of which there are previews, in order."""
    found = (STEP.fullmatch(file.name) for file in (folder / "previews").glob("step-*.png"))
    return sorted(int(each[1]) for each in found if each)


def sheet(folder: Path, step: int) -> bytes:
    """The PNG of a step's preview. Raises OSError where it is gone."""
    return (folder / "previews" / f"step-{step:07d}.png").read_bytes()


def cut(png: bytes) -> Pixels:
    """The pictures (64, S, S, C) of a sheet of eight by eight."""
    pixels = np.atleast_3d(np.asarray(Image.open(io.BytesIO(png), formats=("PNG",))))
    side = (pixels.shape[1] + GAP) // COLUMNS - GAP
    rows = (pixels.shape[0] + GAP) // (side + GAP)
    places = [(row * (side + GAP), column * (side + GAP)) for row in range(rows) for column in range(COLUMNS)]
    return np.stack([pixels[top : top + side, left : left + side] for top, left in places])


def time_lapse(folder: Path, milliseconds: int = 120) -> bytes:
    """All previews one after the other as an animated WebP that rests on its last; evenly thinned out where they are
    many."""
    known = steps(folder)
    chosen = sorted({known[round(place)] for place in np.linspace(0, len(known) - 1, min(FRAMES, len(known)))})
    frames = [Image.open(io.BytesIO(sheet(folder, step)), formats=("PNG",)).convert("RGB") for step in chosen]
    rest = [frames[-1]] * (1500 // milliseconds)
    return tensors.animation_bytes(frames + rest, milliseconds)


def class_shares(png: bytes, judge: Any) -> list[int]:
    """How many of a sheet's pictures the judge takes for each of its classes."""
    labels = judge.read(cut(png))
    return np.bincount(labels, minlength=len(judge.classes)).tolist()
