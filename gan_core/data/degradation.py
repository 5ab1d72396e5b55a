"""Low-resolution versions of photos: bicubic downscaling, and the degradations of real uploads."""

from io import BytesIO

import torch
from torch import Tensor
from torch.nn.functional import conv2d, interpolate, pad

from gan_core.data.decoding import decode_image
from gan_core.images.tensors import resize_bicubic, round_to_uint8, to_pil

DEGRADATIONS = ("bicubic", "photo")
BLUR_RADIUS_PX = 6


def bicubic_downscale(image: Tensor, scale: int) -> Tensor:
    """(C, H, W) uint8 -> (C, H / scale, W / scale): antialiased bicubic, rounded to 8 bits as the benchmarks are."""
    return resize_bicubic(image, image.shape[1] // scale, image.shape[2] // scale)


def degrade(image: Tensor, scale: int, generator: torch.Generator) -> Tensor:
    """Random blur, downscaling with one of three filters, noise and JPEG compression, after Real-ESRGAN (Wang et al.
    2021, section 3). Blur, noise and JPEG are each left out at random. (C, H, W) uint8 -> (C, H / scale, W / scale).
    """
    values = image.float()
    if random_chance(0.8, generator):
        values = gaussian_blur(
            values, random_uniform(0.2, 2.0, generator), random_uniform(0.2, 2.0, generator), generator
        )
    mode = ("bicubic", "bilinear", "area")[randint(0, 2, generator)]
    size = (image.shape[1] // scale, image.shape[2] // scale)
    options = {} if mode == "area" else {"antialias": True}
    values = interpolate(values[None], size=size, mode=mode, **options)[0]
    if random_chance(0.7, generator):
        shape = values.shape if random_chance(0.6, generator) else (1, *values.shape[1:])  # colour or grey noise
        values = values + random_uniform(1, 15, generator) * torch.randn(shape, generator=generator)
    low_res = round_to_uint8(values)
    return jpeg_compress(low_res, randint(40, 95, generator)) if random_chance(0.8, generator) else low_res


def gaussian_blur(values: Tensor, sigma_along: float, sigma_across: float, generator: torch.Generator) -> Tensor:
    """An anisotropic Gaussian blur of (C, H, W), at a random angle; standard deviations in pixels."""
    offsets = torch.arange(-BLUR_RADIUS_PX, BLUR_RADIUS_PX + 1).float()
    rows, columns = torch.meshgrid(offsets, offsets, indexing="ij")
    angle = torch.tensor(random_uniform(0, torch.pi, generator))
    distance_along = columns * angle.cos() + rows * angle.sin()
    distance_across = rows * angle.cos() - columns * angle.sin()
    kernel = torch.exp(-((distance_along / sigma_along) ** 2 + (distance_across / sigma_across) ** 2) / 2)
    kernel = (kernel / kernel.sum()).expand(len(values), 1, -1, -1)
    return conv2d(pad(values[None], (BLUR_RADIUS_PX,) * 4, mode="replicate"), kernel, groups=len(values))[0]


def jpeg_compress(image: Tensor, quality: int) -> Tensor:
    """(C, H, W) uint8 encoded as JPEG and decoded again."""
    buffer = BytesIO()
    to_pil(image.permute(1, 2, 0).numpy()).save(buffer, "JPEG", quality=quality)
    return decode_image(buffer.getvalue(), len(image), known_whole=True)


def randint(low: int, high: int, generator: torch.Generator) -> int:
    """An integer in [low, high]."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def random_chance(probability: float, generator: torch.Generator) -> bool:
    return torch.rand((), generator=generator).item() < probability


def random_uniform(low: float, high: float, generator: torch.Generator) -> float:
    return low + (high - low) * torch.rand((), generator=generator).item()
