"""Cutting an image into tiles: the cheapest grid, and tiles that cover the image once."""

from itertools import pairwise

import pytest

from gan_core.upscaling.tiling import Overlap, cheapest_grid, split_axis

pytestmark = pytest.mark.core


def test_the_grid_has_strips_or_tiles_whichever_have_fewer_pixels() -> None:
    assert cheapest_grid(1000, 200, 200 * 200, Overlap(8)) == (6, 1)
    rows, columns = cheapest_grid(1000, 1500, 330_000, Overlap(19))
    assert columns > 1
    assert (1000 + 38 * (rows - 1)) * (1500 + 38 * (columns - 1)) < 1.15 * 1_500_000
    assert cheapest_grid(1000, 1500, float("inf"), Overlap(19)) == (1, 1)


def test_cores_cover_the_axis_once_and_windows_begin_at_multiples_of_align() -> None:
    parts = split_axis(0, 203, 203, 5, Overlap(10, feather=5, align=8))
    assert (parts[0].start, parts[-1].stop) == (0, 203)
    assert all(before.stop == after.start for before, after in pairwise(parts))
    assert all(part.read_start % 8 == 0 for part in parts)
