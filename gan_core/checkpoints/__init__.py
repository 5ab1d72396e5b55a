"""Checkpoints: folders with the weights of a model and a description of it. Imports models and text encoders only.

Nothing is re-exported, so that the light modules (`description`) can be imported without torch.
"""
