"""Generated pictures on cards: crisp, each with words for those who do not see it."""

from base64 import b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from html import escape

import streamlit as st


@dataclass(frozen=True)
class Picture:
    """A PNG file of the size it was drawn in, what it shows in words, and the facts that its download carries."""

    png: bytes
    alt: str
    stem: str
    caption: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)


def facts_of(model: tuple[str, str], seed: int, truncation: float, link: str, **asked: str) -> dict[str, str]:
    """What a downloaded picture carries: `model` is a name and the hash of its weights, `asked` what it was to show."""
    name, weights = model
    told = {"model": name, "seed": str(seed), **asked, "truncation": f"{truncation:g}"}
    return told | {"weights": weights, "link": link}


def show(pictures: Sequence[Picture], about: str, layout: str = "", chosen: Collection[int] = ()) -> None:
    """Cards that flow; with `layout` "hero" the first is large, with "row" all stand side by side.

    The files travel inside the page: a gallery is one message and no further request, so it appears at once.
    """
    cards = "".join(card(each, number in chosen) for number, each in enumerate(pictures, 1))
    st.html(
        f'<div class="atelier-gallery {layout}" style="--columns: {len(pictures)}" role="group"'
        f' aria-label="{escape(about)}">{cards}</div>'
    )


def card(picture: Picture, chosen: bool) -> str:
    caption = "".join(f"<span>{escape(part)}</span>" for part in picture.caption)
    mark = ' class="chosen"' if chosen else ""
    return f"<figure{mark}>{img(picture)}{f'<figcaption>{caption}</figcaption>' if caption else ''}</figure>"


def img(picture: Picture) -> str:
    return f'<img src="data:image/png;base64,{b64encode(picture.png).decode()}" alt="{escape(picture.alt)}">'


def moving(webp: bytes, still: bytes, alt: str) -> None:
    """An animation that plays on the page; who asked their system for less motion sees its first picture."""
    source, poster = (b64encode(file).decode() for file in (webp, still))
    st.html(
        f'<picture class="atelier-moving"><source media="(prefers-reduced-motion: reduce)"'
        f' srcset="data:image/png;base64,{poster}"><img src="data:image/webp;base64,{source}" alt="{escape(alt)}">'
        "</picture>"
    )


def sheet(png: bytes, alt: str) -> None:
    """Many small pictures in one file, as large as there is room."""
    st.html(f'<img class="atelier-sheet" src="data:image/png;base64,{b64encode(png).decode()}" alt="{escape(alt)}">')


def strip(pictures: Sequence[Picture], about: str) -> None:
    """Pictures as one line of writing on black, broken where the window ends."""
    parts = "".join(img(each) for each in pictures)
    st.html(f'<div class="atelier-writing" role="group" aria-label="{escape(about)}">{parts}</div>')


def nothing(title: str, text: str) -> None:
    """What a page shows where it has nothing to show."""
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader(title, anchor=False)
        st.write(text)
