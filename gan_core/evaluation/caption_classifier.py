"""The judge of pictures with captions: what kind of thing a picture shows, and in which colour.

One small network with a head for each column of the metadata that sorts the pictures into kinds. Kinds that few
pictures show are one kind to it, "other": nobody could learn them. It is trained and tested on disjoint pictures, the
tested ones being those that no generator was trained on either.
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
from gan_core.evaluation.classifier import (
    INFERENCE_BATCH_SIZE,
    Epoch,
    autocast_bfloat16,
    conv_block,
    random_affine,
    read_classifier,
    train_epochs,
    write_classifier,
)
from gan_core.images import tensors
from gan_core.text.captions import ATTRIBUTE_COLUMNS, MAX_ATTRIBUTE_VALUES, row_attributes

WIDTHS = (32, 48, 96, 160)  # channels at half the side, a quarter, an eighth, a sixteenth
WIDE_WIDTHS = (32, 64, 128, 256)  # the same, for the many kinds that captions tell of
FEATURE_SIZE = 192
LEARNING_RATE = 3e-3
MAX_NOISE_STD = 0.06  # of the range of 2, at most: standard deviation
OTHER = "other"
MIN_CLASS_SIZE_BY_COLUMN = {"text": 20}  # pictures that a kind must have; of all other columns MANY
MIN_CLASS_SIZE = 100


class AttributeNetwork(nn.Module):
    """Pictures (N, C, S, S) in [-1, 1] -> features (N, FEATURES) -> scores (N, kinds) for each column."""

    def __init__(self, channels: int, class_counts: dict[str, int], widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.widths = tuple(widths)
        layers = [nn.Conv2d(channels, widths[0], 4, 2, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()]
        for in_channels, out_channels in pairwise((widths[0], *widths)):
            layers += [*conv_block(in_channels, out_channels), *conv_block(out_channels, out_channels), nn.MaxPool2d(2)]
        self.layers = nn.Sequential(*layers[:-1], nn.Flatten(2))  # (N, channels, places)
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
    """The columns and the kinds of each that are told apart."""

    columns: dict[str, tuple[str, ...]]

    @classmethod
    def from_rows(cls, rows: Sequence[dict[str, Any]]) -> "AttributeSchema":
        """Those that enough pictures show. Raises InputError where the rows sort the pictures into no kinds."""
        rows_attributes = [row_attributes(row) for row in rows]
        columns = {}
        for name in (*ATTRIBUTE_COLUMNS, "text"):
            counts = Counter(
                attributes_of_row[name] for attributes_of_row in rows_attributes if name in attributes_of_row
            )
            frequent = sorted(
                value for value, count in counts.items() if count >= MIN_CLASS_SIZE_BY_COLUMN.get(name, MIN_CLASS_SIZE)
            )
            if len(frequent) >= 2 and len(counts) <= MAX_ATTRIBUTE_VALUES and not (name == "text" and columns):
                columns[name] = (*frequent, *((OTHER,) if len(frequent) < len(counts) else ()))
        if not columns:
            raise UsageError("These captions sort the pictures into no kinds that a judge could learn.")
        return cls(columns)

    def targets(self, rows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
        """The place of each row's kind among its column's (N,); -1 where it is not known."""
        index_of = {name: {value: index for index, value in enumerate(values)} for name, values in self.columns.items()}
        rows_attributes = [row_attributes(row) for row in rows]
        return {
            name: torch.tensor(
                [
                    index_of[name].get(attributes_of_row[name], indices.get(OTHER, -1))
                    if name in attributes_of_row
                    else -1
                    for attributes_of_row in rows_attributes
                ]
            )
            for name, indices in index_of.items()
        }


@dataclass(frozen=True)
class CaptionClassifier:
    """A trained classifier and what is known about it; accuracies are those on the pictures held out."""

    name: str
    network: AttributeNetwork
    schema: AttributeSchema
    size: int
    accuracy: dict[str, float]

    @torch.inference_mode()
    def features_and_scores(self, images: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Features (N, FEATURES), and log-probabilities (N, kinds) for each column, of uint8 pictures (N, C, S, S)."""
        features = torch.cat(
            [self.network.features(tensors.to_float(part)) for part in images.split(INFERENCE_BATCH_SIZE)]
        )
        return features, {name: scores.log_softmax(dim=1) for name, scores in self.network.classify(features).items()}


def train_caption_classifier(
    network: AttributeNetwork, schema: AttributeSchema, train: Any, test: Any, epochs: int, seed: int = 0
) -> Iterator[Epoch]:
    """Train on shifted, turned, mirrored and softened pictures; an event after each epoch, whose accuracy is that of
    the first column."""
    targets = schema.targets(train.rows)
    generator = torch.Generator().manual_seed(seed)

    def loss(indices: Tensor) -> Tensor:
        images = random_affine(
            tensors.to_float(train.get_batch(indices).images), generator, mirror=True, padding_mode="border"
        )
        with autocast_bfloat16():
            scores = network(random_blur_noise(images, generator))
        losses = [
            cross_entropy(scores[name].float(), column_targets[indices], ignore_index=-1, label_smoothing=0.05)
            for name, column_targets in targets.items()
        ]
        return torch.stack(losses).sum()

    def score() -> float:
        return next(iter(attribute_accuracies(network, schema, test).values()))

    return train_epochs(network, loss, score, len(train), epochs, LEARNING_RATE, seed)


def random_blur_noise(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each picture more or less blurred, from as it is to the mean of three by three pixels, with a little noise: what
    it shows is to be read off its shape and colour, not off how sharp the camera was."""
    blur_amount, noise_strength = torch.rand(2, len(images), 1, 1, 1, generator=generator)
    blurred = avg_pool2d(images, 3, 1, 1, count_include_pad=False)
    noise = torch.randn(images.shape, generator=generator)
    return torch.lerp(images, blurred, blur_amount) + noise * (MAX_NOISE_STD * noise_strength)


@torch.inference_mode()
def attribute_accuracies(network: AttributeNetwork, schema: AttributeSchema, data: Any) -> dict[str, float]:
    """For each column the share of the pictures whose kind is told right, of those whose kind is known."""
    targets, correct = schema.targets(data.rows), Counter[str]()
    for indices in torch.arange(len(data)).split(INFERENCE_BATCH_SIZE):
        for name, scores in network(tensors.to_float(data.get_batch(indices).images)).items():
            correct[name] += int((scores.argmax(dim=1) == targets[name][indices]).sum())
    return {name: correct[name] / max(1, int((column_targets >= 0).sum())) for name, column_targets in targets.items()}


def save_caption_classifier(
    folder: Path, classifier: CaptionClassifier, train: Any, epoch: Epoch, *, force: bool = False
) -> None:
    """The judge as a checkpoint folder of its own kind. Raises InputError where the folder exists, unless `force`."""
    columns = classifier.schema.columns
    accuracy_text = ", ".join(
        f"{name} {share:.2%} ({len(columns[name])} kinds)" for name, share in classifier.accuracy.items()
    )
    about = (
        f"A small convolutional classifier of {dataset_info(train.name)['title']}. On pictures that it never saw "
        f"it tells rightly: {accuracy_text}. It judges the generators trained on the same data: by its answers, and by its last "
        "hidden layer (Fréchet distance, nearest neighbours)."
    )
    config_fields = {
        "channels": train.channels,
        "size": classifier.size,
        "widths": list(classifier.network.widths),
        "columns": {name: list(values) for name, values in columns.items()},
    }
    config_fields["accuracy"] = classifier.accuracy
    write_classifier(
        folder,
        "caption-judge",
        config_fields,
        classifier.network,
        train,
        epoch,
        about,
        "kinds",
        LEARNING_RATE,
        force=force,
    )


def load_caption_classifier(name: str, root: Path) -> CaptionClassifier:
    """The judge in `root`/`name`. Raises InputError where there is none."""

    def build(config: dict[str, Any]) -> CaptionClassifier:
        columns = {column: tuple(values) for column, values in config["columns"].items()}
        class_counts = {column: len(values) for column, values in columns.items()}
        network = AttributeNetwork(config["channels"], class_counts, config["widths"])
        return CaptionClassifier(name, network, AttributeSchema(columns), config["size"], config["accuracy"])

    return read_classifier(name, root, build)
