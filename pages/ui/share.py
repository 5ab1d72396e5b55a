"""Share: the link as text and as a QR code, pictures for the clipboard. What costs time is made when opened."""

from collections.abc import Callable, Sequence
from functools import partial
from urllib.parse import urlsplit

import segno
import streamlit as st
from streamlit.components.v2 import component

from pages.ui import downloads, widgets
from pages.ui.gallery import GalleryImage
from pages.ui.paths import ASSETS

SAME_IMAGES_TEXT = "This link shows the same pictures to anyone who opens it:"
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
SHEET_OPTION = "all, on one sheet"
ClipboardImage = tuple[str, Callable[[], bytes]]  # a name to choose by, and what makes the file

COPY_BUTTON = component(
    "atelier_copy",
    html='<button type="button">Copy picture</button>\n<output role="status"></output>\n',
    css=(ASSETS / "copy.css").read_text(encoding="utf-8"),
    js=(ASSETS / "copy.js").read_text(encoding="utf-8"),
)


def share_popover(link: str, description: str = SAME_IMAGES_TEXT, copies: Sequence[ClipboardImage] = ()) -> None:
    """A popover with the link, its QR code, and a button that copies a picture."""
    with st.popover("Share", icon=":material/share:", key="share", on_change="rerun") as popover:
        st.write(description)
        st.code(link, language=None, wrap_lines=True)
        if not popover.open:
            return
        show_qr_code(link)
        if copies:
            show_copy_button(copies)


def show_qr_code(link: str) -> None:
    """The link for somebody's camera."""
    try:
        svg = qr_svg(link)
    except segno.DataOverflowError:
        st.caption("The link is too long for a QR code.")
        return
    st.image(svg, width=200, alt="QR code of the link above")
    downloads.download_button(
        "QR code (SVG)", lambda: svg.encode(), "link.svg", "image/svg+xml", icon=":material/qr_code_2:"
    )
    if urlsplit(link).hostname in LOCAL_HOSTS:
        st.caption("The link names this computer as itself, so no other one can open it: use its name in the network.")


@st.cache_data(max_entries=64, show_spinner=False)
def qr_svg(link: str) -> str:
    """A QR code as SVG, dark on white with its quiet zone, so that it can be read by day and by night."""
    return segno.make(link, micro=False).svg_inline(scale=4, dark="#000", light="#fff")


def show_copy_button(copies: Sequence[ClipboardImage]) -> None:
    """One picture, chosen by name, on its way to the clipboard."""
    names, selected = [name for name, _ in copies], 0
    if len(copies) > 1:
        widgets.drop_stale_value("share_picture", range(len(names)))
        selected = st.selectbox("Picture", range(len(names)), format_func=names.__getitem__, key="share_picture")
    COPY_BUTTON(key="copy", data=copies[selected][1]())


def clipboard_images(
    images: Sequence[GalleryImage], columns: int | None = None, strip: bool = False
) -> list[ClipboardImage]:
    """Each picture, enlarged so that it can be seen where it is pasted, and all on one sheet; a written line first."""
    sheet = partial(downloads.sheet_png, images, downloads.ZOOM_FACTOR, columns, strip)
    single_images: list[ClipboardImage] = [
        (image.stem, partial(downloads.single_png, image, downloads.ZOOM_FACTOR)) for image in images if image.metadata
    ]
    return [("the line", sheet), *single_images] if strip else [*single_images, (SHEET_OPTION, sheet)]
