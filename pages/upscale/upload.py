"""Where a visitor's picture comes from: a file that is browsed, dropped or pasted, the camera, or a sample.

The last one chosen counts, and the others are put away. Files stay in the memory of the visit and in no cache that
visitors share.
"""

from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from gan_core.images import reading
from gan_core.images.sniffing import READABLE
from pages.ui import url_params
from pages.ui.limits import limits
from pages.ui.paths import ASSETS
from pages.ui.sample_images import SAMPLES, sample_file
from pages.ui.uploads import data_of, stem_of
from pages.upscale.request import Given

CALLED = "Your picture"  # in sentences: never by the name that somebody gave a file
KEPT = "upscale_given"

PASTE = component(
    "atelier_paste",
    html="<p>… or paste one, with Ctrl + V or ⌘ V.</p>\n",
    css="""
p { margin: 0; font: 0.875rem / 1.4 var(--st-font); color: var(--st-text-color); opacity: 0.85; }
@media (hover: none) { p { display: none; } }
""",
    js=(ASSETS / "paste.js").read_text(encoding="utf-8"),
)


def checks() -> dict[str, tuple[url_params.Check, str]]:
    return {"sample": url_params.one_of(SAMPLES)}


def choose() -> None:
    """The widgets."""
    st.file_uploader(
        "Your picture", key=uploader(), max_upload_size=limits().upload_megabytes, on_change=uploaded,
        help=f"{READABLE}, up to {limits().upload_megabytes} MB and {limits().upload_pixels / 1e6:g} megapixels.",
    )  # fmt: skip
    PASTE(key="paste", data={"uploader": uploader()})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.pills(
            "Or a sample", SAMPLES, default=SAMPLES[0], key="sample", bind="query-params", on_change=sampled,
        )  # fmt: skip
        st.toggle("Camera", key="camera", help="Asks your browser for the camera.")
    if st.session_state["camera"]:
        st.camera_input("Take a photo", key="shot", on_change=shot, label_visibility="collapsed")


# The last one chosen counts


def uploader() -> str:
    """Its key: a new one is an empty one."""
    return f"picture-{st.session_state.get('upload_round', 0)}"


def empty_uploader() -> None:
    st.session_state["upload_round"] = st.session_state.get("upload_round", 0) + 1


def uploaded() -> None:
    if st.session_state[uploader()] is not None:
        st.session_state["sample"] = None
        st.session_state["camera"] = False


def shot() -> None:
    if st.session_state["shot"] is not None:
        st.session_state["sample"] = None
        empty_uploader()


def sampled() -> None:
    if st.session_state["sample"] is not None:
        st.session_state["camera"] = False
        empty_uploader()


def given(proof: bool) -> Given | None:
    """The picture, decoded once; None where nothing is chosen. Raises InputError where it cannot be used."""
    file = (st.session_state.get("shot") if st.session_state.get("camera") else None) or st.session_state.get(
        uploader()
    )
    sample = st.session_state.get("sample")
    key = file.file_id if file is not None else f"{sample} {proof}"
    kept: Given | None = st.session_state.get(KEPT)
    if kept is not None and kept.key == key:
        return kept
    st.session_state.pop(KEPT, None)
    if file is not None:
        picture = picture_of(file)
        made = Given(key, stem_of(file.name), picture)
    elif sample in SAMPLES:
        made = Given(key, sample, reading.read(sample_file(sample, proof)))
    else:
        return None
    st.session_state[KEPT] = made
    return made


def picture_of(file: Any) -> reading.Picture:
    return reading.read(data_of(file, CALLED), CALLED, limits().upload_pixels)
