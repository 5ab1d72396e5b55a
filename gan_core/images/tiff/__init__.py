"""Reads TIFF files of every kind that holds colours, and tells the raw files of cameras from them.

Imports `gan_core.errors` and `gan_core.images.depth` alone, and neither torch nor the rest of `gan_core.images`.
"""
