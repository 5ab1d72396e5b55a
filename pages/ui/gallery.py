"""Generated images on cards: each a PNG in the page's HTML, with an alt text and an optional caption."""

from base64 import b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from html import escape

import streamlit as st


@dataclass(frozen=True)
class GalleryImage:
    """A PNG at its native size, its alt text, the stem of its file name, caption lines, and PNG text chunks.

    Without `metadata` it is no generated image, as the marks between written digits, and not offered for download.
    """

    png: bytes
    alt: str
    stem: str
    caption: tuple[str, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)


def png_metadata(model: tuple[str, str], seed: int, truncation: float, link: str, **condition: str) -> dict[str, str]:
    """The text chunks of a downloaded PNG. `model` is a name and a weights hash, `condition` the label or prompt."""
    name, weights_hash = model
    metadata = {"model": name, "seed": str(seed), **condition, "truncation": f"{truncation:g}"}
    return metadata | {"weights": weights_hash, "link": link}


def show_gallery(
    images: Sequence[GalleryImage], aria_label: str, layout: str = "", selected: Collection[int] = ()
) -> None:
    """Show cards in a flowing grid, all as one element. `selected` are numbers of cards, from 1.

    `layout` is a space-separated list of CSS classes: "hero" makes the first card large, "row" puts all side by side,
    "photo" smooths enlarged pixels, "large" widens the cards. The files travel as data URLs, without further requests.
    """
    cards = "".join(image_card(image, number in selected) for number, image in enumerate(images, 1))
    st.html(
        f'<div class="atelier-gallery {layout}" style="--columns: {len(images)}" role="group"'
        f' aria-label="{escape(aria_label)}">{cards}</div>'
    )


def image_card(image: GalleryImage, selected: bool) -> str:
    lines = "".join(f"<span>{escape(line)}</span>" for line in image.caption)
    caption = f"<figcaption>{lines}</figcaption>" if lines else ""
    class_attribute = ' class="chosen"' if selected else ""
    return f"<figure{class_attribute}>{img_tag(image)}{caption}</figure>"


def img_tag(image: GalleryImage) -> str:
    return f'<img src="data:image/png;base64,{b64encode(image.png).decode()}" alt="{escape(image.alt)}">'


def show_animation(webp: bytes, still: bytes, alt: str) -> None:
    """Show an animated WebP, or the PNG `still` to visitors whose system asks for reduced motion."""
    source, poster = (b64encode(file).decode() for file in (webp, still))
    st.html(
        f'<picture class="atelier-moving"><source media="(prefers-reduced-motion: reduce)"'
        f' srcset="data:image/png;base64,{poster}"><img src="data:image/webp;base64,{source}" alt="{escape(alt)}">'
        "</picture>"
    )


def show_sheet(png: bytes, alt: str) -> None:
    """Show a grid of images that is one file, as wide as its container."""
    st.html(f'<img class="atelier-sheet" src="data:image/png;base64,{b64encode(png).decode()}" alt="{escape(alt)}">')


def show_digit_strip(images: Sequence[GalleryImage], aria_label: str) -> None:
    """Show images as one line of writing on black, which breaks where the window ends."""
    tags = "".join(img_tag(image) for image in images)
    st.html(f'<div class="atelier-writing" role="group" aria-label="{escape(aria_label)}">{tags}</div>')


def show_empty_state(title: str, text: str) -> None:
    """Say that there is nothing to show, and what to do about it."""
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader(title, anchor=False)
        st.write(text)
