"""Blocks of a page for wide and narrow screens; what a browser makes of them is in tests/browser."""

from streamlit.testing.v1 import AppTest

SCRIPT = """
import streamlit as st
from pages.ui import controls
with controls.stage():
    with st.container(border=True):
        st.text_input("Prompt")
        with controls.settings("Seed & number"):
            st.number_input("Seed", 0, 9)
    st.write("images")
"""


def test_settings_keep_their_place_in_the_script_and_start_with_the_line_that_folds_them() -> None:
    app = AppTest.from_string(SCRIPT).run()
    assert not app.exception
    assert app.text_input[0].label == "Prompt"
    assert app.number_input[0].label == "Seed"
    (fold,) = [element.proto.body for element in app.get("html")]
    assert "<summary>Seed &amp; number</summary>" in fold
