"""Target distributions of the toy GAN."""

from typing import Any

import numpy as np
import pytest

from gan_core.errors import UsageError
from gan_core.toy import ToyConfig, ToyGan
from gan_core.toy_targets import DRAWN_TARGET, FIELD_EXTENT, TARGETS, parse_drawing, thin_out


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_fits_into_the_field_and_its_centres_are_apart(target: str) -> None:
    centres = TARGETS[target]()
    assert np.abs(centres).max() < FIELD_EXTENT - 0.2
    assert len(thin_out(centres)) == len(centres)


def test_a_drawing_can_be_the_target_and_centres_too_close_count_once() -> None:
    centres = parse_drawing([[0.5, 0.5], [-0.5, -0.5], [0.5, 0.51]])
    game = ToyGan(ToyConfig(target=DRAWN_TARGET), centres)
    assert len(game.counted_centres) == 2
    assert np.abs(game.snapshot().real).max() < 0.8


@pytest.mark.parametrize(
    "drawing",
    [[], [[1]], [[0, 0, 0]], [["a", "b"]], [[9, 9]], [[float("nan"), 0]], [[0, 0]] * 500, None, [[0, 0], [1]]],
)
def test_a_drawing_with_wrong_points_is_rejected(drawing: Any) -> None:
    with pytest.raises(UsageError):
        parse_drawing(drawing)
