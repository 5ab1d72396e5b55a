"""Features of images by a classifier that was trained on other ones, for data sets that have no classifier.

The images are resized to the classifier's input. Distances in such features compare models of the same data with one
another and with real images; the sizes of the distances mean nothing elsewhere.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from gan_core.checkpoints.description import CONFIG_FILE
from gan_core.evaluation.caption_classifier import CaptionClassifier
from gan_core.evaluation.self_supervised import InstanceClassifier

# Classifiers of varied photos in colour, the first that is there; the order is fixed, so that scores stay comparable.
GENERAL_CLASSIFIERS = ("judge-flowers102", "judge-fashion-products", "judge-lfw-faces")


@dataclass(frozen=True)
class GeneralClassifier:
    """A classifier that takes images of another size and number of channels than its own."""

    classifier: CaptionClassifier | InstanceClassifier
    size: int
    channels: int

    @property
    def name(self) -> str:
        return self.classifier.name

    @property
    def accuracy(self) -> Any:
        """That on the images it was trained for."""
        return self.classifier.accuracy

    @property
    def network(self) -> nn.Module:
        return self.classifier.network

    def features_and_scores(self, images: Tensor) -> tuple[Tensor, Any]:
        """Features (N, D) of uint8 images (N, channels, size, size), and no scores: the classes are of other images."""
        own_channels = next(self.network.parameters()).shape[1]
        converted = images.float()
        if converted.shape[1] != own_channels:
            converted = converted.mean(dim=1, keepdim=True).expand(-1, own_channels, -1, -1)
        if self.size != self.classifier.size:
            side = (self.classifier.size, self.classifier.size)
            converted = interpolate(converted, side, mode="bilinear", antialias=True)
        return self.classifier.features_and_scores(converted.round().clamp(0, 255).to(torch.uint8))[0], None


def find_general_classifier(root: Path) -> str | None:
    """The name of the first of GENERAL_CLASSIFIERS under `root`; None without any."""
    return next((name for name in GENERAL_CLASSIFIERS if (root / name / CONFIG_FILE).is_file()), None)
