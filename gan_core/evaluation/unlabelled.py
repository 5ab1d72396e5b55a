"""Scores of a model of pictures that have no test set of their own: does it draw as real pictures look, in all their
variety, and nothing by heart?

The pictures it was trained on are cut into halves by chance. One half is the truth; the other is what a perfect model
would draw, and the model's samples stand in its place. How near samples come to single training pictures is held
against how near real pictures come to their own nearest neighbours.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_core.checkpoints.description import CONFIG
from gan_core.data.sampler import epoch_order
from gan_core.errors import InputError
from gan_core.evaluation.caption_classifier import CaptionJudge, load_caption_judge
from gan_core.evaluation.class_conditional import compare, draw
from gan_core.evaluation.self_supervised import InstanceJudge, load_instance_judge
from gan_core.evaluation.text_to_image import look_at_all
from gan_core.images import tensors
from gan_core.images.tensors import Pixels
from gan_core.sampling import Model, sample

ROWS = 500  # of a distance matrix held at once
FEWEST = 50  # pictures that can be measured at all
CLOSEST = 0.01  # share of the real pictures whose nearest neighbours are called close
SHOWN = 24  # samples beside their nearest training pictures, on a sheet

Progress = Callable[[int, int], None]
Judge = CaptionJudge | InstanceJudge
KINDS: dict[str, Callable[[str, Path], Judge]] = {
    "caption-judge": load_caption_judge,
    "instance-judge": load_instance_judge,
}


def load_seeing(name: str, root: Path) -> Judge:
    """The judge in `root`/`name`, whichever way it learned to see. Raises InputError where there is none that does."""
    file = root / name / CONFIG
    try:
        kind = json.loads(file.read_text()).get("kind", "")
    except (OSError, ValueError, AttributeError):
        kind = "instance-judge"  # whose loader says what is wrong
    if kind not in KINDS:
        raise InputError(f"{name} judges small pictures by their labels: it is of the kind {kind!r}.")
    return KINDS[kind](name, root)


def evaluate_likeness(
    model: Model, judge: Judge, data: Any, count: int | None = None, progress: Progress = lambda *_: None
) -> tuple[dict[str, Any], list[tuple[int, int]]]:
    """Scores of `count` samples (seeds 0, 1, ...; as many as half of the pictures by default) as plain JSON, and the
    seeds that lie closest to a training picture with that picture's index, closest first.

    `floor` holds the same figures for as many real pictures. `nearest` has the distances to the nearest training
    picture in the judge's features, their median and the closest hundredth, and `closer`, the share of samples that lie
    nearer to a training picture than the closest hundredth of real pictures lie to another one.
    Raises InputError where the count is out of range or judge, model and data do not fit.
    """
    config, channels = model.checkpoint.config, next(judge.network.parameters()).shape[1]
    if (config.image_size, config.image_channels) != (judge.size, channels):
        raise InputError(
            f"{judge.name} reads pictures of {judge.size} pixels and {channels} channels; "
            f"{model.checkpoint.name} draws {config.image_size} and {config.image_channels}."
        )
    most = len(data) // 2
    count = most if count is None else count
    if not FEWEST <= count <= most:
        raise InputError(f"--count must lie between {FEWEST} and {most}, half of the pictures, not be {count}.")
    order = epoch_order(len(data), 0, 0)
    known = look_at_all(judge, data)
    truth, another = known[order[:count]], known[order[count : 2 * count]]
    fake = judge.look(draw(model, range(count), 1.0, lambda done: progress(done, count)))[0]
    apart, whose = neighbours(fake, known)
    usual, _ = neighbours(truth, known, place=2)  # the nearest being the picture itself
    close = usual.quantile(CLOSEST)
    scores = {
        "count": count,
        "reference": count,
        "judge": judge.name,
        "judge_accuracy": judge.accuracy,
        **compare(truth, fake),
        "nearest": nearness(apart) | {"closer": (apart < close).float().mean().item()},
        "floor": compare(truth, another) | {"nearest": nearness(usual) | {"closer": CLOSEST}},
    }
    closest = apart.argsort()[:SHOWN].tolist()
    return scores, [(seed, int(whose[seed])) for seed in closest]


def neighbours(features: Tensor, known: Tensor, place: int = 1) -> tuple[Tensor, Tensor]:
    """For each row (N, D) the distance (N,) to the nearest of the known ones (M, D), or to the one on that place, and
    which of them it is (N,)."""
    found = [torch.cdist(rows, known).kthvalue(place, dim=1) for rows in features.split(ROWS)]
    return torch.cat([each.values for each in found]), torch.cat([each.indices for each in found])


def nearness(distances: Tensor) -> dict[str, float]:
    return {"median": distances.median().item(), "closest": distances.quantile(CLOSEST).item()}


def side_by_side(model: Model, data: Any, pairs: list[tuple[int, int]]) -> Pixels:
    """A sheet (H, W, C), four pairs a row: samples of these seeds, each left of its training picture. For the eyes of
    whoever decides whether the model may be published."""
    drawn = sample(model, [seed for seed, _ in pairs])
    real = data.take(torch.tensor([place for _, place in pairs])).images.permute(0, 2, 3, 1).numpy()
    return tensors.grid(np.stack([picture for pair in zip(drawn, real, strict=True) for picture in pair]), 8)
