"""The classifier of a labelled data set: a small convolutional network for images of 28 pixels.

Its labels give the accuracy of a class-conditional model; its last hidden layer gives the features that Fréchet
distance, precision and recall are computed in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from gan_core.data.datasets import Dataset
from gan_core.data.registry import dataset_info
from gan_core.errors import UsageError
from gan_core.evaluation.classifier_folder import load_classifier_folder, save_classifier_folder
from gan_core.evaluation.classifier_training import Epoch, random_affine, train_epochs
from gan_core.evaluation.features import INFERENCE_BATCH_SIZE, image_features
from gan_core.images import tensors
from gan_core.images.tensors import Pixels

SIDE_PX = 28
WIDTH = 24  # channels of the first layer
FEATURE_SIZE = 128
LEARNING_RATE = 4e-3
LABEL_SMOOTHING = 0.05
MIRRORABLE_SETS = {"fashion-mnist"}  # data sets in which a flipped image keeps its class


class ClassifierNetwork(nn.Module):
    """Images (N, C, 28, 28) in [-1, 1] -> features (N, FEATURE_SIZE) -> logits (N, classes)."""

    def __init__(self, channels: int, class_count: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *conv_block(channels, WIDTH), nn.MaxPool2d(2),
            *conv_block(WIDTH, 2 * WIDTH), *conv_block(2 * WIDTH, 2 * WIDTH), nn.MaxPool2d(2),
            *conv_block(2 * WIDTH, 4 * WIDTH), *conv_block(4 * WIDTH, 4 * WIDTH), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(4 * WIDTH * 9, FEATURE_SIZE), nn.ReLU(),
        )  # fmt: skip
        self.dropout = nn.Dropout(0.3)
        self.classify = nn.Linear(FEATURE_SIZE, class_count)

    def features(self, images: Tensor) -> Tensor:
        return self.layers(images)

    def forward(self, images: Tensor) -> Tensor:
        return self.classify(self.dropout(self.features(images)))


def conv_block(in_channels: int, out_channels: int) -> list[nn.Module]:
    """A 3x3 convolution with batch normalization and ReLU; the size is kept."""
    return [nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False), nn.BatchNorm2d(out_channels), nn.ReLU()]


@dataclass(frozen=True)
class FeatureClassifier:
    """A trained classifier, its classes, and its accuracy on the test images in [0, 1]."""

    name: str
    network: ClassifierNetwork
    classes: tuple[str, ...]
    accuracy: float

    def predict_labels(self, pixels: Pixels) -> NDArray[np.int64]:
        """The labels (N,) of images uint8 (N, H, W, C)."""
        return self.features_and_labels(torch.from_numpy(pixels).permute(0, 3, 1, 2))[1].numpy()

    @torch.inference_mode()
    def features_and_labels(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, FEATURE_SIZE) and labels (N,) of uint8 images (N, C, H, W)."""
        features = image_features(self.network, images)
        return features, self.network.classify(features).argmax(dim=1)


def load_feature_classifier(name: str, root: Path) -> FeatureClassifier:
    """The classifier in `root`/`name`. Raises UsageError where there is none, or it cannot be used."""

    def build(config: dict[str, Any]) -> FeatureClassifier:
        classes = tuple(config["classes"])
        return FeatureClassifier(name, ClassifierNetwork(config["channels"], len(classes)), classes, config["accuracy"])

    return load_classifier_folder(name, root, build)


def train_feature_classifier(
    network: ClassifierNetwork, train: Dataset, test: Dataset, epochs: int, seed: int = 0
) -> Iterator[Epoch]:
    """Trains with random affine augmentation; yields an event after each epoch. Raises UsageError without labels."""
    generator = torch.Generator().manual_seed(seed)

    def loss(indices: Tensor) -> Tensor:
        batch = train.get_batch(indices)
        if batch.labels is None:
            raise UsageError(f"This classifier needs labelled images; {train.name} has no labels.")
        images = random_affine(tensors.to_float(batch.images), generator, mirror=train.name in MIRRORABLE_SETS)
        return cross_entropy(network(images), batch.labels, label_smoothing=LABEL_SMOOTHING)

    return train_epochs(network, loss, lambda: label_accuracy(network, test), len(train), epochs, LEARNING_RATE, seed)


@torch.inference_mode()
def label_accuracy(network: ClassifierNetwork, data: Dataset) -> float:
    """The share of the images whose label is predicted correctly, in [0, 1]."""
    correct = 0
    for indices in torch.arange(len(data)).split(INFERENCE_BATCH_SIZE):
        batch = data.get_batch(indices)
        correct += int((network(tensors.to_float(batch.images)).argmax(dim=1) == batch.labels).sum())
    return correct / len(data)


def save_feature_classifier(
    folder: Path, network: ClassifierNetwork, train: Dataset, epoch: Epoch, *, force: bool = False
) -> None:
    """Writes the classifier's folder. Raises UsageError where it exists, unless `force`."""
    about = (
        f"A small convolutional classifier of {dataset_info(train.name)['title']}: {epoch.accuracy:.2%} on the test "
        f"images after {epoch.number} epochs. It scores generators trained on the same data by its labels (accuracy) "
        "and by its last hidden layer (Fréchet distance, precision, recall)."
    )
    settings = {"channels": train.channels, "classes": list(train.classes), "accuracy": epoch.accuracy}
    save_classifier_folder(
        folder, network, train, epoch,
        kind="judge", settings=settings, about=about, scope="classes", learning_rate=LEARNING_RATE, force=force,
    )  # fmt: skip
