"""A before-and-after slider with zoom: a Streamlit component of plain JavaScript, without a build step."""

from pathlib import Path

from streamlit.components.v2 import component

from pages.ui.component_message import encode_message
from pages.upscale.request import EncodedImage

ASSETS = Path(__file__).parent / "assets"
SLIDER_COMPONENT = component(
    "atelier_compare",
    html=(ASSETS / "compare.html").read_text(encoding="utf-8"),
    css=(ASSETS / "compare.css").read_text(encoding="utf-8"),
    js=(ASSETS / "compare.js").read_text(encoding="utf-8"),
)


def compare_slider(
    before: EncodedImage,
    after: EncodedImage,
    titles: tuple[str, str],
    alts: tuple[str, str],
    size: tuple[int, int],
    comparison_id: str,
) -> None:
    """Shows `before` to the left of a movable line and `after` to the right.

    `size` is the width and height of both images. The browser keeps zoom and line while `comparison_id` stays the same.
    The files are sent over the page's WebSocket, so that no URL leads to a visitor's picture.
    """
    header = {
        "id": comparison_id,
        "width": size[0],
        "height": size[1],
        "about": f"{titles[0]} and {titles[1]}: plus and minus zoom, the arrow keys move the zoomed picture",
        "before": {"title": titles[0], "alt": alts[0], "type": before.mime, "length": len(before.data)},
        "after": {"title": titles[1], "alt": alts[1], "type": after.mime, "length": len(after.data)},
    }
    SLIDER_COMPONENT(key="compare", data=encode_message(header, before.data, after.data))
