"""Two pictures of one size under one line that moves: a component of its own, without network or build step."""

import json
from pathlib import Path

from streamlit.components.v2 import component

from pages.upscale.request import EncodedImage

HTML, CSS, JS = (
    (Path(__file__).parent / "assets" / f"compare.{suffix}").read_text(encoding="utf-8")
    for suffix in ("html", "css", "js")
)
SLIDER_COMPONENT = component("atelier_compare", html=HTML, css=CSS, js=JS)


def compare_slider(
    before: EncodedImage,
    after: EncodedImage,
    titles: tuple[str, str],
    alts: tuple[str, str],
    size: tuple[int, int],
    comparison_id: str,
) -> None:
    """`before` to the left of the line, `after` to the right; `id` tells these files from others.

    The files travel inside the page's own connection: no address leads to them.
    """
    header = {
        "id": comparison_id,
        "width": size[0],
        "height": size[1],
        "about": f"{titles[0]} and {titles[1]}: plus and minus zoom, the arrow keys move what is enlarged",
        "before": {"title": titles[0], "alt": alts[0], "type": before.mime, "length": len(before.data)},
        "after": {"title": titles[1], "alt": alts[1], "type": after.mime, "length": len(after.data)},
    }
    header_bytes = json.dumps(header).encode()
    SLIDER_COMPONENT(
        key="compare", data=b"".join((len(header_bytes).to_bytes(4, "little"), header_bytes, before.data, after.data))
    )
