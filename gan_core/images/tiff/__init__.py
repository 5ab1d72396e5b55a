"""Reads TIFF files of every kind that holds colours, and tells the raw files of cameras from them.

Imports `gan_core.errors` and, of `gan_core.images`, `depth`, `orientation` and `streams` alone; no torch.
"""
