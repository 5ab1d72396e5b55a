"""Seeds -> latents -> pictures: one seed is one picture, in any batch, on any page and from the command line.

A network's last bits can depend on the size of its batch; so every picture is drawn in a batch of exactly CHUNK,
filled up where there are fewer. Latents come from a generator of their own for each seed; torch's global randomness
is never touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.store import find
from gan_core.devices import default_device
from gan_core.errors import InputError
from gan_core.images import tensors
from gan_core.images.tensors import Pixels
from gan_core.models import draw_latents, modes_of
from gan_core.text.encoder import TextEncoder

CHUNK = 16
MAX_SEED = 2**31 - 1
MAX_TRUNCATION = 2.0


@dataclass(frozen=True)
class Model:
    """A checkpoint with its generator loaded: what all drawing needs."""

    checkpoint: Checkpoint
    generator: nn.Module
    device: torch.device
    encoder: TextEncoder | None = None  # of a model that draws sentences

    @property
    def classes(self) -> tuple[str, ...]:
        return self.checkpoint.description.classes

    @property
    def conditional(self) -> bool:
        return self.checkpoint.family.condition == "label"


def load(reference: str, root: Path, device: str | None = None) -> Model:
    """A model ready to draw, on the GPU where there is one. Raises InputError as `checkpoints.find` does."""
    checkpoint = find(reference, root)
    if checkpoint.family.condition == "picture":
        raise InputError(f"{checkpoint.name} enlarges pictures and draws none from seeds: use it to upscale.")
    return opened(checkpoint, device)


def opened(checkpoint: Checkpoint, device: str | None = None) -> Model:
    """A checkpoint of a generator, ready to draw. Raises InputError where it cannot be loaded."""
    place = torch.device(device or default_device())
    return Model(checkpoint, checkpoint.load_generator(place), place, checkpoint.load_encoder())


def sample(
    model: Model,
    seeds: Sequence[int],
    labels: Sequence[int] | None = None,
    truncation: float = 1.0,
    prompts: Sequence[str] | None = None,
) -> Pixels:
    """One picture a seed: uint8 (N, H, W, C).

    `labels`, or `prompts` of a model that draws sentences, are dealt in turn by position; without labels a conditional
    model takes seed modulo classes. `truncation`
    multiplies the latents: below 1 more typical pictures, above 1 stranger ones.
    No seeds give no pictures. Raises InputError on a seed, label or truncation out of range.
    """
    latents = latents_for(model, seeds, truncation)
    if prompts:
        return draw(model, latents, sentences_for(model, len(seeds), prompts))
    return draw(model, latents, one_hot_rows(model, labels_for(model, seeds, labels)))


def interpolate(
    model: Model, first: int, last: int, steps: int, labels: tuple[int, int] | None = None, truncation: float = 1.0
) -> Pixels:
    """`steps` pictures from one seed to another along the great circle (Shoemake 1985): uint8 (steps, H, W, C).

    With a conditional model the label changes along, linearly, from `labels[0]` to `labels[1]`.
    """
    if steps < 2:
        raise InputError(f"An interpolation takes at least 2 steps, its two ends, not {steps}.")
    start, end = latents_for(model, [first, last], truncation)
    shares = torch.linspace(0, 1, steps)  # (steps,)
    latents = torch.stack([slerp(start, end, share.item()) for share in shares])
    ends = one_hot_rows(model, labels_for(model, [first, last], labels))
    if modes_of(model.checkpoint.config):  # what the ends mean changes along like a label, not at a jump
        ends = cast(Any, model.generator).choose(torch.stack([start, end]).to(model.device)).cpu()
    return draw(model, latents, None if ends is None else mix(ends, shares))


def blend(
    model: Model,
    seeds: Sequence[int],
    ends: tuple[int, int] | tuple[str, str],
    share: float | Sequence[float],
    truncation: float = 1.0,
) -> Pixels:
    """Pictures between two labels or two prompts: `share` 0 is the first, 1 the second; one for all pictures, or one
    for each. uint8 (N, H, W, C). Raises InputError on a share out of range."""
    shares = list(share) if isinstance(share, Sequence) else [share] * len(seeds)
    if len(shares) != len(seeds):
        raise InputError(f"A blend takes one share, or one for each of its {len(seeds)} seeds, not {len(shares)}.")
    bad = [each for each in shares if not 0 <= each <= 1]
    if bad:
        raise InputError(f"A blend's share must lie between 0 and 1, not be {bad[0]}.")
    first, second = ends
    if isinstance(first, str) and isinstance(second, str):
        sentences = sentences_for(model, 2, (first, second))
        between = torch.cat([sentences[:0], *(sentence_between(sentences, each) for each in shares)])
    else:
        rows = one_hot_rows(model, labels_for(model, [0, 0], cast(Sequence[int], ends)))
        if rows is None:
            raise InputError(f"{model.checkpoint.name} knows no labels to blend.")
        between = mix(rows, torch.tensor([float(each) for each in shares]))
    return draw(model, latents_for(model, seeds, truncation), between)


def opinions(critic: nn.Module, model: Model, pixels: Pixels, labels: Sequence[int] | None = None) -> list[float]:
    """The discriminator's raw score of each picture (N, H, W, C): higher is more like the data, no unit."""
    pictures = tensors.to_float(torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous())
    condition = one_hot_rows(model, None if labels is None else labels_for(model, range(len(pixels)), labels))
    if condition is None and model.encoder is not None:
        condition = torch.zeros(len(pixels), model.encoder.dim)
    return in_chunks(critic, model.device, pictures, condition).tolist()


# Seeds, labels and batches -------------------------------------------------------------------------------------------


def latents_for(model: Model, seeds: Sequence[int], truncation: float = 1.0) -> Tensor:
    """Latents (N, latent_size), each from its seed alone, times the truncation."""
    if not 0 <= truncation <= MAX_TRUNCATION:
        raise InputError(f"Truncation must lie between 0 and {MAX_TRUNCATION:g}, not be {truncation}.")
    bad = [seed for seed in seeds if not isinstance(seed, Integral) or not 0 <= seed <= MAX_SEED]
    if bad:
        raise InputError(f"A seed must be a whole number between 0 and {MAX_SEED}, not {bad[0]!r}.")
    config = model.checkpoint.config
    rows = [draw_latents(config, 1, torch.Generator().manual_seed(int(seed))) for seed in seeds]
    return torch.cat(rows) * truncation if rows else torch.empty(0, config.latent_size)


def labels_for(model: Model, seeds: Sequence[int], labels: Sequence[int] | None) -> list[int] | None:
    """A label for each seed: those given, in turn by position, or seed modulo classes; None without classes."""
    name, classes = model.checkpoint.name, len(model.classes)
    if not model.conditional:
        if labels:
            raise InputError(f"{name} takes no label: it draws whatever it likes.")
        return None
    bad = [label for label in labels or () if not isinstance(label, Integral) or not 0 <= label < classes]
    if bad:
        known = ", ".join(model.classes)
        raise InputError(f"{name} knows the labels 0 to {classes - 1} ({known}), not {bad[0]!r}.")
    if not labels:
        return [seed % classes for seed in seeds]
    return [labels[index % len(labels)] for index in range(len(seeds))]


def sentences_for(model: Model, count: int, prompts: Sequence[str]) -> Tensor:
    """The vectors (count, dim) of prompts dealt in turn. Raises InputError where the model takes none."""
    if model.encoder is None:
        raise InputError(f"{model.checkpoint.name} takes no prompt: it is no text-to-image model.")
    vectors = model.encoder.encode(list(prompts))
    return vectors[torch.arange(count) % len(prompts)]


def sentence_between(ends: Tensor, share: float) -> Tensor:
    """The sentence vector (1, dim) at `share` of the way, as long as all are: on the arc between the two, where one of
    them says nothing straight from one to the other."""
    if (ends.abs().sum(dim=1) == 0).any():
        return mix(ends, torch.tensor([float(share)]))
    return slerp(ends[0], ends[1], share)[None]


def one_hot_rows(model: Model, labels: list[int] | None) -> Tensor | None:
    """Labels as the condition (N, classes) of the family."""
    return None if labels is None else one_hot(torch.tensor(labels, dtype=torch.int64), len(model.classes)).float()


def mix(ends: Tensor, shares: Tensor) -> Tensor:
    """Rows between the two `ends` (2, K) at `shares` (N,): (N, K)."""
    return torch.lerp(ends[:1], ends[1:], shares[:, None])


def slerp(start: Tensor, end: Tensor, share: float) -> Tensor:
    """The point at `share` of the great circle from start to end (both (Z,)), exact at both.

    Where they are parallel there is no such circle: straight from one to the other.
    """
    angle = torch.nn.functional.cosine_similarity(start, end, dim=0).clamp(-1, 1).acos()
    if share in (0, 1) or angle.sin().abs() < 1e-4:
        return torch.lerp(start, end, share)
    return (((1 - share) * angle).sin() * start + (share * angle).sin() * end) / angle.sin()


def draw(model: Model, latents: Tensor, condition: Tensor | None) -> Pixels:
    """Latents (N, Z) and their condition -> uint8 (N, H, W, C)."""
    if condition is None and model.encoder is not None:  # nothing was said: as it saw pictures without a caption
        condition = torch.zeros(len(latents), model.encoder.dim)
    return tensors.to_pixels(in_chunks(model.generator, model.device, latents, condition))


@torch.inference_mode()
def in_chunks(network: nn.Module, device: torch.device, inputs: Tensor, condition: Tensor | None) -> Tensor:
    """The network over all rows of its inputs, CHUNK at a time, the last chunk filled up with zeros."""
    outputs = []
    for first in range(0, max(len(inputs), 1), CHUNK):
        parts = [None if each is None else filled(each[first : first + CHUNK]) for each in (inputs, condition)]
        on_device = [None if each is None else each.to(device) for each in parts]
        outputs.append(network(*on_device).float().cpu())
    return torch.cat(outputs)[: len(inputs)]


def filled(rows: Tensor) -> Tensor:
    """Exactly CHUNK rows: those given, then zeros."""
    missing = CHUNK - len(rows)
    return torch.cat([rows, rows.new_zeros(missing, *rows.shape[1:])]) if missing else rows
