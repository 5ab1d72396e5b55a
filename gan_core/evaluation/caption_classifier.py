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
from gan_core.errors import InputError
from gan_core.evaluation.classifier import CHUNK, Epoch, convolution, distort, fit, half, read_judge, write_judge
from gan_core.images import tensors
from gan_core.text.captions import MAX_ATTRIBUTE_VALUES, ATTRIBUTE_COLUMNS, row_attributes

WIDTHS = (32, 48, 96, 160)  # channels at half the side, a quarter, an eighth, a sixteenth
WIDER = (32, 64, 128, 256)  # the same, for the many kinds that captions tell of
FEATURES = 192
RATE = 3e-3
NOISE = 0.06  # of the range of 2, at most: standard deviation
OTHER = "other"
FEWEST = {"text": 20}  # pictures that a kind must have; of all other columns MANY
MANY = 100


class Classifier(nn.Module):
    """Pictures (N, C, S, S) in [-1, 1] -> features (N, FEATURES) -> scores (N, kinds) for each column."""

    def __init__(self, channels: int, kinds: dict[str, int], widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.widths = tuple(widths)
        layers = [nn.Conv2d(channels, widths[0], 4, 2, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()]
        for before, after in pairwise((widths[0], *widths)):
            layers += [*convolution(before, after), *convolution(after, after), nn.MaxPool2d(2)]
        self.layers = nn.Sequential(*layers[:-1], nn.Flatten(2))  # (N, channels, places)
        self.embed = nn.Sequential(nn.Linear(2 * widths[-1], FEATURES), nn.ReLU())
        self.dropout = nn.Dropout(0.3)
        self.heads = nn.ModuleDict({name: nn.Linear(FEATURES, count) for name, count in kinds.items()})

    def features(self, pictures: Tensor) -> Tensor:
        seen = self.layers(pictures)
        return self.embed(torch.cat([seen.mean(dim=2), seen.amax(dim=2)], dim=1))

    def classify(self, features: Tensor) -> dict[str, Tensor]:
        return {name: head(features) for name, head in self.heads.items()}

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        return self.classify(self.dropout(self.features(pictures)))


@dataclass(frozen=True)
class Kinds:
    """The columns and the kinds of each that are told apart."""

    columns: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, rows: Sequence[dict[str, Any]]) -> "Kinds":
        """Those that enough pictures show. Raises InputError where the rows sort the pictures into no kinds."""
        told = [row_attributes(row) for row in rows]
        columns = {}
        for name in (*ATTRIBUTE_COLUMNS, "text"):
            counts = Counter(facts[name] for facts in told if name in facts)
            kept = sorted(value for value, count in counts.items() if count >= FEWEST.get(name, MANY))
            if len(kept) >= 2 and len(counts) <= MAX_ATTRIBUTE_VALUES and not (name == "text" and columns):
                columns[name] = (*kept, *((OTHER,) if len(kept) < len(counts) else ()))
        if not columns:
            raise InputError("These captions sort the pictures into no kinds that a judge could learn.")
        return cls(columns)

    def targets(self, rows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
        """The place of each row's kind among its column's (N,); -1 where it is not known."""
        places = {name: {kind: place for place, kind in enumerate(kinds)} for name, kinds in self.columns.items()}
        told = [row_attributes(row) for row in rows]
        return {
            name: torch.tensor(
                [places[name].get(facts[name], known.get(OTHER, -1)) if name in facts else -1 for facts in told]
            )
            for name, known in places.items()
        }


@dataclass(frozen=True)
class CaptionJudge:
    """A trained classifier and what is known about it; accuracies are those on the pictures held out."""

    name: str
    network: Classifier
    kinds: Kinds
    size: int
    accuracy: dict[str, float]

    @torch.inference_mode()
    def look(self, pictures: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Features (N, FEATURES), and log-probabilities (N, kinds) for each column, of uint8 pictures (N, C, S, S)."""
        features = torch.cat([self.network.features(tensors.to_float(part)) for part in pictures.split(CHUNK)])
        return features, {name: scores.log_softmax(dim=1) for name, scores in self.network.classify(features).items()}


def train_caption_judge(
    network: Classifier, kinds: Kinds, train: Any, test: Any, epochs: int, seed: int = 0
) -> Iterator[Epoch]:
    """Train on shifted, turned, mirrored and softened pictures; an event after each epoch, whose accuracy is that of
    the first column."""
    wanted = kinds.targets(train.rows)
    generator = torch.Generator().manual_seed(seed)

    def loss(indices: Tensor) -> Tensor:
        pictures = distort(tensors.to_float(train.take(indices).images), generator, mirror=True, outside="border")
        with half():
            scores = network(soften(pictures, generator))
        paid = [
            cross_entropy(scores[name].float(), places[indices], ignore_index=-1, label_smoothing=0.05)
            for name, places in wanted.items()
        ]
        return torch.stack(paid).sum()

    def score() -> float:
        return next(iter(accuracies(network, kinds, test).values()))

    return fit(network, loss, score, len(train), epochs, RATE, seed)


def soften(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Each picture more or less blurred, from as it is to the mean of three by three pixels, with a little noise: what
    it shows is to be read off its shape and colour, not off how sharp the camera was."""
    amount, strength = torch.rand(2, len(pictures), 1, 1, 1, generator=generator)
    blurred = avg_pool2d(pictures, 3, 1, 1, count_include_pad=False)
    noise = torch.randn(pictures.shape, generator=generator)
    return torch.lerp(pictures, blurred, amount) + noise * (NOISE * strength)


@torch.inference_mode()
def accuracies(network: Classifier, kinds: Kinds, data: Any) -> dict[str, float]:
    """For each column the share of the pictures whose kind is told right, of those whose kind is known."""
    wanted, right = kinds.targets(data.rows), Counter[str]()
    for indices in torch.arange(len(data)).split(CHUNK):
        for name, scores in network(tensors.to_float(data.take(indices).images)).items():
            right[name] += int((scores.argmax(dim=1) == wanted[name][indices]).sum())
    return {name: right[name] / max(1, int((places >= 0).sum())) for name, places in wanted.items()}


def save_caption_judge(folder: Path, judge: CaptionJudge, train: Any, epoch: Epoch, *, force: bool = False) -> None:
    """The judge as a checkpoint folder of its own kind. Raises InputError where the folder exists, unless `force`."""
    columns = judge.kinds.columns
    told = ", ".join(f"{name} {share:.2%} ({len(columns[name])} kinds)" for name, share in judge.accuracy.items())
    about = (
        f"A small convolutional classifier of {dataset_info(train.name)['title']}. On pictures that it never saw "
        f"it tells rightly: {told}. It judges the generators trained on the same data: by its answers, and by its last "
        "hidden layer (Fréchet distance, nearest neighbours)."
    )
    own = {
        "channels": train.channels,
        "size": judge.size,
        "widths": list(judge.network.widths),
        "columns": {name: list(each) for name, each in columns.items()},
    }
    own["accuracy"] = judge.accuracy
    write_judge(folder, "caption-judge", own, judge.network, train, epoch, about, "kinds", RATE, force=force)


def load_caption_judge(name: str, root: Path) -> CaptionJudge:
    """The judge in `root`/`name`. Raises InputError where there is none."""

    def build(facts: dict[str, Any]) -> CaptionJudge:
        columns = {column: tuple(kinds) for column, kinds in facts["columns"].items()}
        counts = {column: len(kinds) for column, kinds in columns.items()}
        network = Classifier(facts["channels"], counts, facts["widths"])
        return CaptionJudge(name, network, Kinds(columns), facts["size"], facts["accuracy"])

    return read_judge(name, root, build)
