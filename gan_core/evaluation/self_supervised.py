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
from gan_core.errors import UsageError
from gan_core.evaluation.caption_classifier import FEATURE_SIZE, AttributeNetwork
from gan_core.evaluation.classifier import (
    INFERENCE_BATCH_SIZE,
    Epoch,
    autocast_bfloat16,
    random_affine,
    read_classifier,
    train_epochs,
    write_classifier,
)
from gan_core.images import tensors

EMBEDDING_SIZE = 64  # values of the place on the sphere that a picture is known by
TEMPERATURE = 0.2
LEARNING_RATE = 2e-3
AUGMENT_PROBABILITY = 0.5  # share of the pictures that each change meets
HOLDOUT_STRIDE = 20  # one in so many pictures is only tested on
MIN_IMAGES = 40  # pictures of a set


class ContrastiveNetwork(AttributeNetwork):
    """Pictures (N, C, S, S) in [-1, 1] -> features (N, FEATURES) -> places (N, PLACE) on the unit sphere.

    The places are centred over the batch: features are never negative, and all would begin in one corner.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, {})
        self.project = nn.Sequential(
            nn.Linear(FEATURE_SIZE, FEATURE_SIZE, bias=False), nn.BatchNorm1d(FEATURE_SIZE), nn.ReLU(),
            nn.Linear(FEATURE_SIZE, EMBEDDING_SIZE, bias=False), nn.BatchNorm1d(EMBEDDING_SIZE, affine=False),
        )  # fmt: skip

    def embeddings(self, images: Tensor) -> Tensor:
        return normalize(self.project(self.features(images)).float(), dim=1)


@dataclass(frozen=True)
class InstanceClassifier:
    """A trained network and what is known about it."""

    name: str
    network: ContrastiveNetwork
    size: int
    accuracy: float  # share of the pictures held out that it knows again among all of them, in [0, 1]

    @torch.inference_mode()
    def features_and_scores(self, images: Tensor) -> tuple[Tensor, None]:
        """Features (N, FEATURES) of uint8 pictures (N, C, S, S); there is nothing that it could tell besides."""
        return torch.cat(
            [self.network.features(tensors.to_float(part)) for part in images.split(INFERENCE_BATCH_SIZE)]
        ), None


def train_instance_classifier(
    network: ContrastiveNetwork, train: Any, test: Any, epochs: int, seed: int = 0
) -> Iterator[Epoch]:
    """Train on pairs of versions; an event after each epoch. Draws from torch's global randomness too: seed it."""
    generator = torch.Generator().manual_seed(seed)

    def loss(indices: Tensor) -> Tensor:
        images = tensors.to_float(train.get_batch(indices).images)
        views = torch.cat([augmented_view(images, generator) for _ in range(2)])  # (2N, C, S, S)
        with autocast_bfloat16():
            embeddings = network.embeddings(views)
        return nt_xent_loss(*embeddings.chunk(2))

    return train_epochs(
        network, loss, lambda: retrieval_accuracy(network, test), len(train), epochs, LEARNING_RATE, seed
    )


def augmented_view(images: Tensor, generator: torch.Generator) -> Tensor:
    """The same pictures as they might look another time (N, C, S, S)."""
    distorted = random_affine(images, generator, mirror=True, padding_mode="border")
    return augment(distorted, "colour+translation+cutout", AUGMENT_PROBABILITY)


def nt_xent_loss(first: Tensor, second: Tensor) -> Tensor:
    """What is paid where the places (N, PLACE) of two versions of a picture lie no nearer to each other than to all
    others: the normalised, temperature-scaled cross-entropy of Chen et al. 2020, equation 1."""
    embeddings = torch.cat([first, second])  # (2N, PLACE)
    similarity = embeddings @ embeddings.T / TEMPERATURE
    similarity.fill_diagonal_(float("-inf"))  # no picture is compared with itself
    return cross_entropy(similarity, torch.arange(len(embeddings)).roll(len(first)))


@torch.inference_mode()
def retrieval_accuracy(network: ContrastiveNetwork, data: Any) -> float:
    """The share of the data's pictures whose second version is found by their first among those of all others. The
    versions are the same at each call, and nobody's randomness is touched."""
    embeddings = []
    for seed in (0, 1):
        generator = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            parts = torch.arange(len(data)).split(INFERENCE_BATCH_SIZE)
            batches = [
                network.embeddings(augmented_view(tensors.to_float(data.get_batch(part).images), generator))
                for part in parts
            ]
        embeddings.append(torch.cat(batches))
    found = (embeddings[0] @ embeddings[1].T).argmax(dim=1)
    return (found == torch.arange(len(found))).float().mean().item()


def train_test_split(data: Any) -> tuple[Any, Any]:
    """The pictures to train on, and those only to test on. Raises InputError where there are too few."""
    if len(data) < MIN_IMAGES:
        raise UsageError(f"{len(data)} pictures are too few to learn from: a judge needs at least {MIN_IMAGES}.")
    indices = list(range(len(data)))
    test_indices = indices[::HOLDOUT_STRIDE]
    return data.subset([index for index in indices if index % HOLDOUT_STRIDE]), data.subset(test_indices)


def save_instance_classifier(
    folder: Path, classifier: InstanceClassifier, train: Any, epoch: Epoch, *, force: bool = False
) -> None:
    """The judge as a checkpoint folder of its own kind. Raises InputError where the folder exists, unless `force`."""
    about = (
        f"A small convolutional network that learned, without labels, to know pictures of "
        f"{dataset_info(train.name)['title']} again when they are moved, turned, mirrored, tinted and partly covered. Of "
        f"pictures that it never saw it knows {classifier.accuracy:.2%} again among all of them. It judges the generators "
        "trained on the same data by its last hidden layer (Fréchet distance, precision, recall, nearest neighbours)."
    )
    config_fields = {"channels": train.channels, "size": classifier.size, "accuracy": classifier.accuracy}
    write_classifier(
        folder,
        "instance-judge",
        config_fields,
        classifier.network,
        train,
        epoch,
        about,
        "pictures",
        LEARNING_RATE,
        force=force,
    )


def load_instance_classifier(name: str, root: Path) -> InstanceClassifier:
    """The judge in `root`/`name`. Raises InputError where there is none."""
    return read_classifier(
        name,
        root,
        lambda config: InstanceClassifier(
            name, ContrastiveNetwork(config["channels"]), config["size"], config["accuracy"]
        ),
    )
