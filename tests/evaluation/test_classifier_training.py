import torch

from gan_core.evaluation.classifier_training import random_affine


def test_random_affine_keeps_the_range_and_black_corners() -> None:
    images = torch.full((8, 1, 28, 28), -1.0)
    images[:, :, 10:18, 10:18] = 1
    moved = random_affine(images, torch.Generator().manual_seed(0), mirror=True)
    assert moved.amin() >= -1 - 1e-5
    assert moved.amax() <= 1 + 1e-5
    assert torch.allclose(moved[:, :, 0, 0], torch.tensor(-1.0), atol=1e-5)
