"""The popover Share: the link as text and as a QR code, and images for the clipboard, made when it is opened."""

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
ClipboardImage = tuple[str, Callable[[], bytes]]  # a name to choose by, and the function that makes the file

COPY_BUTTON = component(
    "atelier_copy",
    html='<button type="button">Copy picture</button>\n<output role="status"></output>\n',
    css=(ASSETS / "copy.css").read_text(encoding="utf-8"),
    js=(ASSETS / "copy.js").read_text(encoding="utf-8"),
)


def share_popover(link: str, description: str = SAME_IMAGES_TEXT, copies: Sequence[ClipboardImage] = ()) -> None:
    """A popover with the link, its QR code, and a button that copies an image."""
    with st.popover("Share", icon=":material/share:", key="share", on_change="rerun") as popover:
        st.write(description)
        st.code(link, language=None, wrap_lines=True)
        if not popover.open:
            return
        show_qr_code(link)
        if copies:
            show_copy_button(copies)


def show_qr_code(link: str) -> None:
    """The QR code of the link, as an image and a download."""
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
        st.caption(
            "This link works on this computer only. To share it, start the app with `--address 0.0.0.0` and open it by"
            " the computer's network name."
        )


@st.cache_data(max_entries=64, show_spinner=False)
def qr_svg(link: str) -> str:
    """A QR code as SVG, black on white with its quiet zone, so that cameras read it in a dark theme too."""
    return segno.make(link, micro=False).svg_inline(scale=4, dark="#000", light="#fff")


def show_copy_button(copies: Sequence[ClipboardImage]) -> None:
    """A choice of images, and the button that copies the chosen one."""
    names, selected = [name for name, _ in copies], 0
    if len(copies) > 1:
        widgets.drop_stale_value("share_picture", range(len(names)))
        selected = st.selectbox("Picture", range(len(names)), format_func=names.__getitem__, key="share_picture")
    COPY_BUTTON(key="copy", data=copies[selected][1]())


def clipboard_images(
    images: Sequence[GalleryImage], layout: downloads.SheetLayout = "grid", columns: int | None = None
) -> list[ClipboardImage]:
    """Each image, enlarged so that it is not tiny where it is pasted, and all on one sheet; a strip comes first."""
    sheet = partial(downloads.sheet_png, images, downloads.ZOOM_FACTOR, layout, columns)
    single_images: list[ClipboardImage] = [
        (image.stem, partial(downloads.single_png, image, downloads.ZOOM_FACTOR)) for image in images if image.metadata
    ]
    return [("the line", sheet), *single_images] if layout == "strip" else [*single_images, (SHEET_OPTION, sheet)]
