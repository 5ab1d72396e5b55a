"""Downloads: one image, all of them as a ZIP, a sheet, an animation. A file is made when its button is pressed."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import streamlit as st

from gan_core.images import encoding, tensors
from pages.ui.gallery import GalleryImage

SheetLayout = Literal["grid", "strip"]  # a strip is one row without gaps, of images of any width
ZOOM_FACTOR = 10  # file pixels along a side of an image pixel, where an image is enlarged
FRAME_ZOOM_FACTOR = 8  # the same for animations


def download_popover(
    images: Sequence[GalleryImage], name: str, layout: SheetLayout = "grid", columns: int | None = None
) -> None:
    """A popover that offers the images as files; the sheet has the given layout and, as a grid, `columns`.

    Images without metadata are on the sheet, but not files of their own.
    """
    shown_images, images = images, [image for image in images if image.metadata]
    with st.popover("Download", icon=":material/download:", key="download", on_change="rerun") as popover:
        if not popover.open:
            return
        stems = [image.stem for image in images]
        selected = st.selectbox("Picture", range(len(images)), format_func=stems.__getitem__, key="download_picture")
        zoomed = st.toggle("Enlarge ten times", key="download_large", help="Each pixel becomes a square of ten by ten.")
        scale, image = ZOOM_FACTOR if zoomed else 1, images[selected]
        download_button("This picture (PNG)", lambda: single_png(image, scale), f"{image.stem}.png", "image/png")
        download_button("All pictures (ZIP)", lambda: zip_all(images, scale), f"{name}.zip", "application/zip")
        download_button(
            "One sheet (PNG)", lambda: sheet_png(shown_images, scale, layout, columns), f"{name}-sheet.png", "image/png"
        )


def download_button(
    label: str, make_file: Callable[[], bytes], file_name: str, mime: str, width: Any = "stretch",
    icon: str = ":material/download:",
) -> None:  # fmt: skip
    """A button whose file is made when it is pressed, without a rerun of the page."""
    st.download_button(label, make_file, file_name, mime, on_click="ignore", icon=icon, width=width)


def single_png(image: GalleryImage, scale: int) -> bytes:
    """The image with its metadata as text chunks."""
    return encoding.encode_png(tensors.zoom(encoding.open_png(image.png), scale), image.metadata)


def zip_all(images: Sequence[GalleryImage], scale: int) -> bytes:
    """A ZIP with a PNG for each image, stored without further compression."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for image in images:
            archive.writestr(f"{image.stem}.png", single_png(image, scale))
    return buffer.getvalue()


def sheet_png(
    images: Sequence[GalleryImage], scale: int, layout: SheetLayout = "grid", columns: int | None = None
) -> bytes:
    """All images on one sheet, whose text chunks name every seed and label."""
    arrays = [encoding.decode_png(image.png) for image in images]  # (H, W, C) each
    pixels = np.concatenate(arrays, axis=1) if layout == "strip" else tensors.make_grid(np.stack(arrays), columns)
    metadata_per_image = [image.metadata for image in images if image.metadata]
    merged_metadata = {
        key: join_metadata([metadata[key] for metadata in metadata_per_image])
        for key in (metadata_per_image[0] if metadata_per_image else ())
    }
    return encoding.encode_png(tensors.to_pil(pixels, scale), merged_metadata)


def join_metadata(values: list[str]) -> str:
    """The value that all share, or all values joined by commas."""
    return values[0] if len(set(values)) == 1 else ",".join(values)


@st.cache_data(max_entries=64, show_spinner=False)
def animation_webp(pngs: Sequence[bytes], scale: int = FRAME_ZOOM_FACTOR) -> bytes:
    """A WebP that loops through the frames and back; each image pixel is a square of `scale` pixels."""
    frames = [tensors.zoom(encoding.open_png(png), scale) for png in pngs]
    return encoding.encode_animation(frames + frames[-2:0:-1])
