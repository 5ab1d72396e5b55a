"""The page Samples: images of any generator by seed, two models compared, an interpolation, the discriminator's scores.

May import `pages.ui` and `gan_core`, no other page.
"""
