"""Generated images on cards: each a PNG in the page's HTML, with an alt text and an optional caption.

A click on an image that has a file stem enlarges it, in the browser alone: the script of `load_script` does that on
every page. Where `show_gallery` is given `selected`, the numbers of the cards are buttons that pick them, and
`watch_picks` tells the page which ones are pressed.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from html import escape

import streamlit as st
from streamlit.components.v2 import component

from pages.ui.limits import current_limits
from pages.ui.paths import ASSETS

SCRIPT_FILES = ("gallery.js", "lightbox.js", "png_chunks.js")
GALLERY_SCRIPT = component(
    "atelier_gallery", js="\n".join((ASSETS / name).read_text(encoding="utf-8") for name in SCRIPT_FILES)
)
PICK_SCRIPT = component("atelier_pick", js=(ASSETS / "pick.js").read_text(encoding="utf-8"))
PICKED_KEY = "picked"


@dataclass(frozen=True)
class GalleryImage:
    """A PNG at its native size, its alt text, the stem of its file name, caption lines, and PNG text chunks.

    Without `metadata` it is no generated image, as the marks between written digits, and not offered for download;
    without a stem it is not enlarged by a click either. `rank` is a caption of a line of its own, and `details` are
    shown under the enlarged image.
    """

    png: bytes
    alt: str
    stem: str
    caption: tuple[str, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    rank: str = ""
    details: str = ""


def load_script() -> None:
    """Load the script that enlarges the images of every gallery, and its style sheet. Once a run, by the frame."""
    st.html(ASSETS / "gallery.css")
    GALLERY_SCRIPT(key="gallery")


def png_metadata(model: tuple[str, str], seed: int, truncation: float, link: str, **condition: str) -> dict[str, str]:
    """The text chunks of a downloaded PNG. `model` is a name and a weights hash, `condition` the label or prompt."""
    name, weights_hash = model
    metadata = {"model": name, "seed": str(seed), **condition, "truncation": f"{truncation:g}"}
    return metadata | {"weights": weights_hash, "link": link}


def show_gallery(
    images: Sequence[GalleryImage], aria_label: str, layout: str = "", selected: Collection[int] | None = None
) -> None:
    """Show cards in a flowing grid, all as one element. Cards are numbered where there are numbers `selected`, from 1.

    `layout` is a space-separated list of CSS classes: "hero" makes the first card large, "row" puts all side by side,
    "photo" smooths enlarged pixels, "large" widens the cards. The files travel as data URLs, without further requests.
    """
    picks = "" if selected is None else " picks"
    cards = "".join(image_card(image, number, selected) for number, image in enumerate(images, 1))
    st.html(
        f'<div class="atelier-gallery {layout}{picks}" style="--columns: {len(images)}" role="group"'
        f' aria-label="{escape(aria_label)}">{cards}</div>'
    )


def watch_picks(selected: Sequence[int], on_change: Callable[[list[int]], None]) -> None:
    """Have `on_change` called with the numbers of the two last picked cards, when a card's number is pressed.

    `selected` are those picked at present. Once a page, in its fragment.
    """

    def read_numbers() -> None:
        numbers = st.session_state[PICKED_KEY].numbers
        if isinstance(numbers, list):
            on_change([number for number in numbers if isinstance(number, int)])

    PICK_SCRIPT(key=PICKED_KEY, data=list(selected), on_numbers_change=read_numbers)


def image_card(image: GalleryImage, number: int, selected: Collection[int] | None) -> str:
    is_selected = selected is not None and number in selected
    lines = [f"<span>{escape(line)}</span>" for line in image.caption]
    if selected is not None:
        lines.insert(0, pick_button(number, is_selected))
    if image.rank:
        lines.append(f'<span class="atelier-rank">{escape(image.rank)}</span>')
    caption = f"<figcaption>{''.join(lines)}</figcaption>" if lines else ""
    class_attribute = ' class="chosen"' if is_selected else ""
    return f"<figure{class_attribute}>{enlargeable_image(image, number == 1)}{caption}</figure>"


def pick_button(number: int, is_pressed: bool) -> str:
    """The number of a card as a button that picks it. Of all cards, the tab key reaches the first alone."""
    return (
        f'<button type="button" class="atelier-pick" data-number="{number}" aria-pressed="{str(is_pressed).lower()}"'
        f' aria-label="Pick picture {number} for the walk" title="Pick for the walk"'
        f' tabindex="{0 if number == 1 else -1}">{number}</button>'
    )


def enlargeable_image(image: GalleryImage, is_tab_stop: bool) -> str:
    """The image, in a button that enlarges it where it has a file stem; with what the dialog shows and downloads."""
    if not image.stem:
        return img_tag(image)
    data = {"stem": image.stem, "details": image.details, "metadata": json.dumps(image.metadata or None)}
    attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items() if value not in ("", "null"))
    return (
        f'<button type="button" class="atelier-enlarge" aria-haspopup="dialog" title="Enlarge"'
        f' tabindex="{0 if is_tab_stop else -1}"{attributes}>{img_tag(image)}</button>'
    )


def img_tag(image: GalleryImage) -> str:
    return f'<img src="data:image/png;base64,{b64encode(image.png).decode()}" alt="{escape(image.alt)}">'


def show_animation(webp: bytes, still: bytes, alt: str) -> None:
    """Show an animated WebP, or the PNG `still` to visitors whose system asks for reduced motion."""
    st.html(f'<div class="atelier-moving">{animation_tags(webp, still, alt)}</div>')


def animation_tags(webp: bytes, still: bytes, alt: str) -> str:
    """An animation and its still as HTML, of which the style sheet shows one: Streamlit strips `srcset`."""
    files = (("moves", "webp", webp), ("stands", "png", still))
    return "".join(
        f'<img class="{name}" src="data:image/{kind};base64,{b64encode(file).decode()}" alt="{escape(alt)}">'
        for name, kind, file in files
    )


def show_sheet(png: bytes, alt: str) -> None:
    """Show a grid of images that is one file, as wide as its container."""
    st.html(f'<img class="atelier-sheet" src="data:image/png;base64,{b64encode(png).decode()}" alt="{escape(alt)}">')


def show_digit_strip(images: Sequence[GalleryImage], aria_label: str) -> None:
    """Show images as one line of writing on black, which breaks where the window ends."""
    tags = "".join(
        enlargeable_image(image, index == 0) if image.metadata else img_tag(image) for index, image in enumerate(images)
    )
    st.html(f'<div class="atelier-writing" role="group" aria-label="{escape(aria_label)}">{tags}</div>')


def show_empty_state(title: str, text: str) -> None:
    """Say that there is nothing to show, and what to do about it."""
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader(title, anchor=False)
        st.write(text)


def show_no_model(title: str, advice: str) -> None:
    """Say that no model is here, and how to get one; on a host, where visitors cannot, without the advice."""
    show_empty_state(title, advice if current_limits().is_owner else "This app has no model that can do it.")
