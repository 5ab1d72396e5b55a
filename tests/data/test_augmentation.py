"""Augmentation of the discriminator's input."""

import pytest
import torch

from gan_core.data.augmentation import POLICIES, TRANSFORMS, augment


def random_images(count: int = 64, channels: int = 3, height: int = 16, width: int = 24) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(count, channels, height, width, generator=generator) * 2 - 1


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_the_policy_none_returns_the_same_tensor() -> None:
    images = random_images()
    assert augment(images, "none") is images


@pytest.mark.parametrize("policy", [name for name in POLICIES if name != "none"])
@pytest.mark.parametrize("channels", [1, 3])
def test_augmented_images_keep_their_shape_and_let_gradients_through(policy: str, channels: int) -> None:
    images = random_images(channels=channels).requires_grad_()
    augmented = augment(images, policy)
    assert augmented.shape == images.shape
    assert not torch.equal(augmented, images)
    (gradient,) = torch.autograd.grad(augmented.square().sum(), images)
    assert gradient.isfinite().all()
    assert (gradient.abs().sum(dim=(1, 2, 3)) > 0).all()  # every image still counts


@pytest.mark.parametrize("name", [name for name in TRANSFORMS if name != "mirror"])
def test_each_image_is_augmented_differently(name: str) -> None:
    one = random_images(count=1).expand(32, -1, -1, -1).contiguous()
    augmented = TRANSFORMS[name](one)
    assert len({tuple(image.flatten().tolist()) for image in augmented}) > 16


def test_a_probability_of_zero_changes_none_and_of_a_half_about_half() -> None:
    images = random_images(count=400)
    torch.testing.assert_close(augment(images, "colour+translation+cutout", 0.0), images, rtol=0, atol=0)
    changed = (augment(images, "translation", 0.5) != images).flatten(1).any(dim=1).float().mean().item()
    assert 0.4 < changed < 0.6  # one shift in 35 moves nothing


def test_a_translated_image_is_shifted_and_padded_with_black() -> None:
    images = random_images(count=40)
    augmented = TRANSFORMS["translation"](images)
    margin = torch.nn.functional.pad(images + 1, (3, 3, 2, 2)) - 1  # an eighth of 24 and of 16
    for image, padded in zip(augmented, margin, strict=True):
        shifts = [padded[:, down : down + 16, right : right + 24] for down in range(5) for right in range(7)]
        assert any(torch.equal(image, shift) for shift in shifts)
    assert len({tuple(image[0].flatten().tolist()) for image in augmented}) > 10


def test_a_mirrored_image_is_flipped_left_to_right() -> None:
    images = random_images(count=400)
    augmented = augment(images, "mirror+translation", 0.0)
    assert torch.equal(augmented, images)
    assert torch.equal(TRANSFORMS["mirror"](images)[..., 0], images[..., -1])
    assert torch.equal(TRANSFORMS["mirror"](TRANSFORMS["mirror"](images)), images)


def test_cutout_sets_at_most_a_square_of_half_the_side_to_grey() -> None:
    images = random_images(count=200, height=16, width=16)
    augmented = TRANSFORMS["cutout"](images)
    blank = (augmented == 0).all(dim=1)
    assert torch.equal(augmented.masked_fill(blank[:, None], 0), images.masked_fill(blank[:, None], 0))
    sizes = blank.flatten(1).sum(dim=1)
    assert sizes.min() >= 16
    assert sizes.max() <= 9 * 9


def test_colour_jitter_keeps_the_order_of_brightness() -> None:
    ramp = torch.linspace(-1, 1, 8 * 8).reshape(1, 1, 8, 8).expand(50, 1, 8, 8)
    augmented = TRANSFORMS["colour"](ramp).flatten(1)
    assert (augmented.diff(dim=1) > 0).all()  # brighter stays brighter
    assert augmented.mean(dim=1).min() < -0.3
    assert augmented.mean(dim=1).max() > 0.3
