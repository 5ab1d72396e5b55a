"""Text conditioning: encoders that turn prompts into vectors, captions of data sets, and the training of encoders.

Imports `gan_core.data`, `gan_core.errors` and `gan_core.files`; packages for distillation only inside functions.
"""
