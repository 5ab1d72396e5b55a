"""Upscales whole images of any size with any super-resolution network, in bounded memory.

Imports `gan_core.checkpoints`, `gan_core.importers`, `gan_core.images` and lower; it never prints, it yields events.
"""

__all__ = ["DEFAULT_UPSCALER"]

DEFAULT_UPSCALER = "photo-srgan-x4"  # the model of pages, command and library where none is named
