"""The cards of the page Home: pictures, a title, a sentence, and one link that covers the whole card."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import streamlit as st

from pages.ui import gallery
from pages.ui.gallery import GalleryImage

ASSETS = Path(__file__).parent / "assets"  # made by `python -m tests.moving_pictures`


def page_card(
    page: str, title: str, text: str, link_label: str, icon: str, pictures: str, query: dict[str, str] | None = None
) -> None:
    """A card that opens `pages/{page}/page.py` wherever it is clicked. `pictures` is HTML without links or buttons.

    The link is Streamlit's own, so the page changes without being loaded anew; the style sheet spreads it over all.
    """
    with st.container(border=True, height="stretch", gap="small", key=f"card-{title.lower().replace(' ', '-')}"):
        if pictures:
            st.html(pictures)
        st.subheader(title, anchor=False)
        st.write(text)
        st.space("stretch")
        st.page_link(f"pages/{page}/page.py", label=link_label, icon=f":material/{icon}:", query_params=query)


def mosaic(images: Sequence[GalleryImage], aria_label: str, layout: str = "") -> str:
    """Images side by side as HTML, "" for none. `layout` has CSS classes: "wall" makes the first large, "photo" smooths
    enlarged pixels, "pairs" puts two in a row, "line" eight."""
    if not images:
        return ""
    tags = "".join(gallery.img_tag(image) for image in images)
    return f'<div class="atelier-mosaic {layout}" role="group" aria-label="{escape(aria_label)}">{tags}</div>'


def moving_picture(name: str, alt: str) -> str:
    """An animation of the folder `assets` as HTML, or its last picture for visitors who want no movement."""
    webp, still = ((ASSETS / f"{name}.{kind}").read_bytes() for kind in ("webp", "png"))
    return f'<div class="atelier-mosaic moving">{gallery.animation_tags(webp, still, alt)}</div>'
