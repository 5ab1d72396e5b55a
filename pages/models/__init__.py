"""The page Models: the models on this machine, their details, and the Hugging Face Hub in both directions.

It imports `pages.ui` and `gan_core`.
"""
