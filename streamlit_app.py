"""Entry point of the app: Streamlit runs this file as `__main__` for each rerun; a server imports `app` from it."""

import streamlit as st

from pages.ui import navigation, server

if __name__ == "__main__":
    navigation.run_page()
else:
    app = st.App(__file__, lifespan=server.lifespan, middleware=server.MIDDLEWARE)
