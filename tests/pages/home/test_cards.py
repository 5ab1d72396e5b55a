"""The cards of Home: pictures without controls of their own, and animations that can be stopped."""

from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from pages.home import cards
from pages.ui.gallery import GalleryImage


def test_the_pictures_of_a_card_hold_no_link_and_no_button() -> None:
    html = cards.mosaic([GalleryImage(b"1", 'a "quoted" face', "")], "Faces", "wall")
    assert "<a" not in html
    assert "<button" not in html
    assert 'alt="a &quot;quoted&quot; face"' in html
    assert cards.mosaic([], "Faces") == ""


@pytest.mark.parametrize("name", ["training", "game"])
def test_a_moving_picture_moves_and_has_a_still_for_those_who_want_none(name: str) -> None:
    html = cards.moving_picture(name, "It moves")
    animation = Image.open(BytesIO(b64decode(html.split("data:image/webp;base64,")[1].split('"')[0])))
    frame_count = getattr(animation, "n_frames", 1)
    assert frame_count > 10
    first = np.asarray(animation.convert("L"), np.float32)
    animation.seek(frame_count - 1)
    assert np.abs(np.asarray(animation.convert("L"), np.float32) - first).mean() > 5
    still = Image.open(BytesIO(b64decode(html.split("data:image/png;base64,")[1].split('"')[0])))
    assert still.size == animation.size
