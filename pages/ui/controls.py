"""The order of a page on a narrow screen: the main choice and the images first, secondary settings folded below them.

The style sheet decides by the width of the window, so a wide one shows everything as it is written, and no rerun is
needed when a phone is turned. The keyboard and screen readers keep the order of a wide screen: inputs, then images.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import streamlit as st


@contextmanager
def stage() -> Iterator[None]:
    """A container for the inputs of a page and the images that they lead to. At most one a page.

    On a screen of at most 640 pixels the block of `settings` inside it comes last, and the frames around that block
    vanish; everything else keeps its order.
    """
    with st.container(key="stage"):
        yield


@contextmanager
def settings(label: str = "Settings") -> Iterator[None]:
    """A container for secondary inputs, inside a `stage`, as deep in other containers as the page likes. One a page.

    On a wide screen its elements belong to the surrounding container, in a grid a cell each. On a narrow one a line
    with the label stands for them, which opens and closes them in the browser.
    """
    with st.container(key="settings"):
        st.html(f'<details class="atelier-fold"><summary>{escape(label)}</summary></details>')
        yield
