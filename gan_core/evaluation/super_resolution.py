"""How near restored pictures come to their originals, as the super-resolution papers measure it, beside bicubic.

Everything is computed on the luma Y of ITU-R BT.601, with a border of `scale` pixels cut off on each side.
"""

from collections.abc import Callable, Iterable
from statistics import fmean, median
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from gan_core.errors import UsageError
from gan_core.images import tensors

LUMA_WEIGHTS = (65.481, 128.553, 24.966)  # of R, G and B in [0, 1], above an offset of 16
UpscaleFunction = Callable[[Tensor], Tensor]  # (C, h, w) uint8 -> (C, scale h, scale w) uint8


def score_super_resolution(
    upscale: UpscaleFunction, scale: int, pairs: Iterable[tuple[str, Tensor, Tensor]], progress: Callable[[str], None]
) -> dict[str, Any]:
    """Scores of a network over (name, original, small) pictures as plain JSON, the same of bicubic beside them.

    `progress` is told the name of each picture that is done.
    """
    rows = []
    for name, original, small in pairs:
        restored = {"ours": upscale(small), "bicubic": bicubic(small, scale)}
        rows.append(
            {"name": name} | {method: restoration_metrics(original, image, scale) for method, image in restored.items()}
        )
        progress(name)
    if not rows:
        raise UsageError("There are no pictures to measure on.")
    return {"pictures": len(rows), **mean_scores(rows, "ours"), "bicubic": mean_scores(rows, "bicubic"), "each": rows}


def network_upscaler(network: Callable[[Tensor], Tensor], device: str | torch.device = "cpu") -> UpscaleFunction:
    """A super-resolution network, (N, C, h, w) -> (N, C, scale h, scale w), on whole pictures."""

    @torch.inference_mode()
    def upscale(small: Tensor) -> Tensor:
        return tensors.to_uint8(network(tensors.to_float(small)[None].to(device)))[0].cpu()

    return upscale


def mean_scores(rows: list[dict[str, Any]], method: str) -> dict[str, float]:
    """Means of PSNR and SSIM, the median of the sharpness."""
    scores = [row[method] for row in rows]
    return {
        "psnr": fmean(score["psnr"] for score in scores),
        "ssim": fmean(score["ssim"] for score in scores),
        "sharpness": median(score["sharpness"] for score in scores),
    }


def restoration_metrics(original: Tensor, restored: Tensor, scale: int) -> dict[str, float]:
    """PSNR in dB, SSIM and sharpness of a restored picture (3, H, W) uint8."""
    original_luma, restored_luma = (luma(image)[scale:-scale, scale:-scale] for image in (original, restored))
    if min(original_luma.shape) < 11:
        raise UsageError(f"A picture of {tuple(original.shape[1:])} pixels is too small to be measured.")
    return {
        "psnr": psnr(original_luma, restored_luma),
        "ssim": ssim(original_luma, restored_luma),
        "sharpness": sharpness(original_luma, restored_luma),
    }


def bicubic(small: Tensor, scale: int) -> Tensor:
    """The enlargement that every network must beat: (C, h, w) uint8 -> (C, scale h, scale w).

    With Keys' parameter -0.5, as the papers' own baseline.
    """
    return tensors.resize_bicubic(small, small.shape[1] * scale, small.shape[2] * scale)


def luma(image: Tensor) -> Tensor:
    """(3, H, W) uint8 -> Y (H, W) in [16, 235], not rounded."""
    weights = torch.tensor(LUMA_WEIGHTS, dtype=torch.float64)
    return 16 + torch.einsum("chw,c->hw", image.double() / 255, weights)


def psnr(first: Tensor, second: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of two planes with a peak of 255; infinite for equal ones."""
    return (10 * torch.log10(255**2 / (first - second).square().mean())).item()


def ssim(first: Tensor, second: Tensor) -> float:
    """Structural similarity of two planes, mean over a Gaussian window of 11 with deviation 1.5 (Wang et al. 2004,
    equation 13)."""
    axis = torch.exp(-((torch.arange(11) - 5) ** 2) / (2 * 1.5**2)).double()
    window = (axis / axis.sum())[None, None, :, None]  # the same along rows and columns: two passes cost less than one

    def local_mean(plane: Tensor) -> Tensor:
        return conv2d(conv2d(plane[None, None], window), window.transpose(2, 3))[0, 0]  # (H - 10, W - 10)

    mean_1, mean_2 = local_mean(first), local_mean(second)
    variance_1, variance_2 = local_mean(first**2) - mean_1**2, local_mean(second**2) - mean_2**2
    covariance = local_mean(first * second) - mean_1 * mean_2
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    numerator = (2 * mean_1 * mean_2 + c1) * (2 * covariance + c2)
    return (numerator / ((mean_1**2 + mean_2**2 + c1) * (variance_1 + variance_2 + c2))).mean().item()


def sharpness(original: Tensor, restored: Tensor) -> float:
    """Energy of the upper half band (max(|fx|, |fy|) > 0.25 cycles a pixel), as a share of the original's."""
    return high_frequency_energy(restored) / max(high_frequency_energy(original), 1e-12)


def high_frequency_energy(plane: Tensor) -> float:
    power = torch.fft.fft2(plane).abs().square()
    rows, columns = (torch.fft.fftfreq(side).abs() for side in plane.shape)
    return power[torch.maximum(rows[:, None], columns[None, :]) > 0.25].sum().item()
