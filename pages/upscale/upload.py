"""The source image of the page Upscale: a file that is browsed, dropped or pasted, a photo by the camera, or a sample.

The source used last counts, and the other inputs are cleared. Files stay in the session's memory, and in no cache that
visitors share.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from gan_core.images import reading
from gan_core.images.animation.frames import read_animation
from gan_core.images.quality import measure_quality
from gan_core.images.sniffing import INPUT_FORMATS_TEXT
from pages.ui.limits import current_limits
from pages.ui.sample_images import SAMPLE_NAMES, load_sample
from pages.ui.uploads import read_upload, safe_stem
from pages.upscale.request import SourceImage

DISPLAY_NAME = "Your picture"  # in messages, instead of the name of the file
SOURCE_IMAGE_KEY = "upscale_source"
SAMPLE_CLEARED_KEY = "upscale_sample_cleared"

PASTE_COMPONENT = component(
    "atelier_paste",
    html="<p>… or paste one, with Ctrl + V or ⌘ V.</p>\n",
    css="""
p { margin: 0; font: 0.875rem / 1.4 var(--st-font); color: var(--st-text-color); opacity: 0.85; }
@media (hover: none) { p { display: none; } }
""",
    js=(Path(__file__).parent / "assets" / "paste.js").read_text(encoding="utf-8"),
)


def as_sentence(note: str) -> str:
    """A note that may name the picture within a sentence, where DISPLAY_NAME begins with a small letter."""
    return note.replace(f" {DISPLAY_NAME}", f" {DISPLAY_NAME.lower()}")


def source_picker() -> None:
    """Draws the inputs for a source image."""
    max_megabytes, max_megapixels = current_limits().upload_megabytes, current_limits().upload_pixels / 1e6
    st.file_uploader(
        "Your picture", key=uploader_key(), max_upload_size=max_megabytes, on_change=on_upload,
        help=f"{INPUT_FORMATS_TEXT}, up to {max_megabytes} MB and {max_megapixels:g} megapixels.",
    )  # fmt: skip
    PASTE_COMPONENT(key="paste", data={"uploader": uploader_key()})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.pills(
            "Or a sample", SAMPLE_NAMES, default=opening_sample(), key="sample", bind="query-params",
            on_change=on_sample,
        )  # fmt: skip
        st.toggle("Camera", key="camera", help="Asks your browser for the camera.")
    if st.session_state["camera"]:
        st.camera_input("Take a photo", key="shot", on_change=on_camera, label_visibility="collapsed")


# The source used last counts ----------------------------------------------------------------------------------------


def uploader_key() -> str:
    """The key of the uploader; a new key empties it."""
    return f"picture-{st.session_state.get('upload_round', 0)}"


def clear_uploader() -> None:
    st.session_state["upload_round"] = st.session_state.get("upload_round", 0) + 1


def clear_sample() -> None:
    st.session_state["sample"] = None
    st.session_state[SAMPLE_CLEARED_KEY] = True


def opening_sample() -> str | None:
    """The default of the samples; None in the run after one was cleared, for Streamlit wants no default beside that."""
    return None if st.session_state.pop(SAMPLE_CLEARED_KEY, False) else SAMPLE_NAMES[0]


def on_upload() -> None:
    if st.session_state[uploader_key()] is not None:
        clear_sample()
        st.session_state["camera"] = False


def on_camera() -> None:
    if st.session_state["shot"] is not None:
        clear_sample()
        clear_uploader()


def on_sample() -> None:
    if st.session_state["sample"] is not None:
        st.session_state["camera"] = False
        clear_uploader()


def current_file() -> Any:
    """The photo of the camera or the uploaded file, whichever is used; None where neither is."""
    photo = st.session_state.get("shot") if st.session_state.get("camera") else None
    return photo or st.session_state.get(uploader_key())


def source_key() -> str:
    """Identifies what is selected as the source, whether or not it can be read."""
    file = current_file()
    return str(getattr(file, "file_id", "lost") if file is not None else st.session_state.get("sample"))


def source_image(benchmark: bool) -> SourceImage | None:
    """The source image, decoded once; None without one. Raises UsageError where it cannot be used.

    A sample is used in full size for a benchmark, which downscales it, and downscaled otherwise.
    """
    file, sample = current_file(), st.session_state.get("sample")
    key = file.file_id if file is not None else f"{sample} {benchmark}"
    cached: SourceImage | None = st.session_state.get(SOURCE_IMAGE_KEY)
    if cached is not None and cached.key == key:
        return cached
    st.session_state.pop(SOURCE_IMAGE_KEY, None)
    if file is not None:
        image = open_upload(file)  # first: a file that was lost with its server has no name
        animation = read_animation(file.getvalue(), DISPLAY_NAME, current_limits().upload_pixels)
        if animation is not None:
            image = replace(image, notes=animation.notes)
        source = SourceImage(key, safe_stem(file.name), image, measure_quality(image, file.getvalue()), animation)
    elif sample in SAMPLE_NAMES:
        image = reading.read_image(load_sample(sample, benchmark))
        source = SourceImage(key, sample, image, measure_quality(image))
    else:
        return None
    st.session_state[SOURCE_IMAGE_KEY] = source
    return source


def open_upload(file: Any) -> reading.DecodedImage:
    """Decodes an uploaded file. Raises UsageError where it is too large or cannot be read."""
    return reading.read_image(read_upload(file, DISPLAY_NAME), DISPLAY_NAME, current_limits().upload_pixels)


def all_frames_toggle(source: SourceImage | None) -> bool:
    """Whether all frames of an animated picture are upscaled, or the first alone; draws nothing for other pictures."""
    if source is None or source.animation is None:
        return False
    return st.toggle(
        f"All {source.animation.frame_count} frames", True, key="all_frames",
        help=f"Your picture is an animated {source.animation.format}, which is enlarged frame by frame and stays one."
        " Off: its first frame alone.",
    )  # fmt: skip
