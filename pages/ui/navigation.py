"""The frame around every page: the list of pages, the style, and the warm-up of a fresh server."""

from threading import Event
from typing import Any

import streamlit as st
from streamlit.components.v2 import component
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui import gallery
from pages.ui.limits import current_limits
from pages.ui.paths import ASSETS, ICON, ROOT

WARMED_UP = Event()
FRAME_SCRIPT = component("atelier_frame", js=(ASSETS / "frame.js").read_text(encoding="utf-8"))
APP_TITLE = "GAN Atelier"
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
OWNER_PAGES = ("train",)  # on a host they say where they work, and no menu leads to them
MENU_ITEMS: Any = {
    "Get help": None,
    "Report a bug": None,
    "About": "GAN Atelier: pictures drawn by networks trained here.",
}


def all_pages() -> list[Any]:
    """The pages in the order of the menu; the first is at /."""
    return [
        st.Page(
            ROOT / "pages" / name / "page.py", title=title, icon=icon, url_path=name.replace("_", "-"),
            default=name == "home", visibility="visible" if is_in_menu(name) else "hidden",
        )
        for name, (title, icon) in PAGES.items()
    ]  # fmt: skip


def is_in_menu(name: str) -> bool:
    return current_limits().is_owner or name not in OWNER_PAGES


def run_page() -> None:
    """Run the requested page within the frame."""
    restore_address()
    configure_page()
    apply_style()
    page = st.navigation(all_pages(), position="top")
    st.set_page_config(tab_title(page.title))
    wait_for_warm_up()
    page.run()


def restore_address() -> None:
    """After Back or Forward: let the page read its whole address.

    Where the page changes, Streamlit drops the parameters that the page before has too, such as the seed.
    """
    context = get_script_run_ctx()
    if context is None or not context.is_history_navigation:
        return
    with context.session_state.query_params() as parameters:
        parameters.set_initial_query_params(context.query_string)
        parameters.populate_from_query_string(context.query_string)
        parameters._send_query_param_msg()  # Streamlit has told the browser the shortened address


def tab_title(page_title: str) -> str:
    return APP_TITLE if page_title == PAGES["home"][0] else f"{page_title} · {APP_TITLE}"


def configure_page() -> None:
    """Set title, icon, layout and menu. On a host, error messages and tracebacks are not shown.

    It goes before `st.navigation`, or the browser asks another site for the icon of the page's name.
    """
    st.set_page_config(APP_TITLE, ICON, layout="wide", menu_items=MENU_ITEMS)
    if not current_limits().is_owner:
        st.set_option("client.showErrorDetails", "none")  # also where a host starts the app by its own command


def apply_style() -> None:
    """Show the logo, apply the style sheet, and load the scripts of every page: for reconnections and for galleries."""
    st.logo(ICON, size="large")
    st.html(ASSETS / "style.css")
    FRAME_SCRIPT(key="frame", on_back_change=lambda: None)
    gallery.load_script()


def wait_for_warm_up() -> None:
    """Show a spinner while a fresh server warms up."""
    if WARMED_UP.is_set():
        return
    with st.spinner("Loading the networks …"):
        warm_up_models()


@st.cache_resource(show_spinner=False)
def warm_up_models() -> None:
    """Import torch, load and run the models that the pages open with, then draw the wall of Home. Once a server.

    The first visits wait for the models alone.
    """
    from pages.ui import model_cache, thumbnails  # late: the frame is on the screen before torch is imported

    for name in model_cache.WARM_UP_MODELS:
        if checkpoint := model_cache.all_models().get(name):
            model_cache.sample_pngs(name, checkpoint.weights_hash, (0,), None, 1.0)
    model_cache.freeze_gc()
    WARMED_UP.set()
    for subject in thumbnails.WALL_PANELS:
        thumbnails.wall_images(subject)
    thumbnails.upscale_thumbnails()
    model_cache.freeze_gc()
