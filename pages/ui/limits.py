"""Limits on what a visitor may ask for: generous on a machine of one's own, small on a host that strangers share.

Pages ask `current_limits()`; nothing else depends on where the app runs.
"""

import os
from dataclasses import dataclass

HOSTED_VARIABLE = "GAN_CORE_HOSTED"  # set by `python -m gan_core app --hosted`


@dataclass(frozen=True)
class Limits:
    """What one visitor may do and have.

    `is_owner`: visitors own the machine, so they may train on it, name its files, upload networks and fetch models.
    """

    is_owner: bool
    images: int  # at once
    handwriting_rows: int
    prompt_characters: int
    upload_megabytes: int
    dataset_megabytes: int  # a zip to train on
    upload_pixels: int
    result_pixels: int  # of an upscaling
    animation_pixels: int  # of all frames of the upscaling of an animation
    queue_length: int  # jobs that wait for the upscaler
    kept_bytes: int  # the results of all visitors together
    tile_bytes: int  # memory for one tile of an upscaling


LOCAL_LIMITS = Limits(
    is_owner=True, images=64, handwriting_rows=10, prompt_characters=1000, upload_megabytes=50, dataset_megabytes=1000,
    upload_pixels=50_000_000, result_pixels=200_000_000, animation_pixels=1_000_000_000, queue_length=12,
    kept_bytes=1_500_000_000, tile_bytes=480_000_000,
)  # fmt: skip
HOSTED_LIMITS = Limits(
    is_owner=False, images=36, handwriting_rows=6, prompt_characters=200, upload_megabytes=10, dataset_megabytes=0,
    upload_pixels=12_000_000, result_pixels=16_000_000, animation_pixels=80_000_000, queue_length=6,
    kept_bytes=60_000_000, tile_bytes=72_000_000,
)  # fmt: skip


def current_limits() -> Limits:
    return HOSTED_LIMITS if os.environ.get(HOSTED_VARIABLE) else LOCAL_LIMITS
