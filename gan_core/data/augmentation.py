"""What the discriminator is shown where pictures are few: real and generated ones changed at random, differentiably.

Since both are changed alike, and the generator's gradient passes through the change, the generator learns the pictures
as they are (Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training"). With a chance below one
for each picture, none of the changes can leak into what is drawn (Karras et al. 2020, ADA).
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

MAX_SHIFT_FRACTION = 1 / 8  # of the side, at most
CUTOUT_FRACTION = 1 / 2  # of the side: the square that is blanked
POLICIES: dict[str, tuple[str, ...]] = {
    "none": (),
    "translation": ("translation",),
    "translation+cutout": ("translation", "cutout"),
    "colour+translation": ("colour", "translation"),
    "colour+translation+cutout": ("colour", "translation", "cutout"),
    "mirror+translation": ("mirror", "translation"),
    "mirror+colour+translation": ("mirror", "colour", "translation"),
    "mirror+colour+translation+cutout": ("mirror", "colour", "translation", "cutout"),
}


def augment(images: Tensor, policy: str, probability: float = 1.0) -> Tensor:
    """Each picture (N, C, H, W) in [-1, 1] changed with this chance, by torch's global randomness; the shape stays.

    "none" returns the very same tensor.
    """
    for name in POLICIES[policy]:
        augmented = TRANSFORMS[name](images)
        if probability < 1:
            selected = torch.rand(len(images), 1, 1, 1, device=images.device) < probability
            # exact at 0 and 1, and on a processor ten times as quick as `where`, which is slow on channels_last
            augmented = torch.lerp(images.to(augmented.dtype), augmented, selected.to(augmented.dtype))
        images = augmented
    return images


def colour_jitter(images: Tensor) -> Tensor:
    """Brightness by up to a half either way, saturation from none to double, contrast from a half to one and a half."""
    brightness, saturation, contrast = torch.rand(3, len(images), 1, 1, 1, device=images.device)
    images = images + brightness - 0.5
    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * 2 * saturation
    image_means = images.mean(dim=(1, 2, 3), keepdim=True)
    return image_means + (images - image_means) * (contrast + 0.5)


def random_translation(images: Tensor) -> Tensor:
    """Moved by up to an eighth of the side in both directions, black (-1) where nothing was."""
    count, _, height, width = images.shape
    max_shifts = [max(1, round(side * MAX_SHIFT_FRACTION)) for side in (height, width)]
    row_indices, column_indices = (
        torch.arange(side, device=images.device)
        + torch.randint(2 * max_shift + 1, (count, 1), device=images.device)  # within the margins
        for side, max_shift in zip((height, width), max_shifts, strict=True)
    )  # (N, H), (N, W)
    padded = (
        pad(images + 1, (max_shifts[1], max_shifts[1], max_shifts[0], max_shifts[0])) - 1
    )  # zero where nothing was, before the -1
    image_indices = torch.arange(count, device=images.device)[:, None, None]
    shifted = padded.permute(0, 2, 3, 1)[
        image_indices, row_indices[:, :, None], column_indices[:, None, :]
    ]  # (N, H, W, C)
    return shifted.permute(0, 3, 1, 2)  # in memory as channels_last, as the networks are


def random_cutout(images: Tensor) -> Tensor:
    """A square of half the side blanked to grey (0); it may hang over the edge."""
    count, _, height, width = images.shape
    inside = []
    for side in (height, width):
        centre = torch.randint(side + 1, (count, 1), device=images.device)
        positions = torch.arange(side, device=images.device)
        inside.append((positions - centre).abs() <= side * CUTOUT_FRACTION / 2)
    mask = inside[0][:, None, :, None] & inside[1][:, None, None, :]  # (N, 1, H, W)
    return images.masked_fill(mask, 0.0)


def horizontal_flip(images: Tensor) -> Tensor:
    """Left and right exchanged; by `augment` alone as often as its chance says, so that a chance of a half makes of the
    set and its mirror image one."""
    return images.flip(3)


TRANSFORMS: dict[str, Callable[[Tensor], Tensor]] = {
    "mirror": horizontal_flip, "colour": colour_jitter, "translation": random_translation, "cutout": random_cutout,
}  # fmt: skip
