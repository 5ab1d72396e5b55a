"""The page Home: an example, links to the other pages, and the way from a downloaded PNG back to its page.

It imports `pages.ui` and `gan_core`.
"""
