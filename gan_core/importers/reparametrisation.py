"""Folds spectral and weight normalisation into plain weights, as a network in evaluation mode computes them."""

import torch
from torch import Tensor

SPECTRAL_TENSORS = {  # each form -> the names of the weight, and of the two singular vectors
    "old": ("weight_orig", "weight_u", "weight_v"),
    "parametrised": (
        "parametrizations.weight.original", "parametrizations.weight.0._u", "parametrizations.weight.0._v"
    ),
}  # fmt: skip
WEIGHT_NORM_TENSORS = {  # each form -> the names of the lengths and of the directions
    "old": ("weight_g", "weight_v"),
    "parametrised": ("parametrizations.weight.original0", "parametrizations.weight.original1"),
}


def fold_normalisations(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors with one plain `weight` in place of those that spectral or weight normalisation keeps.

    Names of other tensors and their order stay.
    """
    folded: dict[str, Tensor] = {}
    for key, value in tensors.items():
        for names in SPECTRAL_TENSORS.values():
            layer = layer_of(key, names[0])
            if layer is not None and {f"{layer}{name}" for name in names} <= tensors.keys():
                folded[f"{layer}weight"] = divide_by_norm(value, *(tensors[f"{layer}{name}"] for name in names[1:]))
                break
            if is_part(key, names, tensors):
                break
        else:
            for names in WEIGHT_NORM_TENSORS.values():
                layer = layer_of(key, names[0])
                if layer is not None and f"{layer}{names[1]}" in tensors:
                    folded[f"{layer}weight"] = scale_directions(value, tensors[f"{layer}{names[1]}"])
                    break
                if is_part(key, names, tensors):
                    break
            else:
                folded[key] = value
    return folded


def layer_of(key: str, name: str) -> str | None:
    """What stands before the name of a tensor in a key, such as `main.0.`; None where it is another tensor."""
    return key.removesuffix(name) if key == name or key.endswith(f".{name}") else None


def is_part(key: str, names: tuple[str, ...], tensors: dict[str, Tensor]) -> bool:
    """Whether a key is one of the further tensors of a normalised weight."""
    layers = (layer_of(key, name) for name in names[1:])
    return any(layer is not None and {f"{layer}{name}" for name in names} <= tensors.keys() for layer in layers)


def divide_by_norm(weight: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """The weight divided by its largest singular value, as the stored singular vectors give it.

    The outputs of a transposed convolution are its second axis; where the vectors fit both axes, the one is taken for
    which they are nearer to singular vectors.
    """
    matrices = [weight.transpose(0, axis).flatten(1) for axis in (0, 1) if axis < weight.dim()]
    fitting = [matrix for matrix in matrices if matrix.shape == (len(u), len(v))]
    if not fitting:
        return weight
    matrix = min(fitting, key=lambda one: float(torch.dist(one @ v, torch.dot(u, one @ v) * u)))
    return weight / torch.dot(u, matrix @ v)


def scale_directions(lengths: Tensor, directions: Tensor) -> Tensor:
    """The directions, of length 1, times their lengths; these say by their shape along which axes."""
    # Lengths of 1 x ... x 1 are the length of the whole.
    axes = [axis for axis in range(directions.dim()) if lengths.dim() != directions.dim() or lengths.shape[axis] == 1]
    return directions * (lengths / torch.linalg.vector_norm(directions, dim=axes, keepdim=True))
