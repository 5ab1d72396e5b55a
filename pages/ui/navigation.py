"""The frame around every page: which pages there are, the warm-up, and the way in through a deep link."""

from threading import Event
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from pages.ui.limits import limits
from pages.ui.paths import ASSETS, ICON, ROOT

WARM = Event()
BACK = component("atelier_back", js=(ASSETS / "back.js").read_text(encoding="utf-8"))
PAGES = {  # a package below `pages`: its title and icon, in the order of the menu
    "home": ("Home", ":material/home:"),
    "samples": ("Samples", ":material/grid_view:"),
    "digits": ("Digits", ":material/pin:"),
    "text": ("Text", ":material/edit_note:"),
    "upscale": ("Upscale", ":material/zoom_out_map:"),
    "train": ("Train", ":material/exercise:"),
    "models": ("Models", ":material/deployed_code:"),
    "how_it_works": ("How it works", ":material/school:"),
}
MENU: Any = {"Get help": None, "Report a bug": None, "About": "GAN Atelier: pictures drawn by networks trained here."}


def pages() -> list[Any]:
    """The pages in the order of the menu; the first one lives at /."""
    return [
        st.Page(
            ROOT / "pages" / name / "page.py", title=title, icon=icon, url_path=name.replace("_", "-"),
            default=name == "home",
        )
        for name, (title, icon) in PAGES.items()
    ]  # fmt: skip


def run() -> None:
    """Run the page that is asked for, within its frame."""
    configure()
    dress()
    page = st.navigation(pages(), position="top")
    warm_up()
    page.run()


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
    from pages.ui import model_cache, thumbnails  # late: the import of torch, and the frame is on the screen before it

    for name in model_cache.OPENING:
        if checkpoint := model_cache.everything().get(name):
            model_cache.pictures(name, checkpoint.weights_hash, (0,), None, 1.0)
    thumbnails.upscale_thumbnails()
    model_cache.settle()
    WARM.set()
