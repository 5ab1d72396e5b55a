"""Differentiable augmentation of the discriminator's input, for small data sets.

Real and generated images are augmented alike and gradients pass through to the generator, so that it learns the
unaugmented images (Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training"). With a probability
below one per image, augmentations do not leak into generated images (Karras et al. 2020, ADA).
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

MAX_SHIFT_FRACTION = 1 / 8  # of the side
CUTOUT_FRACTION = 1 / 2  # of the side
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
    """Images (N, C, H, W) in [-1, 1] with each transform of a policy applied to each image with this probability.

    Uses torch's global random state. The policy "none" returns the same tensor object.
    """
    for name in POLICIES[policy]:
        augmented = TRANSFORMS[name](images)
        if probability < 1:
            selected = torch.rand(len(images), 1, 1, 1, device=images.device) < probability
            # exact at 0 and 1, and ten times faster than `where` on a CPU, which is slow on channels_last
            augmented = torch.lerp(images.to(augmented.dtype), augmented, selected.to(augmented.dtype))
        images = augmented
    return images


def colour_jitter(images: Tensor) -> Tensor:
    """Adds [-0.5, 0.5] to the brightness, multiplies saturation by [0, 2] and contrast by [0.5, 1.5], per image."""
    brightness, saturation, contrast = torch.rand(3, len(images), 1, 1, 1, device=images.device)
    images = images + brightness - 0.5
    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * 2 * saturation
    image_means = images.mean(dim=(1, 2, 3), keepdim=True)
    return image_means + (images - image_means) * (contrast + 0.5)


def random_translation(images: Tensor) -> Tensor:
    """Shifts each image by up to MAX_SHIFT_FRACTION of the side on both axes, padding with black (-1)."""
    count, _, height, width = images.shape
    max_shifts = [max(1, round(side * MAX_SHIFT_FRACTION)) for side in (height, width)]
    row_indices, column_indices = (
        torch.arange(side, device=images.device)
        + torch.randint(2 * max_shift + 1, (count, 1), device=images.device)  # within the margins
        for side, max_shift in zip((height, width), max_shifts, strict=True)
    )  # (N, H), (N, W)
    margins = (max_shifts[1], max_shifts[1], max_shifts[0], max_shifts[0])
    padded = pad(images + 1, margins) - 1  # -1 in the margins
    image_indices = torch.arange(count, device=images.device)[:, None, None]
    indices = image_indices, row_indices[:, :, None], column_indices[:, None, :]
    shifted = padded.permute(0, 2, 3, 1)[indices]  # (N, H, W, C)
    return shifted.permute(0, 3, 1, 2)  # channels_last in memory, like the networks


def random_cutout(images: Tensor) -> Tensor:
    """Sets a random square of CUTOUT_FRACTION of the side to grey (0); it may extend beyond the edge."""
    count, _, height, width = images.shape
    inside = []
    for side in (height, width):
        centre = torch.randint(side + 1, (count, 1), device=images.device)
        positions = torch.arange(side, device=images.device)
        inside.append((positions - centre).abs() <= side * CUTOUT_FRACTION / 2)
    mask = inside[0][:, None, :, None] & inside[1][:, None, None, :]  # (N, 1, H, W)
    return images.masked_fill(mask, 0.0)


def horizontal_flip(images: Tensor) -> Tensor:
    """Mirrors all images left to right; `augment` applies it with its probability, 0.5 for a symmetric data set."""
    return images.flip(3)


TRANSFORMS: dict[str, Callable[[Tensor], Tensor]] = {
    "mirror": horizontal_flip, "colour": colour_jitter, "translation": random_translation, "cutout": random_cutout,
}  # fmt: skip
