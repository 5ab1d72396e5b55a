"""The judge: a small classifier of ours for one data set, which says what a picture shows and how it looks.

Its answers give the accuracy of a conditional model, its last hidden layer the features that Fréchet distance,
precision and recall are computed on.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import affine_grid, cross_entropy, grid_sample

from gan_core.checkpoints.checkpoint import load_network
from gan_core.checkpoints.description import CARD, CONFIG, WEIGHTS
from gan_core.checkpoints.store import new_folder, save_weights
from gan_core.data.datasets import Dataset
from gan_core.data.registry import dataset_info
from gan_core.data.sampler import epoch_order
from gan_core.devices import computes_bfloat16
from gan_core.errors import InputError
from gan_core.images import tensors
from gan_core.images.tensors import Pixels

WIDTH = 24
FEATURES = 128
BATCH = 256
RATE = 4e-3
CHUNK = 500
MIRRORED = {"fashion-mnist"}  # sets in which a mirrored picture keeps its class


class Classifier(nn.Module):
    """Pictures (N, C, 28, 28) in [-1, 1] -> features (N, FEATURES) -> scores (N, classes)."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *convolution(channels, WIDTH), nn.MaxPool2d(2),
            *convolution(WIDTH, 2 * WIDTH), *convolution(2 * WIDTH, 2 * WIDTH), nn.MaxPool2d(2),
            *convolution(2 * WIDTH, 4 * WIDTH), *convolution(4 * WIDTH, 4 * WIDTH), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(4 * WIDTH * 9, FEATURES), nn.ReLU(),
        )  # fmt: skip
        self.dropout = nn.Dropout(0.3)
        self.classify = nn.Linear(FEATURES, classes)

    def features(self, pictures: Tensor) -> Tensor:
        return self.layers(pictures)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.classify(self.dropout(self.features(pictures)))


def convolution(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


@dataclass(frozen=True)
class Judge:
    """A trained classifier and what is known about it."""

    name: str
    network: Classifier
    classes: tuple[str, ...]
    accuracy: float  # on the test pictures, in [0, 1]

    def read(self, pixels: Pixels) -> NDArray[np.int64]:
        """The label of each picture: uint8 (N, H, W, C) -> (N,)."""
        return self.look(torch.from_numpy(pixels).permute(0, 3, 1, 2))[1].numpy()

    @torch.inference_mode()
    def look(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, FEATURES) and labels (N,) of uint8 pictures (N, C, H, W)."""
        seen = [self.network.features(tensors.to_float(part)) for part in pictures.split(CHUNK)]
        features = torch.cat(seen)
        return features, self.network.classify(features).argmax(dim=1)


@dataclass(frozen=True)
class Epoch:
    """One pass over the data is done: its mean loss, and the accuracy on the test pictures."""

    number: int
    loss: float
    accuracy: float


def load_judge(name: str, root: Path) -> Judge:
    """The judge in `root`/`name`. Raises InputError where there is none."""

    def build(facts: dict[str, Any]) -> Judge:
        classes = tuple(facts["classes"])
        return Judge(name, Classifier(facts["channels"], len(classes)), classes, facts["accuracy"])

    return read_judge(name, root, build)


def read_judge(name: str, root: Path, build: Callable[[dict[str, Any]], Any]) -> Any:
    """What `build` makes of a judge's config, its network with the weights beside it. Raises InputError where there is
    no judge, or none that can be built."""
    file = root / name / CONFIG
    try:
        judge = build(json.loads(file.read_text()))
    except FileNotFoundError as error:
        raise InputError(f"There is no judge {name} in {root}: train it by `python -m gan_core judge`.") from error
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{file} is no judge's config: {error!r}.") from error
    load_network(judge.network, root / name / WEIGHTS)
    return judge


def train_judge(network: Classifier, train: Dataset, test: Dataset, epochs: int, seed: int = 0) -> Iterator[Epoch]:
    """Train on shifted, turned and stretched pictures; an event after each epoch."""
    generator = torch.Generator().manual_seed(seed)

    def loss(indices: Tensor) -> Tensor:
        batch = train.get_batch(indices)
        if batch.labels is None:
            raise InputError(f"A judge needs labelled pictures; {train.name} has none.")
        pictures = distort(tensors.to_float(batch.images), generator, mirror=train.name in MIRRORED)
        return cross_entropy(network(pictures), batch.labels, label_smoothing=0.05)

    return fit(network, loss, lambda: accuracy(network, test), len(train), epochs, RATE, seed)


def fit(
    network: nn.Module,
    loss_of: Callable[[Tensor], Tensor],
    score: Callable[[], float],
    count: int,
    epochs: int,
    rate: float,
    seed: int,
) -> Iterator[Epoch]:
    """Train any judge's network on `count` pictures with a one-cycle rate: `loss_of` takes a batch's places in them,
    `score` tells after each epoch how good the network is by now."""
    size = min(BATCH, count)
    steps = count // size
    adam = torch.optim.AdamW(network.parameters(), rate, weight_decay=0.01, fused=True)
    plan = torch.optim.lr_scheduler.OneCycleLR(adam, rate, total_steps=epochs * steps)
    for number in range(1, epochs + 1):
        network.train()
        total = 0.0
        for indices in epoch_order(count, seed, number - 1)[: steps * size].split(size):
            loss = loss_of(indices)
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
            plan.step()
            total += loss.item()
        network.eval()
        yield Epoch(number, total / steps, score())


def half() -> AbstractContextManager[Any]:
    """Sixteen bits where the processor computes in them: twice as quick here."""
    return torch.autocast("cpu", torch.bfloat16) if computes_bfloat16(on_cpu=True) else nullcontext()


def distort(pictures: Tensor, generator: torch.Generator, *, mirror: bool, outside: str = "zeros") -> Tensor:
    """Each picture turned by up to 8 degrees, scaled and moved by up to 8 %, and mirrored half the time if asked;
    `outside` it is black, or goes on as its "border"."""
    count = len(pictures)
    turn, across, down, scale = (torch.rand(4, count, generator=generator) * 2 - 1) * torch.tensor(
        [[0.14], [0.08], [0.08], [0.08]]
    )
    flip = (torch.rand(count, generator=generator) < 0.5) & mirror
    sign = 1 - 2 * flip.float()
    cosine, sine = turn.cos() * (1 + scale), turn.sin() * (1 + scale)
    rows = [torch.stack([cosine * sign, -sine, across], 1), torch.stack([sine * sign, cosine, down], 1)]
    field = affine_grid(torch.stack(rows, 1), list(pictures.shape), align_corners=False)  # (N, H, W, 2)
    return grid_sample(pictures + 1, field, padding_mode=outside, align_corners=False) - 1  # zeros are black


@torch.inference_mode()
def accuracy(network: Classifier, data: Dataset) -> float:
    """The share of the data's pictures that the network labels right."""
    right = 0
    for indices in torch.arange(len(data)).split(CHUNK):
        batch = data.get_batch(indices)
        right += int((network(tensors.to_float(batch.images)).argmax(dim=1) == batch.labels).sum())
    return right / len(data)


def save_judge(folder: Path, network: Classifier, train: Dataset, epoch: Epoch, *, force: bool = False) -> None:
    """The judge as a checkpoint folder of its own kind. Raises InputError where the folder exists, unless `force`."""
    about = (
        f"A small convolutional classifier of {dataset_info(train.name)['title']}: {epoch.accuracy:.2%} on the test "
        f"pictures after {epoch.number} epochs. It judges the generators trained on the same data: by its labels "
        "(accuracy) and by its last hidden layer (Fréchet distance, precision, recall)."
    )
    own = {"channels": train.channels, "classes": list(train.classes), "accuracy": epoch.accuracy}
    write_judge(folder, "judge", own, network, train, epoch, about, "classes", RATE, force=force)


def write_judge(
    folder: Path,
    kind: str,
    own: dict[str, Any],
    network: nn.Module,
    train: Any,
    epoch: Epoch,
    about: str,
    limit: str,
    rate: float,
    *,
    force: bool,
) -> None:
    """Any judge's folder: what is its `own` beside what all configs and cards say; `limit` is all that it knows."""
    data = dataset_info(train.name)
    facts = {"format": 1, "kind": kind, "name": folder.name, "data": data | {"pictures": len(train)}, **own}
    facts["training"] = asdict(epoch) | {"batch_size": BATCH, "rate": rate}
    text = json.dumps(facts, indent=2) + "\n"
    card = (
        "---\nlicense: mit\nlibrary_name: gan-core\npipeline_tag: image-classification\n---\n\n"
        f"# {folder.name}\n\n{about}\n\n"
        f"Data licence, as its source states it: {data.get('licence', 'not known')}.\n\n"
        f"Made by `python -m gan_core judge {train.name} --epochs {epoch.number}`. "
        f"Limits: it knows these {limit} only, and is sure of itself even where a picture shows none of them.\n"
    )
    with new_folder(folder, force=force) as partial:
        (partial / CONFIG).write_text(text)
        (partial / CARD).write_text(card)
        save_weights(network.state_dict(), partial / WEIGHTS, text)
