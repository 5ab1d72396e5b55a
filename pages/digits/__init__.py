"""The page Digits: one class, one style for all classes, a written number, a blend; of digits, garments or any labelled model.

May import `pages.ui` and `gan_core`, no other page.
"""
