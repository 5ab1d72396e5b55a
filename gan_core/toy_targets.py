"""Target distributions of the toy GAN: mixtures of small Gaussians in the plane, given by their centres.

The built-in targets are those of the literature on mode collapse; `parse_drawing` reads one drawn by hand.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gan_core.errors import UsageError

Points = NDArray[np.float32]  # (N, 2), x to the right and y upwards, most of them in [-1, 1]

FIELD_EXTENT = 1.25  # the plane is shown over [-FIELD_EXTENT, FIELD_EXTENT] on both axes
NOISE_STD = 0.03  # standard deviation of each Gaussian
NEAR_DISTANCE = 4 * NOISE_STD  # points within this distance of a centre belong to it
DRAWN_TARGET = "drawn"  # the target whose centres are drawn by hand
MIN_CENTRES, MAX_CENTRES = 1, 400  # of a drawing


def ring() -> Points:
    """Eight centres on a circle, the classic test of mode collapse (unrolled GANs, Metz et al. 2017)."""
    angles = np.arange(8) * np.pi / 4
    return np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32) * 0.8


def grid() -> Points:
    """Twenty-five centres on a square grid."""
    side = np.linspace(-0.8, 0.8, 5, dtype=np.float32)
    return np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)


def moons() -> Points:
    """Two interleaved half circles."""
    angles = np.linspace(0, np.pi, 10)
    upper = np.stack([0.55 * np.cos(angles) - 0.27, 0.6 * np.sin(angles) - 0.15], 1)
    return np.concatenate([upper, -upper]).astype(np.float32)


def spiral() -> Points:
    """One spiral arm of one and three quarter turns."""
    angles = np.sqrt(np.linspace(0.02, 1, 24)) * 3.5 * np.pi
    return (np.stack([np.cos(angles), np.sin(angles)], 1) * angles[:, None] / angles[-1] * 0.9).astype(np.float32)


TARGETS: dict[str, Callable[[], Points]] = {"ring": ring, "grid": grid, "moons": moons, "spiral": spiral}


def parse_drawing(drawing: list[list[float]]) -> Points:
    """The centres (N, 2) of a drawing. Raises UsageError unless it is 1 to 400 pairs of numbers in [-1.25, 1.25]."""
    try:
        points = np.asarray(drawing, np.float32)
    except (TypeError, ValueError) as error:
        raise UsageError("A drawing is a list of points, each a pair of numbers.") from error
    if points.ndim != 2 or points.shape[1] != 2 or not MIN_CENTRES <= len(points) <= MAX_CENTRES:
        raise UsageError(f"A drawing has {MIN_CENTRES} to {MAX_CENTRES} points, each a pair of numbers.")
    if not (np.abs(points) <= FIELD_EXTENT).all():
        raise UsageError(f"A drawing's points lie between -{FIELD_EXTENT} and {FIELD_EXTENT}.")
    return points


def thin_out(centres: Points) -> Points:
    """A subset of the centres, no two within NEAR_DISTANCE: the ones that are counted as covered or not."""
    kept: list[int] = []
    for index, centre in enumerate(centres):
        if all(np.hypot(*(centre - centres[kept_index])) > NEAR_DISTANCE for kept_index in kept):
            kept.append(index)
    return centres[kept]
