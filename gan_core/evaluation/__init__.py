"""Trains the classifiers that metrics are computed with, scores models with them, and checks that models still work.

May import everything of gan_core except `runs` and the command line; `protocol.evaluate` is the way in.
"""
