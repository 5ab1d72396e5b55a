"""The frame of the app: page config, warm-up, navigation. The pages are in `pages`, all computing is in `gan_core`."""

import streamlit as st

from pages.shared import frame

frame.configure()
frame.dress()
page = st.navigation(frame.pages(), position="top")
frame.warm_up()
st.session_state[frame.MARK] = True
page.run()
