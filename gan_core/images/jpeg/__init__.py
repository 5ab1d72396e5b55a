"""JPEG files of any origin: their segments and scans, whether rows are missing, and the parts beside the picture.

Imports `gan_core.errors` and the modules of `gan_core.images` that know nothing of JPEG.
"""
