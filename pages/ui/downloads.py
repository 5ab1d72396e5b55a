"""Downloads: one picture, all of them, a sheet, an animation. Files are made when asked for, not on every run."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from gan_core.images import tensors
from pages.ui.gallery import GalleryImage

ZOOM_FACTOR = 10
FRAME_ZOOM_FACTOR = 8


def download_popover(
    images: Sequence[GalleryImage], name: str, columns: int | None = None, strip: bool = False
) -> None:
    """A popover that offers the pictures as files; the sheet has `columns`, or is one line without gaps.

    What is no picture of a network carries no facts: it stands on the sheet, but is no file of its own.
    """
    shown_images, images = images, [image for image in images if image.metadata]
    with st.popover("Download", icon=":material/download:"):
        stems = [image.stem for image in images]
        selected = st.selectbox("Picture", range(len(images)), format_func=stems.__getitem__, key="download_picture")
        zoomed = st.toggle("Enlarge ten times", key="download_large", help="Each pixel becomes a square of ten by ten.")
        scale, image = ZOOM_FACTOR if zoomed else 1, images[selected]
        download_button("This picture (PNG)", lambda: single_png(image, scale), f"{image.stem}.png", "image/png")
        download_button("All pictures (ZIP)", lambda: zip_all(images, scale), f"{name}.zip", "application/zip")
        download_button(
            "One sheet (PNG)", lambda: sheet_png(shown_images, scale, columns, strip), f"{name}-sheet.png", "image/png"
        )


def download_button(
    label: str, make_file: Callable[[], bytes], file_name: str, mime: str, width: Any = "stretch",
    icon: str = ":material/download:",
) -> None:  # fmt: skip
    """A button that makes its file when pressed, without another run of the page."""
    st.download_button(label, make_file, file_name, mime, on_click="ignore", icon=icon, width=width)


def open_png(image: GalleryImage) -> Image.Image:
    return Image.open(io.BytesIO(image.png), formats=("PNG",))


def zoom(image: Image.Image, scale: int) -> Image.Image:
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


def single_png(image: GalleryImage, scale: int) -> bytes:
    """The picture with its facts as text chunks."""
    return tensors.encode_png(zoom(open_png(image), scale), image.metadata)


def zip_all(images: Sequence[GalleryImage], scale: int) -> bytes:
    """A ZIP with one PNG a picture; they are packed already, so they are stored."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for image in images:
            archive.writestr(f"{image.stem}.png", single_png(image, scale))
    return buffer.getvalue()


def sheet_png(images: Sequence[GalleryImage], scale: int, columns: int | None = None, strip: bool = False) -> bytes:
    """All pictures on one sheet; its facts name every seed and label."""
    arrays = [np.atleast_3d(np.asarray(open_png(image))) for image in images]  # each (H, W, C)
    pixels = np.concatenate(arrays, axis=1) if strip else tensors.make_grid(np.stack(arrays), columns)
    metadata_per_image = [image.metadata for image in images if image.metadata]
    merged_metadata = {
        key: join_metadata([metadata[key] for metadata in metadata_per_image])
        for key in (metadata_per_image[0] if metadata_per_image else ())
    }
    return tensors.encode_png(tensors.to_pil(pixels, scale), merged_metadata)


def join_metadata(values: list[str]) -> str:
    """What all share once, what differs one after the other."""
    return values[0] if len(set(values)) == 1 else ",".join(values)


@st.cache_data(max_entries=64, show_spinner=False)
def animation_webp(pngs: Sequence[bytes], scale: int = FRAME_ZOOM_FACTOR) -> bytes:
    """There and back again, endlessly: a WebP, each pixel a square of `scale`."""
    frames = [zoom(Image.open(io.BytesIO(png)), scale) for png in pngs]
    return tensors.encode_animation(frames + frames[-2:0:-1])
