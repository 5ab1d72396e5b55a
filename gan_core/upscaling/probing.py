"""What loading a network must find out by trying: whether it works, how far it looks, what memory it costs."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from gan_core.errors import UsageError

MAX_RECEPTIVE_RADIUS_PX = 32  # pixels; a foreign network that looks further is tiled with a bounded overlap
PROBE_SIDE_PX = 16  # side in pixels of the noise a network is tried on
LIVE_TENSORS_FACTOR = (
    2.5  # tensors alive at once, against the input and output of the greediest layer; measured 2.3 to 2.8
)
LOCAL_LAYERS = (
    nn.Conv2d, nn.PReLU, nn.ReLU, nn.LeakyReLU, nn.GELU, nn.SiLU, nn.Mish, nn.Sigmoid, nn.PixelShuffle, nn.Identity,
    nn.Upsample,
)  # fmt: skip


def noise_image(channels: int, side: int, device: torch.device | str = "cpu") -> Tensor:
    """A picture (1, C, side, side) in [-1, 1] of the same noise each time."""
    image = torch.rand(1, channels, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return image.to(device, memory_format=torch.channels_last)


def validate_network(network: Callable[[Tensor], Tensor], name: str, channels: int, scale: int, side: int) -> None:
    """Raises InputError where the network fails on a small picture, or draws another size than it should."""
    try:
        with torch.inference_mode():
            large = network(noise_image(channels, side))
    except Exception as error:  # a network nobody tried before may fail in any way
        raise UsageError(f"{name} was recognised, but its network fails on a picture: {error}.") from error
    if large.shape != (1, channels, side * scale, side * scale) or not large.isfinite().all():
        raise UsageError(f"{name} was recognised, but does not enlarge a picture {scale} times.")


def compute_receptive_radius(module: nn.Module, network: Callable[[Tensor], Tensor], channels: int) -> int | None:
    """How far a network of convolutions looks to each side, in small pixels; None beyond LONGEST_REACH or unknown.

    At most the sum over all convolutions. Since a network's code may do more than its layers tell, that is tried: what
    changes beyond the reach must not change the middle.
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
    """About how many bytes of working memory a small pixel takes, from the sizes of what goes through the layers."""
    largest = 0

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
