"""What the discriminator is shown where pictures are few: real and generated ones changed at random, differentiably.

Since both are changed alike, and the generator's gradient passes through the change, the generator learns the pictures
as they are (Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training"). With a chance below one
for each picture, none of the changes can leak into what is drawn (Karras et al. 2020, ADA).
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

SHIFT = 1 / 8  # of the side, at most
CUT = 1 / 2  # of the side: the square that is blanked
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


def augment(pictures: Tensor, policy: str, chance: float = 1.0) -> Tensor:
    """Each picture (N, C, H, W) in [-1, 1] changed with this chance, by torch's global randomness; the shape stays.

    "none" returns the very same tensor.
    """
    for name in POLICIES[policy]:
        changed = CHANGES[name](pictures)
        if chance < 1:
            chosen = torch.rand(len(pictures), 1, 1, 1, device=pictures.device) < chance
            # exact at 0 and 1, and on a processor ten times as quick as `where`, which is slow on channels_last
            changed = torch.lerp(pictures.to(changed.dtype), changed, chosen.to(changed.dtype))
        pictures = changed
    return pictures


def colour(pictures: Tensor) -> Tensor:
    """Brightness by up to a half either way, saturation from none to double, contrast from a half to one and a half."""
    brightness, saturation, contrast = torch.rand(3, len(pictures), 1, 1, 1, device=pictures.device)
    pictures = pictures + brightness - 0.5
    grey = pictures.mean(dim=1, keepdim=True)
    pictures = grey + (pictures - grey) * 2 * saturation
    middle = pictures.mean(dim=(1, 2, 3), keepdim=True)
    return middle + (pictures - middle) * (contrast + 0.5)


def translation(pictures: Tensor) -> Tensor:
    """Moved by up to an eighth of the side in both directions, black (-1) where nothing was."""
    count, _, height, width = pictures.shape
    reach = [max(1, round(side * SHIFT)) for side in (height, width)]
    down, right = (
        torch.arange(side, device=pictures.device)
        + torch.randint(2 * most + 1, (count, 1), device=pictures.device)  # within the margins
        for side, most in zip((height, width), reach, strict=True)
    )  # (N, H), (N, W)
    wide = pad(pictures + 1, (reach[1], reach[1], reach[0], reach[0])) - 1  # zero where nothing was, before the -1
    each = torch.arange(count, device=pictures.device)[:, None, None]
    taken = wide.permute(0, 2, 3, 1)[each, down[:, :, None], right[:, None, :]]  # (N, H, W, C)
    return taken.permute(0, 3, 1, 2)  # in memory as channels_last, as the networks are


def cutout(pictures: Tensor) -> Tensor:
    """A square of half the side blanked to grey (0); it may hang over the edge."""
    count, _, height, width = pictures.shape
    inside = []
    for side in (height, width):
        centre = torch.randint(side + 1, (count, 1), device=pictures.device)
        place = torch.arange(side, device=pictures.device)
        inside.append((place - centre).abs() <= side * CUT / 2)
    blank = inside[0][:, None, :, None] & inside[1][:, None, None, :]  # (N, 1, H, W)
    return pictures.masked_fill(blank, 0.0)


def mirror(pictures: Tensor) -> Tensor:
    """Left and right exchanged; by `augment` alone as often as its chance says, so that a chance of a half makes of the
    set and its mirror image one."""
    return pictures.flip(3)


CHANGES: dict[str, Callable[[Tensor], Tensor]] = {
    "mirror": mirror, "colour": colour, "translation": translation, "cutout": cutout,
}  # fmt: skip
