"""Scores super-resolution by PSNR, SSIM and sharpness against the originals, with bicubic interpolation as baseline.

All of it is computed as in the papers: on the luma Y of ITU-R BT.601, without a border of `scale` pixels.
"""

from collections.abc import Callable, Iterable
from statistics import fmean, median
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from gan_core.errors import UsageError
from gan_core.images import tensors

LUMA_WEIGHTS = (65.481, 128.553, 24.966)  # of R, G and B in [0, 1]; Y has an offset of 16
MIN_SIDE_PX = 11  # side of the window of SSIM
SSIM_SIGMA_PX = 1.5
PEAK = 255

UpscaleFunction = Callable[[Tensor], Tensor]  # (C, h, w) uint8 -> (C, scale h, scale w) uint8


def score_super_resolution(
    upscale: UpscaleFunction, scale: int, pairs: Iterable[tuple[str, Tensor, Tensor]], progress: Callable[[str], None]
) -> dict[str, Any]:
    """Mean scores over pairs (name, original (3, H, W), small (3, h, w)) of uint8, as plain JSON.

    `bicubic` holds the same scores of bicubic interpolation, `each` those of every image. `progress` is called with the
    name of each image that is done. Raises UsageError where there is no pair.
    """
    rows = []
    for name, original, small in pairs:
        restored = {"ours": upscale(small), "bicubic": bicubic(small, scale)}
        rows.append(
            {"name": name} | {method: restoration_metrics(original, image, scale) for method, image in restored.items()}
        )
        progress(name)
    if not rows:
        raise UsageError("There are no images to score on.")
    return {"pictures": len(rows), **mean_scores(rows, "ours"), "bicubic": mean_scores(rows, "bicubic"), "each": rows}


def network_upscaler(network: Callable[[Tensor], Tensor], device: str | torch.device = "cpu") -> UpscaleFunction:
    """A super-resolution network (N, C, h, w) -> (N, C, scale h, scale w) as a function of one whole uint8 image."""

    @torch.inference_mode()
    def upscale(small: Tensor) -> Tensor:
        return tensors.to_uint8(network(tensors.to_float(small)[None].to(device)))[0].cpu()

    return upscale


def mean_scores(rows: list[dict[str, Any]], method: str) -> dict[str, float]:
    """The means of PSNR and SSIM and the median of the sharpness, of `method` ("ours" or "bicubic")."""
    scores = [row[method] for row in rows]
    return {
        "psnr": fmean(score["psnr"] for score in scores),
        "ssim": fmean(score["ssim"] for score in scores),
        "sharpness": median(score["sharpness"] for score in scores),
    }


def restoration_metrics(original: Tensor, restored: Tensor, scale: int) -> dict[str, float]:
    """PSNR in dB, SSIM and sharpness of a restored image (3, H, W) uint8.

    Raises UsageError where the image is smaller than SSIM's window.
    """
    original_luma, restored_luma = (luma(image)[scale:-scale, scale:-scale] for image in (original, restored))
    if min(original_luma.shape) < MIN_SIDE_PX:
        raise UsageError(f"An image of {tuple(original.shape[1:])} pixels is too small to be scored.")
    return {
        "psnr": psnr(original_luma, restored_luma),
        "ssim": ssim(original_luma, restored_luma),
        "sharpness": sharpness(original_luma, restored_luma),
    }


def bicubic(small: Tensor, scale: int) -> Tensor:
    """Bicubic interpolation, the baseline: (C, h, w) uint8 -> (C, scale h, scale w), Keys' parameter -0.5 as in the
    papers."""
    return tensors.resize_bicubic(small, small.shape[1] * scale, small.shape[2] * scale)


def luma(image: Tensor) -> Tensor:
    """(3, H, W) uint8 -> Y (H, W) in [16, 235], not rounded (ITU-R BT.601)."""
    weights = torch.tensor(LUMA_WEIGHTS, dtype=torch.float64)
    return 16 + torch.einsum("chw,c->hw", image.double() / 255, weights)


def psnr(first: Tensor, second: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of two planes (H, W) in [0, 255]; infinite for equal ones."""
    return (10 * torch.log10(PEAK**2 / (first - second).square().mean())).item()


def ssim(first: Tensor, second: Tensor) -> float:
    """Structural similarity of two planes (H, W) in [0, 255], at most 1 (Wang et al. 2004, equation 13).

    The mean over Gaussian windows of 11 pixels with a standard deviation of 1.5.
    """
    offsets = torch.arange(MIN_SIDE_PX) - MIN_SIDE_PX // 2
    axis = torch.exp(-(offsets**2) / (2 * SSIM_SIGMA_PX**2)).double()
    window = (axis / axis.sum())[None, None, :, None]  # separable: two passes of 11 cost less than one of 121

    def local_mean(plane: Tensor) -> Tensor:
        return conv2d(conv2d(plane[None, None], window), window.transpose(2, 3))[0, 0]  # (H - 10, W - 10)

    mean_1, mean_2 = local_mean(first), local_mean(second)
    variance_1, variance_2 = local_mean(first**2) - mean_1**2, local_mean(second**2) - mean_2**2
    covariance = local_mean(first * second) - mean_1 * mean_2
    c1, c2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2
    numerator = (2 * mean_1 * mean_2 + c1) * (2 * covariance + c2)
    return (numerator / ((mean_1**2 + mean_2**2 + c1) * (variance_1 + variance_2 + c2))).mean().item()


def sharpness(original: Tensor, restored: Tensor) -> float:
    """High-frequency energy of the restored plane (H, W) over that of the original; 1 is as sharp as the original."""
    return high_frequency_energy(restored) / max(high_frequency_energy(original), 1e-12)


def high_frequency_energy(plane: Tensor) -> float:
    """Energy of a plane (H, W) above half the Nyquist frequency: max(|fx|, |fy|) > 0.25 cycles per pixel."""
    power = torch.fft.fft2(plane).abs().square()
    rows, columns = (torch.fft.fftfreq(side).abs() for side in plane.shape)
    return power[torch.maximum(rows[:, None], columns[None, :]) > 0.25].sum().item()
