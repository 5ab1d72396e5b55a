"""The plane of the toy game: a canvas that shows a snapshot, or takes a target drawn by hand."""

from pathlib import Path

import numpy as np
from streamlit.components.v2 import component

from gan_core.toy import FIELD_SIDE, Snapshot
from gan_core.toy_targets import FIELD_EXTENT
from pages.ui.component_message import encode_message

ASSETS = Path(__file__).parent / "assets"
PLANE_COMPONENT = component(
    "atelier_game",
    html=(ASSETS / "game.html").read_text(encoding="utf-8"),
    css=(ASSETS / "game.css").read_text(encoding="utf-8"),
    js=(ASSETS / "game.js").read_text(encoding="utf-8"),
)
MAX_COORDINATE = 1.99
INT16_SCALE = 32767 / 2  # of a coordinate, which the browser receives as int16


def show_snapshot(snapshot: Snapshot) -> None:
    """Draws the points, the gradients and the discriminator's field."""
    alt_text = (
        f"The plane after {snapshot.step} steps: generated points cover {snapshot.covered_count} of"
        f" {snapshot.centre_count} modes of the target."
    )
    header = {
        "drawing": False, "about": alt_text, "points": len(snapshot.real), "side": FIELD_SIDE, "step": snapshot.step,
        "edge": FIELD_EXTENT,
    }  # fmt: skip
    point_arrays = [snapshot.real, snapshot.fake, snapshot.arrows]  # each (N, 2)
    packed = [
        (points.clip(-MAX_COORDINATE, MAX_COORDINATE) * INT16_SCALE).astype("<i2").tobytes() for points in point_arrays
    ]
    field = (snapshot.field * 255).astype(np.uint8).tobytes()
    PLANE_COMPONENT(key="plane", data=encode_message(header, *packed, field))


def drawing_input() -> list[list[float]] | None:
    """Takes a drawing by hand: its points [x, y], once the visitor has finished it."""
    header = {
        "drawing": True, "about": "Draw here what the generator shall learn.", "points": 0, "step": 0,
        "edge": FIELD_EXTENT,
    }  # fmt: skip
    result = PLANE_COMPONENT(key="plane", data=encode_message(header), on_drawing_change=lambda: None)
    return getattr(result, "drawing", None)
