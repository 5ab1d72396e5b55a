"""The work behind the page Upscale: a picture enlarged, or in proof mode shrunk, restored and measured.

All of it runs in the thread of the waiting line, the encoding of what the page shows included.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from gan_core.data.super_resolution import bicubic_downscale
from gan_core.evaluation.super_resolution import bicubic, restoration_metrics
from gan_core.images import writing
from gan_core.images.reading import Metadata, Picture
from gan_core.upscaling import pipeline
from gan_core.upscaling.pipeline import Done, Note, Progress
from gan_core.upscaling.tiling import resize, resize_alpha
from pages.ui.limits import limits
from pages.upscale.request import Result, Score, Shown, Wish

MAX_SHOWN = 40_000_000  # pixels that a browser is asked to show; what has more is shown smaller
MAX_LOSSLESS = 2_000_000  # pixels up to which it is shown as PNG
SHOWN_QUALITY = 95
BICUBIC, ORIGINAL = "Bicubic", "Original"


def fulfil(wish: Wish, should_stop: Callable[[], bool]) -> Iterator[Progress | Note | Result]:
    """Events that end with a Result, unless it is stopped."""
    return proven(wish, should_stop) if wish.proof else enlarged(wish, should_stop)


def enlarged(wish: Wish, should_stop: Callable[[], bool]) -> Iterator[Progress | Note | Result]:
    small, start = wish.given.picture, time.perf_counter()
    memory = limits().tile_bytes
    for event in pipeline.upscale(wish.tool.upscaler, small, wish.scale, tile_bytes=memory, should_stop=should_stop):
        if not isinstance(event, Done):
            yield event
            continue
        seconds = time.perf_counter() - start
        size = shown_size(event.picture)
        if size != event.picture.size:
            yield Note(
                f"It is too large for most browsers and shown at {size[0]} × {size[1]}; the download has it all."
            )
        before = {BICUBIC: shown(resized(small, size, Image.Resampling.BICUBIC))}
        after = shown(resized(event.picture, size, Image.Resampling.LANCZOS))
        yield Result(event.picture, small.size, seconds, size, after, before)


def proven(wish: Wish, should_stop: Callable[[], bool]) -> Iterator[Progress | Note | Result]:
    """Shrink, restore by each network, measure against what was there."""
    scale, sharp = wish.tool.upscaler.scale, proof_pixels(wish)
    original = tensor(sharp)
    small = bicubic_downscale(original, scale)
    if sharp.shape[:2] != wish.given.picture.pixels.shape[:2]:
        yield Note(f"The proof is made with {sharp.shape[1]} × {sharp.shape[0]} pixels from the middle of the picture.")
    plain = bicubic(small, scale)
    if should_stop():
        return
    scores, restored, seconds = [score(BICUBIC, original, plain, scale)], None, 0.0
    tools, memory = (wish.tool, *wish.rivals), limits().tile_bytes
    for index, each in enumerate(tools):
        start = time.perf_counter()
        given = Picture(array(small))
        for event in pipeline.upscale(each.upscaler, given, tile_bytes=memory, should_stop=should_stop):
            match event:
                case Progress(done=done, total=total):
                    yield Progress(index * total + done, len(tools) * total)
                case Done(picture=picture):
                    restored, seconds = restored or picture, seconds or time.perf_counter() - start
                    scores.append(score(each.name, original, tensor(picture.pixels), scale))
                case _:
                    yield event
        if len(scores) < index + 2:
            return  # stopped
    if restored is not None:
        before = {ORIGINAL: shown(Picture(sharp)), BICUBIC: shown(Picture(array(plain)))}
        size = (small.shape[2], small.shape[1])
        yield Result(restored, size, seconds, restored.size, shown(restored), before, tuple(scores))


def proof_pixels(wish: Wish) -> NDArray[np.uint8]:
    """The middle of the picture (H, W, C) with 8 bits, its sides multiples of the scale."""
    picture, (wide, tall) = wish.given.picture.reduced(), wish.size()
    left, top = (picture.size[0] - wide) // 2, (picture.size[1] - tall) // 2
    return np.ascontiguousarray(picture.pixels[top : top + tall, left : left + wide])


def score(name: str, original: torch.Tensor, restored: torch.Tensor, scale: int) -> Score:
    first, second = (each.expand(3, -1, -1) for each in (original, restored))  # grey is three equal channels
    measured = restoration_metrics(first, second, scale)
    return Score(name, measured["psnr"], measured["ssim"])


def tensor(pixels: NDArray[np.uint8]) -> torch.Tensor:
    """(H, W, C) -> (C, H, W)"""
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)


def array(pixels: torch.Tensor) -> NDArray[np.uint8]:
    """(C, H, W) -> (H, W, C)"""
    return np.ascontiguousarray(pixels.permute(1, 2, 0).numpy())


# What the browser gets -----------------------------------------------------------------------------------------------


def shown_size(picture: Picture) -> tuple[int, int]:
    """Width and height, at most MAX_SHOWN pixels."""
    width, height = picture.size
    factor = min(1.0, sqrt(MAX_SHOWN / (width * height)))
    return max(1, round(width * factor)), max(1, round(height * factor))


def resized(picture: Picture, size: tuple[int, int], filter: Image.Resampling) -> Picture:
    """Pixels and alpha at another width and height."""
    if picture.size == size:
        return picture
    pixels = resize(picture.pixels, size[1], size[0], filter=filter)
    alpha = picture.alpha
    if alpha is not None:
        alpha = resize_alpha(alpha, size[1], size[0])
    return replace(picture, pixels=pixels, alpha=alpha)


def shown(picture: Picture) -> Shown:
    """With its colours and no other metadata: PNG where it is small or clear in places, else a fine JPEG."""
    width, height = picture.size
    lossless = picture.alpha is not None or width * height <= MAX_LOSSLESS
    format = "PNG" if lossless or max(width, height) > writing.MAX_SIDE["JPEG"] else "JPEG"
    plain = replace(picture.reduced(), metadata=Metadata(picture.metadata.profile))
    return Shown(writing.encode(plain, format, SHOWN_QUALITY)[0], f"image/{format.lower()}")
