"""What loading a network must find out by trying: whether it works, how far it looks, what memory it costs."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from gan_core.errors import UsageError

LONGEST_REACH = 32  # pixels; a foreign network that looks further is tiled with a bounded overlap
PROBE = 16  # side in pixels of the noise a network is tried on
LIVE_TENSORS = 2.5  # tensors alive at once, against the input and output of the greediest layer; measured 2.3 to 2.8
LOCAL = (
    nn.Conv2d, nn.PReLU, nn.ReLU, nn.LeakyReLU, nn.GELU, nn.SiLU, nn.Mish, nn.Sigmoid, nn.PixelShuffle, nn.Identity,
    nn.Upsample,
)  # fmt: skip


def noise(channels: int, side: int, device: torch.device | str = "cpu") -> Tensor:
    """A picture (1, C, side, side) in [-1, 1] of the same noise each time."""
    drawn = torch.rand(1, channels, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return drawn.to(device, memory_format=torch.channels_last)


def check_network(network: Callable[[Tensor], Tensor], name: str, channels: int, scale: int, side: int) -> None:
    """Raises InputError where the network fails on a small picture, or draws another size than it should."""
    try:
        with torch.inference_mode():
            large = network(noise(channels, side))
    except Exception as error:  # a network nobody tried before may fail in any way
        raise UsageError(f"{name} was recognised, but its network fails on a picture: {error}.") from error
    if large.shape != (1, channels, side * scale, side * scale) or not large.isfinite().all():
        raise UsageError(f"{name} was recognised, but does not enlarge a picture {scale} times.")


def reach_of(module: nn.Module, network: Callable[[Tensor], Tensor], channels: int) -> int | None:
    """How far a network of convolutions looks to each side, in small pixels; None beyond LONGEST_REACH or unknown.

    At most the sum over all convolutions. Since a network's code may do more than its layers tell, that is tried: what
    changes beyond the reach must not change the middle.
    """
    layers = [layer for layer in module.modules() if not list(layer.children()) and not isinstance(layer, nn.Dropout)]
    if not all(isinstance(layer, LOCAL) for layer in layers):
        return None
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    if any(layer.stride != (1, 1) for layer in convolutions):
        return None
    reach = sum(layer.dilation[0] * (max(layer.kernel_size) // 2) for layer in convolutions)
    if not 0 < reach <= LONGEST_REACH:
        return None
    picture = noise(channels, 2 * reach + 3)
    changed = picture.neg()
    changed[:, :, 1:-1, 1:-1] = picture[:, :, 1:-1, 1:-1]  # only the outermost ring differs
    with torch.inference_mode():
        first, second = network(picture), network(changed)
    scale, middle = first.shape[-1] // picture.shape[-1], reach + 1
    window = slice(middle * scale, (middle + 1) * scale)
    return reach if torch.allclose(first[..., window, window], second[..., window, window], atol=1e-5) else None


def memory_per_pixel(module: nn.Module, network: Callable[[Tensor], Tensor], channels: int, side: int) -> int:
    """About how many bytes of working memory a small pixel takes, from the sizes of what goes through the layers."""
    largest = 0

    def watch(_: nn.Module, given: Any, made: Any) -> None:
        nonlocal largest
        tensors = [each for each in (*given, made) if isinstance(each, Tensor)]
        largest = max(largest, sum(4 * each.numel() for each in tensors))

    hooks = [layer.register_forward_hook(watch) for layer in module.modules() if not list(layer.children())]
    try:
        with torch.inference_mode():
            made = network(noise(channels, side, next(module.parameters()).device))
    finally:
        for hook in hooks:
            hook.remove()
    largest = max(largest, 8 * made.numel())
    return math.ceil(LIVE_TENSORS * largest / side**2)


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
