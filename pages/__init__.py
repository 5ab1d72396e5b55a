"""The Streamlit app: a package for each page, and `ui` for what they share.

A page imports `pages.ui`, `gan_core` and its own modules, never another page. What computes is in `gan_core`.
"""
