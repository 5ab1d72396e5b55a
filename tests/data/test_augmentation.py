"""What the discriminator is shown where pictures are few."""

import pytest
import torch

from gan_core.data.augmentation import POLICIES, TRANSFORMS, augment


def random_images(count: int = 64, channels: int = 3, height: int = 16, width: int = 24) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(count, channels, height, width, generator=generator) * 2 - 1


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_without_a_policy_the_very_same_pictures_are_shown() -> None:
    given = random_images()
    assert augment(given, "none") is given


@pytest.mark.parametrize("policy", [name for name in POLICIES if name != "none"])
@pytest.mark.parametrize("channels", [1, 3])
def test_changed_pictures_keep_their_shape_and_let_gradients_through(policy: str, channels: int) -> None:
    given = random_images(channels=channels).requires_grad_()
    shown = augment(given, policy)
    assert shown.shape == given.shape
    assert not torch.equal(shown, given)
    (gradient,) = torch.autograd.grad(shown.square().sum(), given)
    assert gradient.isfinite().all()
    assert (gradient.abs().sum(dim=(1, 2, 3)) > 0).all()  # every picture is still seen


@pytest.mark.parametrize("name", [name for name in TRANSFORMS if name != "mirror"])
def test_each_picture_is_changed_in_a_way_of_its_own(name: str) -> None:
    one = random_images(count=1).expand(32, -1, -1, -1).contiguous()
    shown = TRANSFORMS[name](one)
    assert len({tuple(image.flatten().tolist()) for image in shown}) > 16


def test_a_chance_of_zero_changes_none_and_of_a_half_about_half() -> None:
    given = random_images(count=400)
    torch.testing.assert_close(augment(given, "colour+translation+cutout", 0.0), given, rtol=0, atol=0)
    changed = (augment(given, "translation", 0.5) != given).flatten(1).any(dim=1).float().mean().item()
    assert 0.4 < changed < 0.6  # one shift in 35 moves nothing


def test_a_translated_picture_is_the_picture_moved_with_black_where_nothing_was() -> None:
    given = random_images(count=40)
    shown = TRANSFORMS["translation"](given)
    margin = torch.nn.functional.pad(given + 1, (3, 3, 2, 2)) - 1  # an eighth of 24 and of 16
    for image, wide in zip(shown, margin, strict=True):
        places = [wide[:, down : down + 16, right : right + 24] for down in range(5) for right in range(7)]
        assert any(torch.equal(image, place) for place in places)
    assert len({tuple(image[0].flatten().tolist()) for image in shown}) > 10


def test_a_mirrored_picture_is_the_picture_with_left_and_right_exchanged() -> None:
    given = random_images(count=400)
    shown = augment(given, "mirror+translation", 0.0)
    assert torch.equal(shown, given)
    assert torch.equal(TRANSFORMS["mirror"](given)[..., 0], given[..., -1])
    assert torch.equal(TRANSFORMS["mirror"](TRANSFORMS["mirror"](given)), given)


def test_cutout_blanks_at_most_a_square_of_half_the_side_and_leaves_the_rest() -> None:
    given = random_images(count=200, height=16, width=16)
    shown = TRANSFORMS["cutout"](given)
    blank = (shown == 0).all(dim=1)
    assert torch.equal(shown.masked_fill(blank[:, None], 0), given.masked_fill(blank[:, None], 0))
    sizes = blank.flatten(1).sum(dim=1)
    assert sizes.min() >= 16
    assert sizes.max() <= 9 * 9


def test_colour_keeps_what_is_drawn_and_changes_its_tone() -> None:
    ramp = torch.linspace(-1, 1, 8 * 8).reshape(1, 1, 8, 8).expand(50, 1, 8, 8)
    shown = TRANSFORMS["colour"](ramp).flatten(1)
    assert (shown.diff(dim=1) > 0).all()  # brighter stays brighter
    assert shown.mean(dim=1).min() < -0.3
    assert shown.mean(dim=1).max() > 0.3
