"""Share: the link as text and as a QR code, pictures for the clipboard. What costs time is made when opened."""

from collections.abc import Callable, Sequence
from functools import partial
from urllib.parse import urlsplit

import segno
import streamlit as st
from streamlit.components.v2 import component

from pages.ui import downloads, widgets
from pages.ui.gallery import Picture
from pages.ui.paths import ASSETS

SAME = "This link shows the same pictures to anyone who opens it:"
HERE = ("localhost", "127.0.0.1", "::1")
SHEET = "all, on one sheet"
Copy = tuple[str, Callable[[], bytes]]  # a name to choose by, and what makes the file

COPY = component(
    "atelier_copy",
    html='<button type="button">Copy picture</button>\n<output role="status"></output>\n',
    css=(ASSETS / "copy.css").read_text(encoding="utf-8"),
    js=(ASSETS / "copy.js").read_text(encoding="utf-8"),
)


def share(link: str, about: str = SAME, copies: Sequence[Copy] = ()) -> None:
    """A popover with the link, its QR code, and a button that copies a picture."""
    with st.popover("Share", icon=":material/share:", key="share", on_change="rerun") as opened:
        st.write(about)
        st.code(link, language=None, wrap_lines=True)
        if not opened.open:
            return
        show_code(link)
        if copies:
            offer_copy(copies)


def show_code(link: str) -> None:
    """The link for somebody's camera."""
    try:
        svg = code(link)
    except segno.DataOverflowError:
        st.caption("The link is too long for a QR code.")
        return
    st.image(svg, width=200, alt="QR code of the link above")
    downloads.offer("QR code (SVG)", lambda: svg.encode(), "link.svg", "image/svg+xml", icon=":material/qr_code_2:")
    if urlsplit(link).hostname in HERE:
        st.caption("The link names this computer as itself, so no other one can open it: use its name in the network.")


@st.cache_data(max_entries=64, show_spinner=False)
def code(link: str) -> str:
    """A QR code as SVG, dark on white with its quiet zone, so that it can be read by day and by night."""
    return segno.make(link, micro=False).svg_inline(scale=4, dark="#000", light="#fff")


def offer_copy(copies: Sequence[Copy]) -> None:
    """One picture, chosen by name, on its way to the clipboard."""
    names, chosen = [name for name, _ in copies], 0
    if len(copies) > 1:
        widgets.keep_valid("share_picture", range(len(names)))
        chosen = st.selectbox("Picture", range(len(names)), format_func=names.__getitem__, key="share_picture")
    COPY(key="copy", data=copies[chosen][1]())


def copies_of(pictures: Sequence[Picture], columns: int | None = None, line: bool = False) -> list[Copy]:
    """Each picture, enlarged so that it can be seen where it is pasted, and all on one sheet; a written line first."""
    whole = partial(downloads.sheet, pictures, downloads.ENLARGED, columns, line)
    single: list[Copy] = [
        (each.stem, partial(downloads.one, each, downloads.ENLARGED)) for each in pictures if each.facts
    ]
    return [("the line", whole), *single] if line else [*single, (SHEET, whole)]
