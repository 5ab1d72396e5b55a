from math import inf, log10

import pytest
import torch
from torch import Tensor, nn

from gan_core.errors import UsageError
from gan_core.evaluation.super_resolution import (
    bicubic,
    luma,
    network_upscaler,
    psnr,
    restoration_metrics,
    score_super_resolution,
    sharpness,
    ssim,
)


def noise_image(side: int = 40, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (3, side, side), dtype=torch.uint8, generator=generator)


def test_luma_is_that_of_itu_r_bt_601() -> None:
    colours = torch.tensor([[0, 255, 255, 0], [0, 255, 0, 0], [0, 255, 0, 255]], dtype=torch.uint8)[:, None]
    assert luma(colours)[0].tolist() == pytest.approx([16, 235, 81.481, 40.966])


def test_psnr_of_a_known_error() -> None:
    plane = torch.zeros(20, 20).double()
    assert psnr(plane, plane) == inf
    assert psnr(plane, plane + 5) == pytest.approx(20 * log10(255 / 5))


def test_ssim_is_one_for_equal_planes_and_known_for_flat_ones() -> None:
    first, second = torch.full((20, 20), 100.0).double(), torch.full((20, 20), 150.0).double()
    assert ssim(first, first) == pytest.approx(1)
    small = (0.01 * 255) ** 2
    assert ssim(first, second) == pytest.approx((2 * 100 * 150 + small) / (100**2 + 150**2 + small))
    textured = luma(noise_image())
    assert ssim(textured, 255 - textured) < 0


def test_sharpness_is_the_share_of_high_frequency_energy_that_is_left() -> None:
    rows = torch.arange(32).double()
    fine, coarse = torch.cos(torch.pi * rows * 0.75), torch.cos(torch.pi * rows * 0.25)
    original = (fine + coarse)[:, None].expand(32, 32)
    assert sharpness(original, original) == pytest.approx(1)
    assert sharpness(original, (0.5 * fine + coarse)[:, None].expand(32, 32)) == pytest.approx(0.25)
    assert sharpness(original, coarse[:, None].expand(32, 32)) == pytest.approx(0, abs=1e-9)


def test_a_border_of_the_scale_is_left_out() -> None:
    original = noise_image()
    changed = original.clone()
    changed[:, :4], changed[:, -4:], changed[:, :, :4], changed[:, :, -4:] = 0, 0, 0, 0
    assert restoration_metrics(original, changed, 4)["psnr"] == inf
    assert restoration_metrics(original, changed, 2)["psnr"] < 40
    with pytest.raises(UsageError, match="too small to be scored"):
        restoration_metrics(noise_image(16), noise_image(16), 4)


def test_a_network_is_scored_beside_bicubic_interpolation() -> None:
    small, done = noise_image(20), []
    upscale = network_upscaler(lambda small: nn.functional.interpolate(small, scale_factor=2))
    scores = score_super_resolution(upscale, 2, [("a", upscale(small), small)], done.append)
    assert done == ["a"]
    assert scores["psnr"] == inf
    assert scores["ssim"] == pytest.approx(1)
    assert scores["bicubic"]["psnr"] == restoration_metrics(upscale(small), bicubic(small, 2), 2)["psnr"] < 40
    with pytest.raises(UsageError, match="no images to score on"):
        score_super_resolution(upscale, 2, [], done.append)
