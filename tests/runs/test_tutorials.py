"""Tutorial presets, trained for real: each shows what its text promises, and the diagnosis says so.

A fresh machine has no MNIST: the digits are drawn by `mnist-cgan`, and the classifier of MNIST reads the previews.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gan_core.checkpoints.store import resolve_root
from gan_core.data import registry
from gan_core.data.datasets import InMemoryImages
from gan_core.evaluation.classifier import load_feature_classifier
from gan_core.runs.diagnosis import Diagnosis, Health, RunMetrics, diagnose
from gan_core.runs.log_reader import Column, read_columns
from gan_core.runs.previews import class_counts, split_grid
from gan_core.runs.status import read_status
from gan_core.runs.tutorials import TUTORIALS
from gan_core.sampling import load_model, sample
from gan_core.training.config import Run
from gan_core.training.events import Preview
from gan_core.training.trainer import train

DIGITS = 1500  # drawn by mnist-cgan, of all classes in turn
SEEDS = (0, 1, 2)


@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorial_differs_from_its_preset_by_its_changes_alone(name: str) -> None:
    tutorial = TUTORIALS[name]
    run = tutorial.build_run()
    preset = Run.from_preset(tutorial.family, tutorial.data, tutorial.preset).to_dict()
    settings = preset["training"] | preset["model"] | preset["objective"]
    assert run.diff_from_preset() == {key: value for key, value in tutorial.changes.items() if value != settings[key]}


@dataclass
class Look:
    """What the page shows at one preview."""

    step: int
    pixels: NDArray[np.uint8]  # (64, 28, 28, 1)
    counts: list[int]
    diagnosis: Diagnosis


@dataclass
class Course:
    """A tutorial's looks after step 0, and its logs."""

    looks: list[Look]
    log: dict[str, Column]
    preview_metrics: dict[str, Column]

    @property
    def diagnosed(self) -> list[Look]:
        return [look for look in self.looks if look.diagnosis.health is not Health.TOO_EARLY]


@cache
def drawn_digits() -> InMemoryImages:
    """Digits of `mnist-cgan`, which the repository ships, in place of MNIST."""
    labels = torch.arange(DIGITS) % 10
    pixels = sample(load_model("mnist-cgan", resolve_root()), range(DIGITS), labels.tolist())
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    return InMemoryImages("digits", images, labels, tuple(map(str, range(10))))


def follow(name: str, data: InMemoryImages, folder: Path, seed: int = 0) -> Course:
    """Trains a tutorial to its end, looking at each preview as the page does."""
    classifier = load_feature_classifier("judge-mnist", resolve_root())
    run = TUTORIALS[name].build_run()
    run = replace(run, training=replace(run.training, seed=seed, device="cpu", precision="float32"))
    looks: list[Look] = []
    for event in train(run, data, folder):
        if not isinstance(event, Preview) or not event.number:
            continue
        png = event.file.read_bytes()
        counts, previous = class_counts(png, classifier), looks[-1].counts if looks else []
        log, preview_metrics = read_columns(folder / "log.jsonl"), read_columns(folder / "seen.jsonl")
        diagnosis = diagnose(RunMetrics(read_status(folder), log, preview_metrics, counts, previous))
        looks.append(Look(event.number, split_grid(png), counts, diagnosis))
    return Course(looks, read_columns(folder / "log.jsonl"), read_columns(folder / "seen.jsonl"))


def changes_of_mean(course: Course) -> list[float]:
    """The root mean squared change of the mean preview image from one preview to the next, in [0, 1]."""
    means = [look.pixels.astype(float).mean(0) / 255 for look in course.looks]
    return [float(np.sqrt(np.square(after - before).mean())) for before, after in pairwise(means)]


def require_collapse(course: Course) -> None:
    """Images alike at each preview, all of them another at the next, and a diagnosis that says collapse throughout."""
    spread = course.preview_metrics["diversity"][1:]
    assert np.median(spread) < 0.15
    assert max(spread) < 0.4
    assert np.median(changes_of_mean(course)) > 0.08
    assert [look.diagnosis.health for look in course.diagnosed] == [Health.MODE_COLLAPSE] * len(course.diagnosed)
    assert len(course.diagnosed) >= 10
    brightness = np.array([look.pixels.mean() / 255 for look in course.looks])
    assert ((brightness > 0.02) & (brightness < 0.4)).mean() > 0.8  # strokes on black, neither noise nor nothing


def require_instability(course: Course) -> None:
    """A certain discriminator, a loss of the generator that climbs and jumps, previews that change and stay few."""
    certainty, loss = course.log["told_apart"], course.log["generator"]
    half = len(loss) // 2
    assert np.median(certainty[half:]) > 0.85
    assert (certainty > 0.99).mean() > 0.2
    assert np.median(loss[half:]) > 3 * np.median(loss[:10])
    assert np.ptp(loss[half:]) > 4
    assert np.median(changes_of_mean(course)) > 0.08
    assert all(look.diagnosis.health is not Health.HEALTHY for look in course.diagnosed)


def require_coverage(course: Course) -> None:
    """Nine or ten classes, none at more than half, as diverse as real images; well from some look on to the end."""
    together = np.sum([look.counts for look in course.looks[-4:]], axis=0)
    assert (together > 0).sum() >= 9
    assert max(course.looks[-1].counts) <= 32
    assert min(course.preview_metrics["diversity"][-4:]) > 0.8
    assert np.median(course.log["told_apart"][-20:]) < 0.9 < np.max(course.log["told_apart"][:30])
    is_well = [look.diagnosis.health is Health.HEALTHY for look in course.diagnosed]
    assert is_well[-1]
    assert sum(now != then for now, then in pairwise(is_well)) == 1, "no flip-flopping"


PROMISES: dict[str, Callable[[Course], None]] = {
    "classic": require_instability, "collapse": require_collapse, "modern": require_coverage,
}  # fmt: skip


def test_every_tutorial_has_a_promise() -> None:
    assert PROMISES.keys() == TUTORIALS.keys()


@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorial_shows_what_its_text_promises(name: str, tmp_path: Path) -> None:
    PROMISES[name](follow(name, drawn_digits(), tmp_path / "run"))


@pytest.mark.shared
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", TUTORIALS)
def test_on_mnist_a_tutorial_shows_it_with_every_seed(name: str, seed: int, data_folder: Path, tmp_path: Path) -> None:
    data = registry.load_dataset("mnist", data_folder, size=28)
    assert isinstance(data, InMemoryImages)
    PROMISES[name](follow(name, data, tmp_path / "run", seed))
