"""How near restored pictures come to their originals, as the super-resolution papers measure it, beside bicubic.

Everything is computed on the luma Y of ITU-R BT.601, with a border of `scale` pixels cut off on each side.
"""

from collections.abc import Callable, Iterable
from statistics import fmean, median
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from gan_core.errors import InputError
from gan_core.images import tensors

LUMA = (65.481, 128.553, 24.966)  # of R, G and B in [0, 1], above an offset of 16
Upscale = Callable[[Tensor], Tensor]  # (C, h, w) uint8 -> (C, scale h, scale w) uint8


def evaluate_restoration(
    upscale: Upscale, scale: int, pairs: Iterable[tuple[str, Tensor, Tensor]], progress: Callable[[str], None]
) -> dict[str, Any]:
    """Scores of a network over (name, original, small) pictures as plain JSON, the same of bicubic beside them.

    `progress` is told the name of each picture that is done.
    """
    rows = []
    for name, original, small in pairs:
        drawn = {"ours": upscale(small), "bicubic": bicubic(small, scale)}
        rows.append({"name": name} | {who: compare(original, picture, scale) for who, picture in drawn.items()})
        progress(name)
    if not rows:
        raise InputError("There are no pictures to measure on.")
    return {"pictures": len(rows), **summary(rows, "ours"), "bicubic": summary(rows, "bicubic"), "each": rows}


def by_network(network: Callable[[Tensor], Tensor], device: str | torch.device = "cpu") -> Upscale:
    """A super-resolution network, (N, C, h, w) -> (N, C, scale h, scale w), on whole pictures."""

    @torch.inference_mode()
    def upscale(small: Tensor) -> Tensor:
        return tensors.to_uint8(network(tensors.to_float(small)[None].to(device)))[0].cpu()

    return upscale


def summary(rows: list[dict[str, Any]], who: str) -> dict[str, float]:
    """Means of PSNR and SSIM, the median of the sharpness."""
    scores = [row[who] for row in rows]
    return {
        "psnr": fmean(each["psnr"] for each in scores),
        "ssim": fmean(each["ssim"] for each in scores),
        "sharpness": median(each["sharpness"] for each in scores),
    }


def compare(original: Tensor, restored: Tensor, scale: int) -> dict[str, float]:
    """PSNR in dB, SSIM and sharpness of a restored picture (3, H, W) uint8."""
    first, second = (luma(each)[scale:-scale, scale:-scale] for each in (original, restored))
    if min(first.shape) < 11:
        raise InputError(f"A picture of {tuple(original.shape[1:])} pixels is too small to be measured.")
    return {"psnr": psnr(first, second), "ssim": ssim(first, second), "sharpness": sharpness(first, second)}


def bicubic(small: Tensor, scale: int) -> Tensor:
    """The enlargement that every network must beat: (C, h, w) uint8 -> (C, scale h, scale w).

    With Keys' parameter -0.5, as the papers' own baseline.
    """
    return tensors.bicubic(small, small.shape[1] * scale, small.shape[2] * scale)


def luma(picture: Tensor) -> Tensor:
    """(3, H, W) uint8 -> Y (H, W) in [16, 235], not rounded."""
    weights = torch.tensor(LUMA, dtype=torch.float64)
    return 16 + torch.einsum("chw,c->hw", picture.double() / 255, weights)


def psnr(first: Tensor, second: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of two planes with a peak of 255; infinite for equal ones."""
    return (10 * torch.log10(255**2 / (first - second).square().mean())).item()


def ssim(first: Tensor, second: Tensor) -> float:
    """Structural similarity of two planes, mean over a Gaussian window of 11 with deviation 1.5 (Wang et al. 2004,
    equation 13)."""
    axis = torch.exp(-((torch.arange(11) - 5) ** 2) / (2 * 1.5**2)).double()
    window = (axis / axis.sum())[None, None, :, None]  # the same along rows and columns: two passes cost less than one

    def local(plane: Tensor) -> Tensor:
        return conv2d(conv2d(plane[None, None], window), window.transpose(2, 3))[0, 0]  # (H - 10, W - 10)

    mean_1, mean_2 = local(first), local(second)
    variance_1, variance_2 = local(first**2) - mean_1**2, local(second**2) - mean_2**2
    covariance = local(first * second) - mean_1 * mean_2
    small, smaller = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similar = (2 * mean_1 * mean_2 + small) * (2 * covariance + smaller)
    return (similar / ((mean_1**2 + mean_2**2 + small) * (variance_1 + variance_2 + smaller))).mean().item()


def sharpness(original: Tensor, restored: Tensor) -> float:
    """Energy of the upper half band (max(|fx|, |fy|) > 0.25 cycles a pixel), as a share of the original's."""
    return upper_energy(restored) / max(upper_energy(original), 1e-12)


def upper_energy(plane: Tensor) -> float:
    power = torch.fft.fft2(plane).abs().square()
    rows, columns = (torch.fft.fftfreq(side).abs() for side in plane.shape)
    return power[torch.maximum(rows[:, None], columns[None, :]) > 0.25].sum().item()
