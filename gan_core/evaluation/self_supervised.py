"""The judge of pictures that nobody labelled: it learned to know each picture again.

Of every picture it is shown two versions, moved, turned, mirrored, tinted and partly covered, and must find the second
among those of many other pictures (instance discrimination: Dosovitskiy et al. 2014; the loss is that of SimCLR, Chen
et al. 2020). What it sees on the way says what a picture shows, without a word for it: Fréchet distances and nearest
neighbours are taken there. The network is that of the captions' judge, with a place for each picture instead of a kind.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from gan_core.data.augmentation import augment
from gan_core.data.registry import dataset_info
from gan_core.errors import InputError
from gan_core.evaluation.caption_classifier import FEATURES, Classifier
from gan_core.evaluation.classifier import CHUNK, Epoch, distort, fit, half, read_judge, write_judge
from gan_core.images import tensors

PLACE = 64  # values of the place on the sphere that a picture is known by
TEMPERATURE = 0.2
RATE = 2e-3
CHANGED = 0.5  # share of the pictures that each change meets
HELD_OUT = 20  # one in so many pictures is only tested on
FEWEST = 40  # pictures of a set


class Network(Classifier):
    """Pictures (N, C, S, S) in [-1, 1] -> features (N, FEATURES) -> places (N, PLACE) on the unit sphere.

    The places are centred over the batch: features are never negative, and all would begin in one corner.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, {})
        self.project = nn.Sequential(
            nn.Linear(FEATURES, FEATURES, bias=False), nn.BatchNorm1d(FEATURES), nn.ReLU(),
            nn.Linear(FEATURES, PLACE, bias=False), nn.BatchNorm1d(PLACE, affine=False),
        )  # fmt: skip

    def places(self, pictures: Tensor) -> Tensor:
        return normalize(self.project(self.features(pictures)).float(), dim=1)


@dataclass(frozen=True)
class InstanceJudge:
    """A trained network and what is known about it."""

    name: str
    network: Network
    size: int
    accuracy: float  # share of the pictures held out that it knows again among all of them, in [0, 1]

    @torch.inference_mode()
    def look(self, pictures: Tensor) -> tuple[Tensor, None]:
        """Features (N, FEATURES) of uint8 pictures (N, C, S, S); there is nothing that it could tell besides."""
        return torch.cat([self.network.features(tensors.to_float(part)) for part in pictures.split(CHUNK)]), None


def train_instance_judge(network: Network, train: Any, test: Any, epochs: int, seed: int = 0) -> Iterator[Epoch]:
    """Train on pairs of versions; an event after each epoch. Draws from torch's global randomness too: seed it."""
    generator = torch.Generator().manual_seed(seed)

    def loss(indices: Tensor) -> Tensor:
        pictures = tensors.to_float(train.take(indices).images)
        both = torch.cat([version(pictures, generator) for _ in range(2)])  # (2N, C, S, S)
        with half():
            places = network.places(both)
        return known_again(*places.chunk(2))

    return fit(network, loss, lambda: recognition(network, test), len(train), epochs, RATE, seed)


def version(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """The same pictures as they might look another time (N, C, S, S)."""
    turned = distort(pictures, generator, mirror=True, outside="border")
    return augment(turned, "colour+translation+cutout", CHANGED)


def known_again(first: Tensor, second: Tensor) -> Tensor:
    """What is paid where the places (N, PLACE) of two versions of a picture lie no nearer to each other than to all
    others: the normalised, temperature-scaled cross-entropy of Chen et al. 2020, equation 1."""
    both = torch.cat([first, second])  # (2N, PLACE)
    alike = both @ both.T / TEMPERATURE
    alike.fill_diagonal_(float("-inf"))  # no picture is compared with itself
    return cross_entropy(alike, torch.arange(len(both)).roll(len(first)))


@torch.inference_mode()
def recognition(network: Network, data: Any) -> float:
    """The share of the data's pictures whose second version is found by their first among those of all others. The
    versions are the same at each call, and nobody's randomness is touched."""
    places = []
    for seed in (0, 1):
        generator = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            parts = torch.arange(len(data)).split(CHUNK)
            seen = [network.places(version(tensors.to_float(data.take(part).images), generator)) for part in parts]
        places.append(torch.cat(seen))
    found = (places[0] @ places[1].T).argmax(dim=1)
    return (found == torch.arange(len(found))).float().mean().item()


def split(data: Any) -> tuple[Any, Any]:
    """The pictures to train on, and those only to test on. Raises InputError where there are too few."""
    if len(data) < FEWEST:
        raise InputError(f"{len(data)} pictures are too few to learn from: a judge needs at least {FEWEST}.")
    places = list(range(len(data)))
    tested = places[::HELD_OUT]
    return data.subset([place for place in places if place % HELD_OUT]), data.subset(tested)


def save_instance_judge(folder: Path, judge: InstanceJudge, train: Any, epoch: Epoch, *, force: bool = False) -> None:
    """The judge as a checkpoint folder of its own kind. Raises InputError where the folder exists, unless `force`."""
    about = (
        f"A small convolutional network that learned, without labels, to know pictures of "
        f"{dataset_info(train.name)['title']} again when they are moved, turned, mirrored, tinted and partly covered. Of "
        f"pictures that it never saw it knows {judge.accuracy:.2%} again among all of them. It judges the generators "
        "trained on the same data by its last hidden layer (Fréchet distance, precision, recall, nearest neighbours)."
    )
    own = {"channels": train.channels, "size": judge.size, "accuracy": judge.accuracy}
    write_judge(folder, "instance-judge", own, judge.network, train, epoch, about, "pictures", RATE, force=force)


def load_instance_judge(name: str, root: Path) -> InstanceJudge:
    """The judge in `root`/`name`. Raises InputError where there is none."""
    return read_judge(
        name, root, lambda facts: InstanceJudge(name, Network(facts["channels"]), facts["size"], facts["accuracy"])
    )
