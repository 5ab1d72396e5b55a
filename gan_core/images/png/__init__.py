"""PNG files of any origin: their chunks, texts and colours, and whether rows of pixels are missing.

Imports `gan_core.errors` and the other modules of `gan_core.images` that know nothing of PNG.
"""
