"""The page Upscale: a visitor's picture enlarged by a super-resolution model, compared with bicubic interpolation.

May import `pages.ui` and `gan_core`, no other page.
"""
