"""The link from a model to the page that uses it."""

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.tasks import Task
from pages.ui.markdown import escape_markdown


def link_to_page(checkpoint: Checkpoint) -> None:
    """A link to Upscale, Text, Digits or Samples with this model selected, by its task."""
    match checkpoint.family.task:
        case Task.SUPER_RESOLUTION:
            page, verb, icon = "upscale", "Enlarge", ":material/zoom_out_map:"
        case Task.TEXT_TO_IMAGE:
            page, verb, icon = "text", "Draw", ":material/edit_note:"
        case Task.CLASS_CONDITIONAL:
            page, verb, icon = "digits", "Draw", ":material/pin:"
        case _:
            page, verb, icon = "samples", "Draw", ":material/grid_view:"
    label = escape_markdown(f"{verb} with {checkpoint.name}")
    st.page_link(f"pages/{page}/page.py", label=label, icon=icon, query_params={"model": checkpoint.name})
