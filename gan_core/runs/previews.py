"""The previews of a run: their steps, single images cut out of one, and all of them as a time-lapse."""

from pathlib import Path
from typing import Any

import numpy as np

from gan_core.images import encoding
from gan_core.images.tensors import Pixels
from gan_core.training.run_files import preview_file, preview_steps

GRID_COLUMNS, GRID_GAP_PX = 8, 2  # of the trainer's previews
MAX_FRAMES = 120  # of a time-lapse
FRAME_MS = 120
LAST_FRAME_MS = 1500


def read_preview(folder: Path, step: int) -> bytes:
    """The PNG file of a step's preview. Raises OSError where it is gone."""
    return preview_file(folder, step).read_bytes()


def split_grid(png: bytes) -> Pixels:
    """The images (64, S, S, C) of a preview, a PNG file with a grid of eight by eight."""
    pixels = encoding.decode_png(png)
    side = (pixels.shape[1] + GRID_GAP_PX) // GRID_COLUMNS - GRID_GAP_PX
    pitch = side + GRID_GAP_PX
    rows = (pixels.shape[0] + GRID_GAP_PX) // pitch
    corners = [(row * pitch, column * pitch) for row in range(rows) for column in range(GRID_COLUMNS)]
    return np.stack([pixels[top : top + side, left : left + side] for top, left in corners])


def time_lapse(folder: Path) -> bytes:
    """All previews as an animated WebP that rests on the last; of more than MAX_FRAMES, evenly spaced ones."""
    steps = preview_steps(folder)
    indices = np.linspace(0, len(steps) - 1, min(MAX_FRAMES, len(steps))).round().astype(int)
    frames = [encoding.open_png(read_preview(folder, steps[index])).convert("RGB") for index in indices]
    return encoding.encode_animation(frames + [frames[-1]] * (LAST_FRAME_MS // FRAME_MS), FRAME_MS)


def class_counts(png: bytes, classifier: Any) -> list[int]:
    """How many images of a preview the classifier assigns to each of its classes."""
    labels = classifier.predict_labels(split_grid(png))
    return np.bincount(labels, minlength=len(classifier.classes)).tolist()


__all__ = ["class_counts", "preview_steps", "read_preview", "split_grid", "time_lapse"]
