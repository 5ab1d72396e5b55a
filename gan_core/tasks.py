"""The tasks of generator families: what a generator is conditioned on."""

from enum import StrEnum


class Task(StrEnum):
    """What a family generates images from, besides noise. The values are never stored."""

    UNCONDITIONAL = "none"
    CLASS_CONDITIONAL = "label"  # one-hot rows, or blends of them (N, classes)
    TEXT_TO_IMAGE = "text"  # text embeddings (N, D)
    SUPER_RESOLUTION = "picture"  # low-resolution images (N, C, h, w); no noise
