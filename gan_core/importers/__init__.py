"""Loads networks that other projects trained: weights files, generators by their layout, upscalers by spandrel.

Imports `gan_core.models` and lower; spandrel is imported only when a network is loaded. No code from a file is run.
"""
