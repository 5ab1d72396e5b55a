"""The classifier of captioned images: it predicts the metadata attributes of an image, such as article and colour.

One small network with a head for each attribute. Rare values of an attribute are merged into one class, "other", as
there are too few images to learn them. Training and test images are disjoint, and no generator is trained on the test
images.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, cross_entropy

from gan_core.data.registry import dataset_info
from gan_core.errors import UsageError
from gan_core.evaluation.classifier import conv_block
from gan_core.evaluation.classifier_folder import load_classifier_folder, save_classifier_folder
from gan_core.evaluation.classifier_training import Epoch, autocast_bfloat16, random_affine, train_epochs
from gan_core.evaluation.features import INFERENCE_BATCH_SIZE, image_features
from gan_core.images import tensors
from gan_core.text.captions import ATTRIBUTE_COLUMNS, MAX_ATTRIBUTE_VALUES, row_attributes

WIDTHS = (32, 48, 96, 160)  # channels at 1/2, 1/4, 1/8 and 1/16 of the side
WIDE_WIDTHS = (32, 64, 128, 256)  # the same, for the many classes of captioned data
FEATURE_SIZE = 192
LEARNING_RATE = 3e-3
LABEL_SMOOTHING = 0.05
MAX_NOISE_STD = 0.06  # of images in [-1, 1]
OTHER = "other"  # the class of all rare values
MIN_CLASS_SIZE = 100  # images of a value that is a class of its own
MIN_CLASS_SIZE_BY_COLUMN = {"text": 20}  # instead of MIN_CLASS_SIZE


class AttributeNetwork(nn.Module):
    """Images (N, C, S, S) in [-1, 1] -> features (N, FEATURE_SIZE) -> logits (N, classes) for each column."""

    def __init__(self, channels: int, class_counts: dict[str, int], widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.widths = tuple(widths)
        layers = [nn.Conv2d(channels, widths[0], 4, 2, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()]
        for in_channels, out_channels in pairwise((widths[0], *widths)):
            layers += [*conv_block(in_channels, out_channels), *conv_block(out_channels, out_channels), nn.MaxPool2d(2)]
        self.layers = nn.Sequential(*layers[:-1], nn.Flatten(2))  # (N, channels, positions)
        self.embed = nn.Sequential(nn.Linear(2 * widths[-1], FEATURE_SIZE), nn.ReLU())
        self.dropout = nn.Dropout(0.3)
        self.heads = nn.ModuleDict({name: nn.Linear(FEATURE_SIZE, count) for name, count in class_counts.items()})

    def features(self, images: Tensor) -> Tensor:
        feature_maps = self.layers(images)
        return self.embed(torch.cat([feature_maps.mean(dim=2), feature_maps.amax(dim=2)], dim=1))

    def classify(self, features: Tensor) -> dict[str, Tensor]:
        return {name: head(features) for name, head in self.heads.items()}

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        return self.classify(self.dropout(self.features(images)))


@dataclass(frozen=True)
class AttributeSchema:
    """The classes of each metadata column."""

    columns: dict[str, tuple[str, ...]]

    @classmethod
    def from_rows(cls, rows: Sequence[dict[str, Any]]) -> "AttributeSchema":
        """The columns, and the values with enough images. Raises UsageError where no column has two classes."""
        rows_attributes = [row_attributes(row) for row in rows]
        columns = {}
        for name in (*ATTRIBUTE_COLUMNS, "text"):
            min_size = MIN_CLASS_SIZE_BY_COLUMN.get(name, MIN_CLASS_SIZE)
            counts = Counter(attributes[name] for attributes in rows_attributes if name in attributes)
            frequent = sorted(value for value, count in counts.items() if count >= min_size)
            if len(frequent) >= 2 and len(counts) <= MAX_ATTRIBUTE_VALUES and not (name == "text" and columns):
                columns[name] = (*frequent, *((OTHER,) if len(frequent) < len(counts) else ()))
        if not columns:
            raise UsageError(
                "These captions give a classifier no classes to learn: no attribute has two values with enough images, "
                f"{MIN_CLASS_SIZE} each, or {MIN_CLASS_SIZE_BY_COLUMN['text']} of a name."
            )
        return cls(columns)

    def targets(self, rows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
        """For each column the class indices (N,) of the rows; -1 where the row has no value, or one of no class."""
        index_of = {name: {value: index for index, value in enumerate(values)} for name, values in self.columns.items()}
        rows_attributes = [row_attributes(row) for row in rows]
        return {
            name: torch.tensor(
                [
                    indices.get(attributes[name], indices.get(OTHER, -1)) if name in attributes else -1
                    for attributes in rows_attributes
                ]
            )
            for name, indices in index_of.items()
        }


@dataclass(frozen=True)
class CaptionClassifier:
    """A trained classifier for images of `size` pixels; `accuracy` is that of each column on the held-out images."""

    name: str
    network: AttributeNetwork
    schema: AttributeSchema
    size: int
    accuracy: dict[str, float]

    @torch.inference_mode()
    def features_and_scores(self, images: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Features (N, FEATURE_SIZE), and log-probabilities (N, classes) by column, of uint8 images (N, C, S, S)."""
        features = image_features(self.network, images)
        return features, {name: scores.log_softmax(dim=1) for name, scores in self.network.classify(features).items()}


def train_caption_classifier(
    network: AttributeNetwork, schema: AttributeSchema, train: Any, test: Any, epochs: int, seed: int = 0
) -> Iterator[Epoch]:
    """Trains on shifted, rotated, flipped, blurred and noisy images; yields an event after each epoch.

    The accuracy of an event is that of the first column.
    """
    targets = schema.targets(train.rows)
    generator = torch.Generator().manual_seed(seed)

    def loss(indices: Tensor) -> Tensor:
        images = random_affine(
            tensors.to_float(train.get_batch(indices).images), generator, mirror=True, padding_mode="border"
        )
        with autocast_bfloat16():
            scores = network(random_blur_noise(images, generator))
        losses = [
            cross_entropy(
                scores[name].float(), column_targets[indices], ignore_index=-1, label_smoothing=LABEL_SMOOTHING
            )
            for name, column_targets in targets.items()
        ]
        return torch.stack(losses).sum()

    def first_accuracy() -> float:
        return next(iter(attribute_accuracies(network, schema, test).values()))

    return train_epochs(network, loss, first_accuracy, len(train), epochs, LEARNING_RATE, seed)


def random_blur_noise(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each image (N, C, S, S) blended with its 3x3 mean by a random amount, with a little Gaussian noise.

    The classes are to be learned from shape and colour, not from the sharpness of the camera.
    """
    blur_amount, noise_strength = torch.rand(2, len(images), 1, 1, 1, generator=generator)
    blurred = avg_pool2d(images, 3, 1, 1, count_include_pad=False)
    noise = torch.randn(images.shape, generator=generator)
    return torch.lerp(images, blurred, blur_amount) + noise * (MAX_NOISE_STD * noise_strength)


@torch.inference_mode()
def attribute_accuracies(network: AttributeNetwork, schema: AttributeSchema, data: Any) -> dict[str, float]:
    """For each column the share of correct predictions among the images whose class is known, in [0, 1]."""
    targets, correct = schema.targets(data.rows), Counter[str]()
    for indices in torch.arange(len(data)).split(INFERENCE_BATCH_SIZE):
        for name, scores in network(tensors.to_float(data.get_batch(indices).images)).items():
            correct[name] += int((scores.argmax(dim=1) == targets[name][indices]).sum())
    return {name: correct[name] / max(1, int((column_targets >= 0).sum())) for name, column_targets in targets.items()}


def save_caption_classifier(
    folder: Path, classifier: CaptionClassifier, train: Any, epoch: Epoch, *, force: bool = False
) -> None:
    """Writes the classifier's folder. Raises UsageError where it exists, unless `force`."""
    columns = classifier.schema.columns
    accuracy_text = ", ".join(
        f"{name} {share:.2%} ({len(columns[name])} classes)" for name, share in classifier.accuracy.items()
    )
    about = (
        f"A small convolutional classifier of {dataset_info(train.name)['title']}. Accuracy on held-out images: "
        f"{accuracy_text}. It scores generators trained on the same data by its predictions and by its last hidden "
        "layer (Fréchet distance, nearest neighbours)."
    )
    settings = {
        "channels": train.channels,
        "size": classifier.size,
        "widths": list(classifier.network.widths),
        "columns": {name: list(values) for name, values in columns.items()},
        "accuracy": classifier.accuracy,
    }
    save_classifier_folder(
        folder, classifier.network, train, epoch,
        kind="caption-judge", settings=settings, about=about, scope="classes", learning_rate=LEARNING_RATE, force=force,
    )  # fmt: skip


def load_caption_classifier(name: str, root: Path) -> CaptionClassifier:
    """The classifier in `root`/`name`. Raises UsageError where there is none, or it cannot be used."""

    def build(config: dict[str, Any]) -> CaptionClassifier:
        columns = {column: tuple(values) for column, values in config["columns"].items()}
        class_counts = {column: len(values) for column, values in columns.items()}
        network = AttributeNetwork(config["channels"], class_counts, config["widths"])
        return CaptionClassifier(name, network, AttributeSchema(columns), config["size"], config["accuracy"])

    return load_classifier_folder(name, root, build)
