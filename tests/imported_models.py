"""Small generators of the layouts of other projects, with random weights, for tests of importing."""

import io
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from gan_core.importers.state_dicts import rank_networks
from tests.factories import strengthen


class TutorialDCGAN(nn.Module):
    """The generator of PyTorch's DCGAN tutorial, with fewer channels."""

    def __init__(self, width: int = 4, latent: int = 100, channels: int = 3, levels: int = 4) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        widths = [latent, *(width * 2**level for level in reversed(range(levels)))]
        for index, (inputs, outputs) in enumerate(pairwise(widths)):
            stride, padding = (2, 1) if index else (1, 0)
            layers += [nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False)]
            layers += [nn.BatchNorm2d(outputs), nn.ReLU(True)]
        self.main = nn.Sequential(*layers, nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False), nn.Tanh())
        randomise_weights(self)

    def forward(self, latents: Tensor) -> Tensor:
        return self.main(latents[:, :, None, None])


class Perceptron(nn.Module):
    """The generator of PyTorch-GAN's GAN: dense layers, BatchNorm of an unusual epsilon, LeakyReLU."""

    def __init__(
        self, hidden: tuple[int, ...] = (128, 256, 512, 1024), inputs: int = 100, epsilon: float = 0.8
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for index, (before, after) in enumerate(zip((inputs, *hidden), hidden, strict=False)):
            norm = [nn.BatchNorm1d(after, epsilon)] if index else []
            layers += [nn.Linear(before, after), *norm, nn.LeakyReLU(0.2)]
        self.model = nn.Sequential(*layers, nn.Linear(hidden[-1], 28 * 28), nn.Tanh())
        randomise_weights(self)

    def forward(self, latents: Tensor) -> Tensor:
        return self.model(latents).view(-1, 1, 28, 28)


class ConditionalPerceptron(Perceptron):
    """The generator of PyTorch-GAN's conditional GAN: a label embedding before the latent."""

    def __init__(self) -> None:
        super().__init__(inputs=110)
        self.label_emb = nn.Embedding(10, 10)

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(torch.cat([self.label_emb(labels), latents], 1))


def randomise_weights(network: nn.Module) -> None:
    """Random weights that carry a signal, and BatchNorm statistics as after a training."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        strengthen(network.parameters())
        for layer in network.modules():
            if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
                layer.running_mean.normal_(0, 0.1)  # type: ignore[union-attr]
                layer.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
                nn.init.uniform_(layer.weight, 0.5, 1.5)
    network.eval()


def save_to_bytes(value: Any) -> bytes:
    """The bytes that torch.save writes."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def generator_tensors(contents: Any) -> dict[str, Tensor]:
    """The tensors of the network that is taken first from the contents of a weights file; empty without any."""
    networks = rank_networks(contents)
    return networks[0][0].tensors if networks else {}
