"""The page Digits: one class, one handwriting for all classes, a written number, a blend of two classes.

May import `pages.ui` and `gan_core`, no other page.
"""
