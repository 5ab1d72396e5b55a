"""The link from a model to the page that uses it."""

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.tasks import Task
from pages.ui.markdown import escape_markdown


def link_to_page(checkpoint: Checkpoint) -> None:
    """A link to the page for its kind."""
    if checkpoint.family.task == Task.SUPER_RESOLUTION:
        page, label, icon = "pages/upscale/page.py", f"Enlarge with {checkpoint.name}", ":material/zoom_out_map:"
    elif checkpoint.family.task == Task.TEXT_TO_IMAGE:
        page, label, icon = "pages/text/page.py", f"Draw with {checkpoint.name}", ":material/edit_note:"
    else:
        page, label, icon = "pages/samples/page.py", f"Draw with {checkpoint.name}", ":material/grid_view:"
    st.page_link(page, label=escape_markdown(label), icon=icon, query_params={"model": checkpoint.name})
