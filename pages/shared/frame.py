"""The frame around every page: which pages there are, the warm-up, and the way in through a deep link."""

from pathlib import Path
from threading import Event
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from pages.shared.limits import limits

ROOT = Path(__file__).resolve().parents[2]
ASSETS = Path(__file__).parent / "assets"
ICON = str(ASSETS / "icon.svg")
MARK = "_framed"
WARM = Event()
BACK = component("atelier_back", js=(ASSETS / "back.js").read_text(encoding="utf-8"))
MENU: Any = {"Get help": None, "Report a bug": None, "About": "GAN Atelier: pictures drawn by networks trained here."}


def pages() -> list[Any]:
    """The pages in the order of the menu; the first one lives at /."""
    folder = ROOT / "pages"
    return [
        st.Page(folder / "home.py", title="Home", icon=":material/home:", default=True),
        st.Page(folder / "samples.py", title="Samples", icon=":material/grid_view:"),
        st.Page(folder / "digits.py", title="Digits", icon=":material/pin:"),
        st.Page(folder / "text.py", title="Text", icon=":material/edit_note:"),
        st.Page(folder / "upscale.py", title="Upscale", icon=":material/zoom_out_map:"),
        st.Page(folder / "train.py", title="Train", icon=":material/exercise:"),
        st.Page(folder / "models.py", title="Models", icon=":material/deployed_code:"),
        st.Page(folder / "how-it-works.py", title="How it works", icon=":material/school:"),
    ]


def require() -> None:
    """Every page calls this first: without its frame, bring the frame and start again.

    On a fresh server Streamlit takes the folder `pages` for its old kind of app and runs a deep-linked page alone,
    until `st.navigation` is called for the first time. The call below ends that for good; the link's query stays.
    """
    if not st.session_state.get(MARK):
        configure()  # or the browser fetches the page's own icon from a foreign server
        st.navigation(pages(), position="hidden")
        st.rerun()


def configure() -> None:
    """Title and icon of the browser's tab, layout and menu; before strangers, silence about the program's insides."""
    st.set_page_config("GAN Atelier", ICON, layout="wide", menu_items=MENU)
    if not limits().owner:
        st.set_option("client.showErrorDetails", "none")  # also where a host starts the app by its own command


def dress() -> None:
    """Logo, the style of the pictures' cards, and what brings a page up to date that has outlived its server."""
    st.logo(ICON, size="large")
    st.html(ASSETS / "style.css")
    BACK(key="back", on_back_change=lambda: None)


def warm_up() -> None:
    """At the first visit to a server that was not warm when it started, say why it takes a moment."""
    if WARM.is_set():
        return
    with st.spinner("Unpacking brushes and paint …"):
        open_models()


@st.cache_resource(show_spinner=False)
def open_models() -> None:
    """Import torch, load and run the models that the pages open with: once a server, by its start or first visit."""
    from pages.shared import before_after, models  # late: the import of torch, and the frame is on the screen before it

    for name in models.OPENING:
        if checkpoint := models.everything().get(name):
            models.pictures(name, checkpoint.weights_hash, (0,), None, 1.0)
    before_after.taste()
    models.settle()
    WARM.set()
