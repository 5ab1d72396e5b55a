"""Measures a super-resolution network by trial: whether it works, its receptive radius, its working memory."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from gan_core.errors import UsageError

MAX_RECEPTIVE_RADIUS_PX = 32  # of networks tiled exactly; a larger one is tiled with a fixed overlap
PROBE_SIDE_PX = 16  # side of the noise that a network is tried on
# Tensors alive at once, relative to input and output of the layer with the largest; measured 2.3 to 2.8.
LIVE_TENSORS_FACTOR = 2.5
LOCAL_LAYERS = (
    nn.Conv2d, nn.PReLU, nn.ReLU, nn.LeakyReLU, nn.GELU, nn.SiLU, nn.Mish, nn.Sigmoid, nn.PixelShuffle, nn.Identity,
    nn.Upsample,
)  # fmt: skip


def noise_image(channels: int, side: int, device: torch.device | str = "cpu") -> Tensor:
    """An image (1, C, side, side) in [-1, 1] of noise, the same at every call."""
    image = torch.rand(1, channels, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return image.to(device, memory_format=torch.channels_last)


def validate_network(network: Callable[[Tensor], Tensor], name: str, channels: int, scale: int, side: int) -> None:
    """Raises UsageError where the network fails on noise, or yields another size or values that are not finite."""
    try:
        with torch.inference_mode():
            large = network(noise_image(channels, side))
    except Exception as error:  # an untested network may fail in any way
        raise UsageError(f"{name} was recognised, but its network fails on an image: {error}.") from error
    if large.shape != (1, channels, side * scale, side * scale) or not large.isfinite().all():
        raise UsageError(f"{name} was recognised, but its network does not upscale an image {scale} times.")


def compute_receptive_radius(module: nn.Module, network: Callable[[Tensor], Tensor], channels: int) -> int | None:
    """The receptive radius of a convolutional network in pixels of the input; None where unknown or too large.

    The sum over all convolutions is an upper bound where a network's code does no more than its layers. That is
    tested: changing the input beyond the radius must not change the centre of the output.
    """
    layers = [layer for layer in module.modules() if not list(layer.children()) and not isinstance(layer, nn.Dropout)]
    if not all(isinstance(layer, LOCAL_LAYERS) for layer in layers):
        return None
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    if any(layer.stride != (1, 1) for layer in convolutions):
        return None
    radius = sum(layer.dilation[0] * (max(layer.kernel_size) // 2) for layer in convolutions)
    if not 0 < radius <= MAX_RECEPTIVE_RADIUS_PX:
        return None
    image = noise_image(channels, 2 * radius + 3)
    changed = image.neg()
    changed[:, :, 1:-1, 1:-1] = image[:, :, 1:-1, 1:-1]  # only the outermost ring differs
    with torch.inference_mode():
        first, second = network(image), network(changed)
    scale, middle = first.shape[-1] // image.shape[-1], radius + 1
    window = slice(middle * scale, (middle + 1) * scale)
    return radius if torch.allclose(first[..., window, window], second[..., window, window], atol=1e-5) else None


def estimate_bytes_per_pixel(module: nn.Module, network: Callable[[Tensor], Tensor], channels: int, side: int) -> int:
    """Estimated working memory in bytes per pixel of the input, from the inputs and outputs of all layers."""
    largest = 0  # bytes of the inputs and the output of one layer

    def record_sizes(_: nn.Module, inputs: Any, output: Any) -> None:
        nonlocal largest
        tensors = [tensor for tensor in (*inputs, output) if isinstance(tensor, Tensor)]
        largest = max(largest, sum(4 * tensor.numel() for tensor in tensors))

    hooks = [layer.register_forward_hook(record_sizes) for layer in module.modules() if not list(layer.children())]
    try:
        with torch.inference_mode():
            result = network(noise_image(channels, side, next(module.parameters()).device))
    finally:
        for hook in hooks:
            hook.remove()
    largest = max(largest, 8 * result.numel())
    return math.ceil(LIVE_TENSORS_FACTOR * largest / side**2)


def count_parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
