"""What a visitor may ask for: much on a machine of one's own, less where strangers share one. The caps are here alone.

Pages ask `limits()`; nothing else decides by where the app runs.
"""

import os
from dataclasses import dataclass

HOSTED_VARIABLE = "GAN_CORE_HOSTED"  # set by `python -m gan_core app --hosted`


@dataclass(frozen=True)
class Limits:
    """`owner`: whether visitors own the machine, and so may train on it, name its files, bring networks to it and
    fetch others. The rest is what one visitor may have: pictures at once, rows of handwriting, characters of a prompt,
    the size of an upload, of a zip to train on and of a result, places in the waiting line, bytes of all results that
    are kept, and bytes that one tile of an upscaling takes while it is drawn."""

    is_owner: bool
    images: int
    handwriting_rows: int
    prompt_characters: int
    upload_megabytes: int
    dataset_megabytes: int
    upload_pixels: int
    result_pixels: int
    queue_length: int
    kept_bytes: int
    tile_bytes: int


LOCAL_LIMITS = Limits(
    is_owner=True, images=64, handwriting_rows=10, prompt_characters=1000, upload_megabytes=50, dataset_megabytes=1000,
    upload_pixels=50_000_000, result_pixels=200_000_000, queue_length=12, kept_bytes=1_500_000_000, tile_bytes=480_000_000,
)  # fmt: skip
HOSTED_LIMITS = Limits(
    is_owner=False, images=36, handwriting_rows=6, prompt_characters=200, upload_megabytes=10, dataset_megabytes=0, upload_pixels=12_000_000,
    result_pixels=16_000_000, queue_length=6, kept_bytes=60_000_000, tile_bytes=72_000_000,
)  # fmt: skip


def current_limits() -> Limits:
    return HOSTED_LIMITS if os.environ.get(HOSTED_VARIABLE) else LOCAL_LIMITS
