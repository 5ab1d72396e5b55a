"""Generated pictures on cards: crisp, each with words for those who do not see it."""

from base64 import b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from html import escape

import streamlit as st


@dataclass(frozen=True)
class GalleryImage:
    """A PNG file of the size it was drawn in, what it shows in words, and the facts that its download carries."""

    png: bytes
    alt: str
    stem: str
    caption: tuple[str, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)


def png_metadata(model: tuple[str, str], seed: int, truncation: float, link: str, **condition: str) -> dict[str, str]:
    """What a downloaded picture carries: `model` is a name and the hash of its weights, `asked` what it was to show."""
    name, weights_hash = model
    metadata = {"model": name, "seed": str(seed), **condition, "truncation": f"{truncation:g}"}
    return metadata | {"weights": weights_hash, "link": link}


def show_gallery(
    images: Sequence[GalleryImage], aria_label: str, layout: str = "", selected: Collection[int] = ()
) -> None:
    """Cards that flow; with `layout` "hero" the first is large, with "row" all stand side by side.

    The files travel inside the page: a gallery is one message and no further request, so it appears at once.
    """
    cards = "".join(image_card(image, number in selected) for number, image in enumerate(images, 1))
    st.html(
        f'<div class="atelier-gallery {layout}" style="--columns: {len(images)}" role="group"'
        f' aria-label="{escape(aria_label)}">{cards}</div>'
    )


def image_card(image: GalleryImage, selected: bool) -> str:
    caption = "".join(f"<span>{escape(line)}</span>" for line in image.caption)
    class_attribute = ' class="chosen"' if selected else ""
    return (
        f"<figure{class_attribute}>{img_tag(image)}{f'<figcaption>{caption}</figcaption>' if caption else ''}</figure>"
    )


def img_tag(image: GalleryImage) -> str:
    return f'<img src="data:image/png;base64,{b64encode(image.png).decode()}" alt="{escape(image.alt)}">'


def show_animation(webp: bytes, still: bytes, alt: str) -> None:
    """An animation that plays on the page; who asked their system for less motion sees its first picture."""
    source, poster = (b64encode(file).decode() for file in (webp, still))
    st.html(
        f'<picture class="atelier-moving"><source media="(prefers-reduced-motion: reduce)"'
        f' srcset="data:image/png;base64,{poster}"><img src="data:image/webp;base64,{source}" alt="{escape(alt)}">'
        "</picture>"
    )


def show_sheet(png: bytes, alt: str) -> None:
    """Many small pictures in one file, as large as there is room."""
    st.html(f'<img class="atelier-sheet" src="data:image/png;base64,{b64encode(png).decode()}" alt="{escape(alt)}">')


def show_digit_strip(images: Sequence[GalleryImage], aria_label: str) -> None:
    """Pictures as one line of writing on black, broken where the window ends."""
    tags = "".join(img_tag(image) for image in images)
    st.html(f'<div class="atelier-writing" role="group" aria-label="{escape(aria_label)}">{tags}</div>')


def show_empty_state(title: str, text: str) -> None:
    """What a page shows where it has nothing to show."""
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader(title, anchor=False)
        st.write(text)
