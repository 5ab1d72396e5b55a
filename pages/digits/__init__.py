"""The page Digits: one class, one style for all classes, a written number, a blend; digits, garments or own classes.

May import `pages.ui` and `gan_core`, no other page.
"""
