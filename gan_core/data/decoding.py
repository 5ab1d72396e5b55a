"""Decodes image files to tensors, in several threads."""

import os
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from gan_core.images.tensors import to_opaque

MAX_IN_MEMORY_BYTES = 2 * 1024**3  # of decoded images that a data set holds; larger ones are read again from the files
DECODE_ERRORS = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)  # what Pillow raises on broken files
MAX_THREADS = 8


def decoding_threads() -> ThreadPoolExecutor:
    """An executor for decoding image files, with a thread per core, at most MAX_THREADS. Pillow releases the GIL."""
    return ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1))


def decode_image(file: bytes, channels: int) -> Tensor:
    """An image file as (C, H, W) uint8 in its own size, with its EXIF orientation applied, transparency on white.

    Raises one of DECODE_ERRORS where the file is broken.
    """
    with Image.open(BytesIO(file)) as image:
        flattened = to_opaque(ImageOps.exif_transpose(image), "L" if channels == 1 else "RGB")
    return torch.from_numpy(np.atleast_3d(np.array(flattened))).permute(2, 0, 1).contiguous()
