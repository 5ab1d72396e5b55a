"""Entry point. Streamlit runs this file as `__main__` for each rerun of a visit; a server imports `app` from it.

All computing is in `gan_core`, each page in a package of its own below `pages`.
"""

import streamlit as st

from pages.ui import navigation, server

if __name__ == "__main__":
    navigation.run_page()
else:
    app = st.App(__file__, lifespan=server.lifespan, middleware=server.MIDDLEWARE)
