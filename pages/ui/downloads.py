"""Downloads: one picture, all of them, a sheet, an animation. Files are made when asked for, not on every run."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from gan_core.images import tensors
from pages.ui.gallery import Picture

ENLARGED = 10
FRAME_SCALE = 8


def download(pictures: Sequence[Picture], name: str, columns: int | None = None, line: bool = False) -> None:
    """A popover that offers the pictures as files; the sheet has `columns`, or is one line without gaps.

    What is no picture of a network carries no facts: it stands on the sheet, but is no file of its own.
    """
    shown, pictures = pictures, [picture for picture in pictures if picture.facts]
    with st.popover("Download", icon=":material/download:"):
        stems = [picture.stem for picture in pictures]
        chosen = st.selectbox("Picture", range(len(pictures)), format_func=stems.__getitem__, key="download_picture")
        large = st.toggle("Enlarge ten times", key="download_large", help="Each pixel becomes a square of ten by ten.")
        scale, picture = ENLARGED if large else 1, pictures[chosen]
        offer("This picture (PNG)", lambda: one(picture, scale), f"{picture.stem}.png", "image/png")
        offer("All pictures (ZIP)", lambda: everything(pictures, scale), f"{name}.zip", "application/zip")
        offer("One sheet (PNG)", lambda: sheet(shown, scale, columns, line), f"{name}-sheet.png", "image/png")


def offer(
    label: str, make: Callable[[], bytes], file_name: str, mime: str, width: Any = "stretch",
    icon: str = ":material/download:",
) -> None:  # fmt: skip
    """A button that makes its file when pressed, without another run of the page."""
    st.download_button(label, make, file_name, mime, on_click="ignore", icon=icon, width=width)


def opened(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.png), formats=("PNG",))


def enlarged(picture: Image.Image, scale: int) -> Image.Image:
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)


def one(picture: Picture, scale: int) -> bytes:
    """The picture with its facts as text chunks."""
    return tensors.png_bytes(enlarged(opened(picture), scale), picture.facts)


def everything(pictures: Sequence[Picture], scale: int) -> bytes:
    """A ZIP with one PNG a picture; they are packed already, so they are stored."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for picture in pictures:
            archive.writestr(f"{picture.stem}.png", one(picture, scale))
    return buffer.getvalue()


def sheet(pictures: Sequence[Picture], scale: int, columns: int | None = None, line: bool = False) -> bytes:
    """All pictures on one sheet; its facts name every seed and label."""
    arrays = [np.atleast_3d(np.asarray(opened(picture))) for picture in pictures]  # each (H, W, C)
    pixels = np.concatenate(arrays, axis=1) if line else tensors.grid(np.stack(arrays), columns)
    facts = [picture.facts for picture in pictures if picture.facts]
    together = {key: joined([each[key] for each in facts]) for key in (facts[0] if facts else ())}
    return tensors.png_bytes(tensors.to_pil(pixels, scale), together)


def joined(values: list[str]) -> str:
    """What all share once, what differs one after the other."""
    return values[0] if len(set(values)) == 1 else ",".join(values)


@st.cache_data(max_entries=64, show_spinner=False)
def animation(pngs: Sequence[bytes], scale: int = FRAME_SCALE) -> bytes:
    """There and back again, endlessly: a WebP, each pixel a square of `scale`."""
    frames = [enlarged(Image.open(io.BytesIO(png)), scale) for png in pngs]
    return tensors.animation_bytes(frames + frames[-2:0:-1])
