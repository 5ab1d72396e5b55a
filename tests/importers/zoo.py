"""Generators as other projects write them, small, with random weights and the statistics of real forward passes."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize
from torch.nn.utils import spectral_norm as old_spectral_norm
from torch.nn.utils import weight_norm as old_weight_norm

from tests.factories import strengthen

LATENTS = 32


class Latents(nn.Module):
    """Latents (N, L) -> (N, L, 1, 1)."""

    def forward(self, latents: Tensor) -> Tensor:
        return latents[:, :, None, None]


class Chain(nn.Module):
    """Layers in one nn.Sequential named main, as most generators have them; those that begin with maps get 1 x 1."""

    def __init__(self, *layers: nn.Module, side: int = 0) -> None:
        super().__init__()
        self.main = nn.Sequential(*layers)
        self.side = side

    def forward(self, latents: Tensor) -> Tensor:
        is_dense = isinstance(self.main[0], nn.Linear)
        images = self.main(latents if is_dense else latents[:, :, None, None])
        return images.view(len(images), -1, self.side, self.side) if self.side else images


class PytorchGanConvolutions(nn.Module):
    """The DCGAN of PyTorch-GAN: a dense layer, then enlargements and convolutions; its label is multiplied (AC-GAN)."""

    def __init__(self, side: int = 32, channels: int = 1, labels: bool = False) -> None:
        super().__init__()
        self.init_size = side // 4
        if labels:
            self.label_emb = nn.Embedding(10, LATENTS)
        self.l1 = nn.Sequential(nn.Linear(LATENTS, 16 * self.init_size**2))
        self.conv_blocks = nn.Sequential(
            nn.BatchNorm2d(16),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(16, 16, 3, stride=1, padding=1),
            nn.BatchNorm2d(16, 0.8),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(16, 8, 3, stride=1, padding=1),
            nn.BatchNorm2d(8, 0.8),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(8, channels, 3, stride=1, padding=1),
            nn.Tanh(),
        )

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        inputs = latents if labels is None else self.label_emb(labels) * latents
        return self.conv_blocks(self.l1(inputs).view(len(inputs), 16, self.init_size, self.init_size))


class NamedLayers(nn.Module):
    """Layers as attributes: the order of their names is not that of the network."""

    def __init__(self) -> None:
        super().__init__()
        self.deconv1, self.deconv2, self.deconv3, self.deconv4 = (
            nn.ConvTranspose2d(a, b, 4, s, p)
            for a, b, s, p in ((LATENTS, 16, 1, 0), (16, 12, 2, 1), (12, 8, 2, 1), (8, 3, 2, 1))
        )
        self.bn1, self.bn2, self.bn3 = nn.BatchNorm2d(16), nn.BatchNorm2d(12), nn.BatchNorm2d(8)

    def forward(self, latents: Tensor) -> Tensor:
        maps = latents[:, :, None, None]
        for convolution, norm in zip(
            (self.deconv1, self.deconv2, self.deconv3), (self.bn1, self.bn2, self.bn3), strict=True
        ):
            maps = torch.relu(norm(convolution(maps)))
        return torch.tanh(self.deconv4(maps))


class Blocks(nn.Module):
    """Layers in blocks of their own nn.Sequential, as in the DCGAN of courses: kernels of 3, 4, 3, 4 make 28 pixels."""

    def __init__(self) -> None:
        super().__init__()
        windows = ((LATENTS, 16, 3, 2), (16, 12, 4, 1), (12, 8, 3, 2))
        blocks: list[nn.Module] = [
            nn.Sequential(nn.ConvTranspose2d(a, b, k, s), nn.BatchNorm2d(b), nn.ReLU(inplace=True))
            for a, b, k, s in windows
        ]
        self.gen = nn.Sequential(*blocks, nn.Sequential(nn.ConvTranspose2d(8, 1, 4, 2), nn.Tanh()))

    def forward(self, latents: Tensor) -> Tensor:
        return self.gen(latents[:, :, None, None])


def up(a: int, b: int, k: int = 4, s: int = 2, p: int = 1, op: int = 0, *, first: bool = False) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(a, b, k, 1 if first else s, 0 if first else p, op, bias=False)


def block(a: int, b: int, *window: int, first: bool = False, norm: bool = True, act: type[nn.Module] = nn.ReLU,
          wrap: Callable[[nn.Module], nn.Module] = lambda layer: layer) -> list[nn.Module]:  # fmt: skip
    return [wrap(up(a, b, *window, first=first)), *([nn.BatchNorm2d(b)] if norm else []), act()]


def dcgan(*, wrap: Callable[[nn.Module], nn.Module] = lambda layer: layer, norm: bool = True) -> Chain:
    return Chain(
        *block(LATENTS, 16, first=True, wrap=wrap, norm=norm),
        *block(16, 12, wrap=wrap, norm=norm),
        *block(12, 8, wrap=wrap, norm=norm),
        wrap(up(8, 3)),
        nn.Tanh(),
    )


def with_norm(norm: Callable[[int], nn.Module]) -> Chain:
    return Chain(
        up(LATENTS, 16, first=True),
        norm(16),
        nn.ReLU(),
        up(16, 12),
        norm(12),
        nn.ReLU(),
        up(12, 8),
        norm(8),
        nn.ReLU(),
        up(8, 3),
        nn.Tanh(),
    )


RIGHT: dict[str, Callable[[], nn.Module]] = {
    "spectral norm, old": lambda: dcgan(wrap=lambda layer: old_spectral_norm(layer)),
    "spectral norm, parametrised": lambda: dcgan(wrap=lambda layer: parametrizations.spectral_norm(layer)),
    "spectral norm without BatchNorm": lambda: dcgan(wrap=lambda layer: old_spectral_norm(layer), norm=False),
    "weight norm, old": lambda: dcgan(wrap=lambda layer: old_weight_norm(layer)),
    "weight norm, parametrised": lambda: dcgan(wrap=lambda layer: parametrizations.weight_norm(layer)),
    "spectral norm of a perceptron": lambda: Chain(
        old_spectral_norm(nn.Linear(LATENTS, 48)),
        nn.BatchNorm1d(48),
        nn.LeakyReLU(0.2),
        parametrizations.spectral_norm(nn.Linear(48, 784)),
        nn.Tanh(),
        side=28,
    ),
    "instance norm with statistics": lambda: with_norm(
        lambda n: nn.InstanceNorm2d(n, affine=True, track_running_stats=True)
    ),
    "BatchNorm without weights": lambda: with_norm(lambda n: nn.BatchNorm2d(n, affine=False)),
    "PReLU": lambda: Chain(
        up(LATENTS, 16, first=True),
        nn.BatchNorm2d(16),
        nn.PReLU(),
        up(16, 12),
        nn.BatchNorm2d(12),
        nn.PReLU(12),
        up(12, 8),
        nn.BatchNorm2d(8),
        nn.PReLU(),
        up(8, 3),
        nn.Tanh(),
    ),
    "LayerNorm over images": lambda: Chain(
        up(LATENTS, 16, first=True),
        nn.LayerNorm([16, 4, 4]),
        nn.ReLU(),
        up(16, 12),
        nn.LayerNorm([12, 8, 8]),
        nn.ReLU(),
        up(12, 8),
        nn.LayerNorm([8, 16, 16]),
        nn.ReLU(),
        up(8, 3),
        nn.Tanh(),
    ),
    "PyTorch-GAN, 32 pixels": PytorchGanConvolutions,
    "PyTorch-GAN, 28 pixels": lambda: PytorchGanConvolutions(28),
    "PyTorch-GAN, 64 pixels, RGB": lambda: PytorchGanConvolutions(64, 3),
    "layers by names": NamedLayers,
    "dense, then transposed": lambda: Chain(
        nn.Linear(LATENTS, 16 * 49),
        nn.BatchNorm1d(16 * 49),
        nn.ReLU(),
        nn.Unflatten(1, (16, 7, 7)),
        *block(16, 8),
        up(8, 1),
        nn.Tanh(),
    ),
    "a last convolution of 3": lambda: Chain(
        *block(LATENTS, 16, first=True),
        *block(16, 12),
        *block(12, 8),
        *block(8, 8),
        nn.Conv2d(8, 3, 3, 1, 1),
        nn.Tanh(),
    ),
    "a last convolution of 5": lambda: Chain(
        *block(LATENTS, 16, first=True),
        *block(16, 12),
        *block(12, 8),
        *block(8, 6),
        nn.Conv2d(6, 3, 5, 1, 2),
        nn.Tanh(),
    ),
    "a last convolution of 7": lambda: Chain(
        *block(LATENTS, 16, first=True),
        *block(16, 12),
        *block(12, 8),
        *block(8, 6),
        nn.Conv2d(6, 1, 7, 1, 3),
        nn.Tanh(),
    ),
    "kernels of 5": lambda: Chain(
        *block(LATENTS, 16, first=True),
        *block(16, 12, 5, 2, 2, 1),
        *block(12, 8, 5, 2, 2, 1),
        up(8, 3, 5, 2, 2, 1),
        nn.Tanh(),
    ),
    "kernels of 3 that double": lambda: Chain(
        *block(LATENTS, 16, first=True),
        *block(16, 12, 3, 2, 1, 1),
        *block(12, 8, 3, 2, 1, 1),
        up(8, 3, 3, 2, 1, 1),
        nn.Tanh(),
    ),
    "kernels of 2": lambda: Chain(
        *block(LATENTS, 16, first=True), *block(16, 12, 2, 2, 0), *block(12, 8, 2, 2, 0), up(8, 3, 2, 2, 0), nn.Tanh()
    ),
    "kernels of 6": lambda: Chain(
        *block(LATENTS, 16, first=True), *block(16, 12, 6, 2, 2), *block(12, 8, 6, 2, 2), up(8, 3, 6, 2, 2), nn.Tanh()
    ),
    "a first kernel of 7": lambda: Chain(*block(LATENTS, 16, 7, first=True), *block(16, 8), up(8, 1), nn.Tanh()),
    "28 pixels by a kernel of 3": lambda: Chain(
        *block(LATENTS, 16, first=True), *block(16, 12, 3, 2, 1), *block(12, 8), up(8, 1), nn.Tanh()
    ),
    "LeakyReLU": lambda: Chain(
        up(LATENTS, 16, first=True),
        nn.BatchNorm2d(16),
        nn.LeakyReLU(0.2),
        up(16, 12),
        nn.BatchNorm2d(12),
        nn.LeakyReLU(0.2),
        up(12, 8),
        nn.BatchNorm2d(8),
        nn.LeakyReLU(0.2),
        up(8, 3),
        nn.Tanh(),
    ),
    "96 pixels": lambda: Chain(
        *block(LATENTS, 16, 6, first=True), *block(16, 12), *block(12, 8), *block(8, 6), up(6, 3), nn.Tanh()
    ),
    "dropout": lambda: Chain(
        nn.Linear(LATENTS, 48),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(48, 64),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(64, 784),
        nn.Tanh(),
        side=28,
    ),
}
REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "blocks of a course": (Blocks, "draw other pictures|pixels a side"),
    "instance norm": (
        lambda: with_norm(lambda n: nn.InstanceNorm2d(n, affine=True)),
        "normalisation without statistics",
    ),
    "group norm": (lambda: with_norm(lambda n: nn.GroupNorm(2, n)), "normalisation without statistics"),
    "BatchNorm of the batch": (
        lambda: with_norm(lambda n: nn.BatchNorm2d(n, track_running_stats=False)),
        "normalisation without statistics",
    ),
    "instance norm without weights": (lambda: with_norm(nn.InstanceNorm2d), "draw other pictures"),
    "kernels that are not square": (
        lambda: Chain(up(LATENTS, 16, first=True), nn.ReLU(), nn.ConvTranspose2d(16, 3, (4, 2), 2), nn.Tanh()),
        "not square",
    ),
}


def forget_statistics(network: nn.Module) -> None:
    for layer in network.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d, nn.InstanceNorm2d)):
            layer.reset_running_stats()


def prepared(network: nn.Module, passes: int = 20) -> nn.Module:
    """The network with random weights that carry a signal, and the statistics that it keeps of a few batches."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        if not any(parametrize.is_parametrized(layer) for layer in network.modules()):
            strengthen(network.parameters())
        for layer in network.modules():
            if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d, nn.InstanceNorm2d)):
                layer.momentum = None  # the mean of all batches
            if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)) and layer.affine:
                nn.init.uniform_(layer.weight, 0.5, 1.5)
                nn.init.uniform_(layer.bias, -0.5, 0.5)
        labels = (torch.arange(64) % 10,) if hasattr(network, "label_emb") else ()
        network.train()
        with torch.no_grad():
            for number in range(2 * passes):
                if number == passes:  # by now spectral norm has found its vectors
                    forget_statistics(network)
                network(torch.randn(64, LATENTS), *labels)
    return network.eval()
