"""Finds the sides of feature maps from which images of a common size can be reached; others are dropped."""

from gan_core.importers.geometry import UNUSUAL, conv_paddings, up_windows
from gan_core.importers.layers import LayerTensors, is_convolution, slots_between
from gan_core.models.layer_chain import MAX_SIDE


def find_routes(layers: list[LayerTensors], sides: tuple[int, ...], *, unusual: bool) -> list[set[int]]:
    """For each layer the sides of maps before it from which images of one of `sides` can be reached."""
    routes = [set(sides)]
    only_kernel_3 = has_only_kernels_of_3(layers)
    for index in range(len(layers) - 1, -1, -1):
        after = routes[0]
        if not is_convolution(layers[index]):
            routes.insert(0, after)
            continue
        kernel, reached = layers[index].tensors["weight"].shape[2], set[int]()
        slots = slots_between(layers[index - 1], layers[index]) if index else 0
        for side in range(1, MAX_SIDE + 1):
            before = [side, 2 * side] if slots != 0 else [side]
            windows = [
                ("conv", 1, padding, 0) for padding, penalty in conv_paddings(kernel) if unusual or penalty < UNUSUAL
            ]
            options = up_windows(kernel, side, is_first=index == 0, only_kernel_3=only_kernel_3)
            windows += [("up", *window) for window, penalty in options if unusual or penalty < UNUSUAL]
            if any(side_after(kind, one, kernel, *window) in after for one in before for kind, *window in windows):
                reached.add(side)
        routes.insert(0, reached)
    return routes


def side_after(kind: str, side: int, kernel: int, stride: int, padding: int, extra: int) -> int:
    """The side that a convolution makes of another."""
    if kind == "conv":
        return side + 2 * padding - kernel + 1
    return (side - 1) * stride - 2 * padding + kernel + extra


def has_only_kernels_of_3(layers: list[LayerTensors]) -> bool:
    """Whether no convolution but the first has another kernel than 3 or 1."""
    kernels = [layer.tensors["weight"].shape[2] for layer in layers[1:] if is_convolution(layer)]
    return set(kernels) <= {1, 3}
