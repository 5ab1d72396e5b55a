"""Low-resolution versions: exact where they are clean, a function of the generator where they are degraded."""

import numpy as np
import pytest
import torch
from PIL import Image

from gan_core.data.degradation import bicubic_downscale, degrade
from tests.data.image_sets import synthetic_photo


def test_bicubic_downscaling_agrees_with_pillow() -> None:
    image = synthetic_photo(120, 80)
    ours = bicubic_downscale(torch.from_numpy(np.array(image)).permute(2, 0, 1), 4).permute(1, 2, 0).int()
    theirs = torch.from_numpy(np.array(image.resize((30, 20), Image.Resampling.BICUBIC))).int()
    assert (ours - theirs).abs().max() <= 1


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("scale", [2, 4])
def test_a_degraded_image_is_a_function_of_its_generator(channels: int, scale: int) -> None:
    image = torch.from_numpy(np.array(synthetic_photo(48, 32))).permute(2, 0, 1)[:channels]
    versions = [degrade(image, scale, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)]
    assert versions[0].shape == (channels, 32 // scale, 48 // scale)
    assert versions[0].dtype == torch.uint8
    assert torch.equal(versions[0], versions[1])
    assert not torch.equal(versions[0], versions[2])
