"""Converts images between tensors, arrays and Pillow, and reads and writes image files.

Imports `gan_core.errors` and `gan_core.files` alone; `sniffing` identifies files without importing torch.
"""
