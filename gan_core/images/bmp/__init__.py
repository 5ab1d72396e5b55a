"""Reads BMP files with every header, depth, mask and compression that Windows and OS/2 write.

Imports `gan_core.errors` alone, and neither torch nor the rest of `gan_core.images`.
"""
