"""Data sets: named ones, folders and zips of images, as batches of uint8 tensors in a reproducible order.

Imports only `gan_core.errors` and `gan_core.images`; torchvision only inside the function that reads its data sets.
"""
