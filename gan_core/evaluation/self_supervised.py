"""The classifier of images without labels: a feature extractor trained by instance discrimination.

Each image is augmented twice (shifted, rotated, flipped, tinted, partly covered), and the network learns to find the
second view among those of many other images (Dosovitskiy et al. 2014; the loss is that of SimCLR, Chen et al. 2020).
Its hidden layer gives the features for Fréchet distance, precision, recall and nearest neighbours. The network is that
of `caption_classifier`, with an embedding instead of the classes.
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
from gan_core.evaluation.classifier_folder import load_classifier_folder, save_classifier_folder
from gan_core.evaluation.classifier_training import Epoch, autocast_bfloat16, random_affine, train_epochs
from gan_core.evaluation.features import INFERENCE_BATCH_SIZE, fraction_true, image_features
from gan_core.images import tensors

EMBEDDING_SIZE = 64
TEMPERATURE = 0.2
LEARNING_RATE = 2e-3
AUGMENTATION = "colour+translation+cutout"
AUGMENT_PROBABILITY = 0.5  # of each augmentation, for each image
HOLDOUT_STRIDE = 20  # one image in so many is held out
MIN_IMAGES = 40  # of a data set


class ContrastiveNetwork(AttributeNetwork):
    """Images (N, C, S, S) in [-1, 1] -> features (N, FEATURE_SIZE) -> embeddings (N, EMBEDDING_SIZE) of length 1."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, {})
        self.project = nn.Sequential(
            nn.Linear(FEATURE_SIZE, FEATURE_SIZE, bias=False), nn.BatchNorm1d(FEATURE_SIZE), nn.ReLU(),
            nn.Linear(FEATURE_SIZE, EMBEDDING_SIZE, bias=False), nn.BatchNorm1d(EMBEDDING_SIZE, affine=False),
        )  # fmt: skip

    # The embeddings are centred by batch normalization: the features are never negative, so that without it all
    # embeddings would start in the same direction.

    def embeddings(self, images: Tensor) -> Tensor:
        """Unit vectors (N, EMBEDDING_SIZE) of images (N, C, S, S) in [-1, 1]."""
        return normalize(self.project(self.features(images)).float(), dim=1)


@dataclass(frozen=True)
class InstanceClassifier:
    """A trained feature extractor for images of `size` pixels.

    `accuracy` is the share of held-out images whose second view is found among those of all held-out images, in [0, 1].
    """

    name: str
    network: ContrastiveNetwork
    size: int
    accuracy: float

    @torch.inference_mode()
    def features_and_scores(self, images: Tensor) -> tuple[Tensor, None]:
        """Features (N, FEATURE_SIZE) of uint8 images (N, C, S, S); there are no classes, and so no scores."""
        return image_features(self.network, images), None


def train_instance_classifier(
    network: ContrastiveNetwork, train: Any, test: Any, epochs: int, seed: int = 0
) -> Iterator[Epoch]:
    """Trains on pairs of augmented views; yields an event after each epoch.

    The augmentation uses torch's global random state as well: seed it for a reproducible result.
    """
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
    """A random view of each image, (N, C, S, S) in [-1, 1]."""
    distorted = random_affine(images, generator, mirror=True, padding_mode="border")
    return augment(distorted, AUGMENTATION, AUGMENT_PROBABILITY)


def nt_xent_loss(first: Tensor, second: Tensor) -> Tensor:
    """Normalised, temperature-scaled cross-entropy of the embeddings (N, D) of two views of N images (NT-Xent, Chen et
    al. 2020, equation 1)."""
    embeddings = torch.cat([first, second])  # (2N, D)
    similarity = embeddings @ embeddings.T / TEMPERATURE
    similarity.fill_diagonal_(float("-inf"))  # no view is compared with itself
    return cross_entropy(similarity, torch.arange(len(embeddings)).roll(len(first)))


@torch.inference_mode()
def retrieval_accuracy(network: ContrastiveNetwork, data: Any) -> float:
    """The share of images whose second view is the nearest to their first among the second views of all images.

    The views are the same at each call; torch's global random state is left as it is.
    """
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
    return fraction_true(found == torch.arange(len(found)))


def train_test_split(data: Any) -> tuple[Any, Any]:
    """The images to train on, and one in HOLDOUT_STRIDE to test on. Raises UsageError where there are too few."""
    if len(data) < MIN_IMAGES:
        raise UsageError(f"{data.name} has {len(data)} images; a classifier needs at least {MIN_IMAGES} to learn from.")
    indices = list(range(len(data)))
    test_indices = indices[::HOLDOUT_STRIDE]
    return data.subset([index for index in indices if index % HOLDOUT_STRIDE]), data.subset(test_indices)


def save_instance_classifier(
    folder: Path, classifier: InstanceClassifier, train: Any, epoch: Epoch, *, force: bool = False
) -> None:
    """Writes the classifier's folder. Raises UsageError where it exists, unless `force`."""
    about = (
        f"A small convolutional network of {dataset_info(train.name)['title']}, trained without labels by instance "
        f"discrimination: with {classifier.accuracy:.2%} accuracy it finds a held-out image again, shifted, rotated, "
        "flipped, tinted and partly covered, among all held-out images. It scores generators trained on the same data "
        "by its last hidden layer (Fréchet distance, precision, recall, nearest neighbours)."
    )
    settings = {"channels": train.channels, "size": classifier.size, "accuracy": classifier.accuracy}
    save_classifier_folder(
        folder, classifier.network, train, epoch,
        kind="instance-judge", settings=settings, about=about, scope="images", learning_rate=LEARNING_RATE,
        force=force,
    )  # fmt: skip


def load_instance_classifier(name: str, root: Path) -> InstanceClassifier:
    """The classifier in `root`/`name`. Raises UsageError where there is none, or it cannot be used."""

    def build(config: dict[str, Any]) -> InstanceClassifier:
        return InstanceClassifier(name, ContrastiveNetwork(config["channels"]), config["size"], config["accuracy"])

    return load_classifier_folder(name, root, build)
