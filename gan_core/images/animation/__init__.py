"""Reads animated pictures frame by frame, as whole pictures with their times, and writes them so.

Imports `gan_core.images` and lower; one frame at a time is in memory.
"""
