"""The training loop and the augmentation that all classifiers share."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample

from gan_core.data.sampler import epoch_order
from gan_core.devices import supports_bfloat16

BATCH_SIZE = 256
MAX_ROTATION = 0.14  # radians, 8 degrees
MAX_SHIFT = 0.08  # of half the side
MAX_SCALING = 0.08


@dataclass(frozen=True)
class Epoch:
    """One pass over the training data: its mean loss, and the accuracy on the test images after it, in [0, 1]."""

    number: int
    loss: float
    accuracy: float


def train_epochs(
    network: nn.Module,
    loss_function: Callable[[Tensor], Tensor],
    evaluate: Callable[[], float],
    count: int,
    epochs: int,
    learning_rate: float,
    seed: int,
) -> Iterator[Epoch]:
    """Trains a network on `count` images with AdamW and a one-cycle learning rate; yields an event after each epoch.

    `loss_function` computes the loss of the images with these indices (N,); `evaluate` returns the test accuracy.
    """
    batch_size = min(BATCH_SIZE, count)
    steps = count // batch_size
    optimizer = torch.optim.AdamW(network.parameters(), learning_rate, weight_decay=0.01, fused=True)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=epochs * steps)
    for number in range(1, epochs + 1):
        network.train()
        total = 0.0
        for indices in epoch_order(count, seed, number - 1)[: steps * batch_size].split(batch_size):
            loss = loss_function(indices)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            scheduler.step()
            total += loss.item()
        network.eval()
        yield Epoch(number, total / steps, evaluate())


def autocast_bfloat16() -> AbstractContextManager[Any]:
    """Autocast to bfloat16 where the CPU supports it, which is about twice as fast; float32 elsewhere."""
    return torch.autocast("cpu", torch.bfloat16) if supports_bfloat16(on_cpu=True) else nullcontext()


def random_affine(images: Tensor, generator: torch.Generator, *, mirror: bool, padding_mode: str = "zeros") -> Tensor:
    """Images (N, C, S, S) in [-1, 1], each rotated by up to 8 degrees, shifted by up to 4 % of its side and scaled by
    up to 8 %, and flipped horizontally with probability 0.5 where `mirror` is set.

    `padding_mode` fills what lies outside the image: "zeros" with black, "border" with the nearest pixels.
    """
    count = len(images)
    angle, shift_x, shift_y, scale = (torch.rand(4, count, generator=generator) * 2 - 1) * torch.tensor(
        [[MAX_ROTATION], [MAX_SHIFT], [MAX_SHIFT], [MAX_SCALING]]
    )
    flip = (torch.rand(count, generator=generator) < 0.5) & mirror
    sign = 1 - 2 * flip.float()
    cosine, sine = angle.cos() * (1 + scale), angle.sin() * (1 + scale)
    rows = [torch.stack([cosine * sign, -sine, shift_x], 1), torch.stack([sine * sign, cosine, shift_y], 1)]
    sampling_grid = affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)  # (N, H, W, 2)
    return grid_sample(images + 1, sampling_grid, padding_mode=padding_mode, align_corners=False) - 1  # 0 is black
