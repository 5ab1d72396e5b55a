"""The previews of a run: which there are, one cut into its pictures, and all of them as a time-lapse."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gan_core.images import tensors
from gan_core.images.tensors import Pixels

GRID_COLUMNS, GRID_GAP_PX = 8, 2  # of the sheet that the trainer draws
MAX_FRAMES = 120  # of a time-lapse at most
PREVIEW_NAME = re.compile(r"step-(\d+)\.png")


def preview_steps(folder: Path) -> list[int]:
    """The steps of which there are previews, in order."""
    matches = (PREVIEW_NAME.fullmatch(file.name) for file in (folder / "previews").glob("step-*.png"))
    return sorted(int(name_match[1]) for name_match in matches if name_match)


def read_preview(folder: Path, step: int) -> bytes:
    """The PNG of a step's preview. Raises OSError where it is gone."""
    return (folder / "previews" / f"step-{step:07d}.png").read_bytes()


def split_grid(png: bytes) -> Pixels:
    """The pictures (64, S, S, C) of a sheet of eight by eight."""
    pixels = np.atleast_3d(np.asarray(Image.open(io.BytesIO(png), formats=("PNG",))))
    side = (pixels.shape[1] + GRID_GAP_PX) // GRID_COLUMNS - GRID_GAP_PX
    rows = (pixels.shape[0] + GRID_GAP_PX) // (side + GRID_GAP_PX)
    corners = [
        (row * (side + GRID_GAP_PX), column * (side + GRID_GAP_PX))
        for row in range(rows)
        for column in range(GRID_COLUMNS)
    ]
    return np.stack([pixels[top : top + side, left : left + side] for top, left in corners])


def time_lapse(folder: Path, frame_ms: int = 120) -> bytes:
    """All previews one after the other as an animated WebP that rests on its last; evenly thinned out where they are
    many."""
    available_steps = preview_steps(folder)
    shown_steps = sorted(
        {
            available_steps[round(index)]
            for index in np.linspace(0, len(available_steps) - 1, min(MAX_FRAMES, len(available_steps)))
        }
    )
    frames = [
        Image.open(io.BytesIO(read_preview(folder, step)), formats=("PNG",)).convert("RGB") for step in shown_steps
    ]
    last_frames = [frames[-1]] * (1500 // frame_ms)
    return tensors.encode_animation(frames + last_frames, frame_ms)


def class_counts(png: bytes, classifier: Any) -> list[int]:
    """How many of a sheet's pictures the judge takes for each of its classes."""
    labels = classifier.predict_labels(split_grid(png))
    return np.bincount(labels, minlength=len(classifier.classes)).tolist()
