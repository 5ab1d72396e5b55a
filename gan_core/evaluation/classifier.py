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
from gan_core.checkpoints.description import CARD_FILE, CONFIG_FILE, WEIGHTS_FILE
from gan_core.checkpoints.store import atomic_folder, save_weights
from gan_core.data.datasets import Dataset
from gan_core.data.registry import dataset_info
from gan_core.data.sampler import epoch_order
from gan_core.devices import supports_bfloat16
from gan_core.errors import UsageError
from gan_core.images import tensors
from gan_core.images.tensors import Pixels

WIDTH = 24
FEATURE_SIZE = 128
BATCH_SIZE = 256
LEARNING_RATE = 4e-3
INFERENCE_BATCH_SIZE = 500
MIRRORABLE_SETS = {"fashion-mnist"}  # sets in which a mirrored picture keeps its class


class ClassifierNetwork(nn.Module):
    """Pictures (N, C, 28, 28) in [-1, 1] -> features (N, FEATURES) -> scores (N, classes)."""

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
    return [nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False), nn.BatchNorm2d(out_channels), nn.ReLU()]


@dataclass(frozen=True)
class FeatureClassifier:
    """A trained classifier and what is known about it."""

    name: str
    network: ClassifierNetwork
    classes: tuple[str, ...]
    accuracy: float  # on the test pictures, in [0, 1]

    def predict_labels(self, pixels: Pixels) -> NDArray[np.int64]:
        """The label of each picture: uint8 (N, H, W, C) -> (N,)."""
        return self.features_and_labels(torch.from_numpy(pixels).permute(0, 3, 1, 2))[1].numpy()

    @torch.inference_mode()
    def features_and_labels(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, FEATURES) and labels (N,) of uint8 pictures (N, C, H, W)."""
        parts = [self.network.features(tensors.to_float(part)) for part in images.split(INFERENCE_BATCH_SIZE)]
        features = torch.cat(parts)
        return features, self.network.classify(features).argmax(dim=1)


@dataclass(frozen=True)
class Epoch:
    """One pass over the data is done: its mean loss, and the accuracy on the test pictures."""

    number: int
    loss: float
    accuracy: float


def load_feature_classifier(name: str, root: Path) -> FeatureClassifier:
    """The judge in `root`/`name`. Raises InputError where there is none."""

    def build(config: dict[str, Any]) -> FeatureClassifier:
        classes = tuple(config["classes"])
        return FeatureClassifier(name, ClassifierNetwork(config["channels"], len(classes)), classes, config["accuracy"])

    return read_classifier(name, root, build)


def read_classifier(name: str, root: Path, build: Callable[[dict[str, Any]], Any]) -> Any:
    """What `build` makes of a judge's config, its network with the weights beside it. Raises InputError where there is
    no judge, or none that can be built."""
    file = root / name / CONFIG_FILE
    try:
        classifier = build(json.loads(file.read_text()))
    except FileNotFoundError as error:
        raise UsageError(f"There is no judge {name} in {root}: train it by `python -m gan_core judge`.") from error
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{file} is no judge's config: {error!r}.") from error
    load_network(classifier.network, root / name / WEIGHTS_FILE)
    return classifier


def train_feature_classifier(
    network: ClassifierNetwork, train: Dataset, test: Dataset, epochs: int, seed: int = 0
) -> Iterator[Epoch]:
    """Train on shifted, turned and stretched pictures; an event after each epoch."""
    generator = torch.Generator().manual_seed(seed)

    def loss(indices: Tensor) -> Tensor:
        batch = train.get_batch(indices)
        if batch.labels is None:
            raise UsageError(f"A judge needs labelled pictures; {train.name} has none.")
        images = random_affine(tensors.to_float(batch.images), generator, mirror=train.name in MIRRORABLE_SETS)
        return cross_entropy(network(images), batch.labels, label_smoothing=0.05)

    return train_epochs(network, loss, lambda: label_accuracy(network, test), len(train), epochs, LEARNING_RATE, seed)


def train_epochs(
    network: nn.Module,
    loss_function: Callable[[Tensor], Tensor],
    evaluate: Callable[[], float],
    count: int,
    epochs: int,
    learning_rate: float,
    seed: int,
) -> Iterator[Epoch]:
    """Train any judge's network on `count` pictures with a one-cycle rate: `loss_of` takes a batch's places in them,
    `score` tells after each epoch how good the network is by now."""
    batch_size = min(BATCH_SIZE, count)
    steps = count // batch_size
    optimizer = torch.optim.AdamW(network.parameters(), learning_rate, weight_decay=0.01, fused=True)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=epochs * steps)
    for number in range(1, epochs + 1):
        network.train()
        total = 0.0
        for indices in epoch_order(count, seed, number - 1)[: steps * batch_size].split(batch_size):
            loss = loss_function(indices)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            scheduler.step()
            total += loss.item()
        network.eval()
        yield Epoch(number, total / steps, evaluate())


def autocast_bfloat16() -> AbstractContextManager[Any]:
    """Sixteen bits where the processor computes in them: twice as quick here."""
    return torch.autocast("cpu", torch.bfloat16) if supports_bfloat16(on_cpu=True) else nullcontext()


def random_affine(images: Tensor, generator: torch.Generator, *, mirror: bool, padding_mode: str = "zeros") -> Tensor:
    """Each picture turned by up to 8 degrees, scaled and moved by up to 8 %, and mirrored half the time if asked;
    `outside` it is black, or goes on as its "border"."""
    count = len(images)
    angle, shift_x, shift_y, scale = (torch.rand(4, count, generator=generator) * 2 - 1) * torch.tensor(
        [[0.14], [0.08], [0.08], [0.08]]
    )
    flip = (torch.rand(count, generator=generator) < 0.5) & mirror
    sign = 1 - 2 * flip.float()
    cosine, sine = angle.cos() * (1 + scale), angle.sin() * (1 + scale)
    rows = [torch.stack([cosine * sign, -sine, shift_x], 1), torch.stack([sine * sign, cosine, shift_y], 1)]
    sampling_grid = affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)  # (N, H, W, 2)
    return grid_sample(images + 1, sampling_grid, padding_mode=padding_mode, align_corners=False) - 1  # zeros are black


@torch.inference_mode()
def label_accuracy(network: ClassifierNetwork, data: Dataset) -> float:
    """The share of the data's pictures that the network labels right."""
    correct = 0
    for indices in torch.arange(len(data)).split(INFERENCE_BATCH_SIZE):
        batch = data.get_batch(indices)
        correct += int((network(tensors.to_float(batch.images)).argmax(dim=1) == batch.labels).sum())
    return correct / len(data)


def save_feature_classifier(
    folder: Path, network: ClassifierNetwork, train: Dataset, epoch: Epoch, *, force: bool = False
) -> None:
    """The judge as a checkpoint folder of its own kind. Raises InputError where the folder exists, unless `force`."""
    about = (
        f"A small convolutional classifier of {dataset_info(train.name)['title']}: {epoch.accuracy:.2%} on the test "
        f"pictures after {epoch.number} epochs. It judges the generators trained on the same data: by its labels "
        "(accuracy) and by its last hidden layer (Fréchet distance, precision, recall)."
    )
    config_fields = {"channels": train.channels, "classes": list(train.classes), "accuracy": epoch.accuracy}
    write_classifier(
        folder, "judge", config_fields, network, train, epoch, about, "classes", LEARNING_RATE, force=force
    )


def write_classifier(
    folder: Path,
    kind: str,
    config_fields: dict[str, Any],
    network: nn.Module,
    train: Any,
    epoch: Epoch,
    about: str,
    known_things: str,
    learning_rate: float,
    *,
    force: bool,
) -> None:
    """Any judge's folder: what is its `own` beside what all configs and cards say; `limit` is all that it knows."""
    data_facts = dataset_info(train.name)
    config = {
        "format": 1,
        "kind": kind,
        "name": folder.name,
        "data": data_facts | {"pictures": len(train)},
        **config_fields,
    }
    config["training"] = asdict(epoch) | {"batch_size": BATCH_SIZE, "rate": learning_rate}
    text = json.dumps(config, indent=2) + "\n"
    card = (
        "---\nlicense: mit\nlibrary_name: gan-core\npipeline_tag: image-classification\n---\n\n"
        f"# {folder.name}\n\n{about}\n\n"
        f"Data licence, as its source states it: {data_facts.get('licence', 'not known')}.\n\n"
        f"Made by `python -m gan_core judge {train.name} --epochs {epoch.number}`. "
        f"Limits: it knows these {known_things} only, and is sure of itself even where a picture shows none of them.\n"
    )
    with atomic_folder(folder, force=force) as partial:
        (partial / CONFIG_FILE).write_text(text)
        (partial / CARD_FILE).write_text(card)
        save_weights(network.state_dict(), partial / WEIGHTS_FILE, text)
