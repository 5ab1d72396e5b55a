"""Layers that the families share: dense networks, (conditional) batch normalisation, up- and downsampling blocks."""

from itertools import pairwise
from typing import Any

from torch import Tensor, nn
from torch.nn.functional import leaky_relu, relu
from torch.nn.utils.parametrizations import spectral_norm

LEAKY_SLOPE = 0.2  # of every LeakyReLU, as in Radford et al. 2016


def base_resolution(image_size: int) -> int:
    """Side of the smallest feature maps in pixels: 7 for images of 28 pixels, 4 for all other sizes."""
    return 7 if image_size == 28 else 4


def mlp(sizes: list[int], spectral: bool = False) -> nn.Sequential:
    """Dense layers of these sizes with a LeakyReLU between each two, optionally under spectral normalisation."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [maybe_spectral_norm(nn.Linear(inputs, outputs), spectral), nn.LeakyReLU(LEAKY_SLOPE)]
    return nn.Sequential(*layers[:-1])


class ConditionalBatchNorm(nn.Module):
    """BatchNorm with learned scale and shift, or with both computed from a style vector (de Vries et al. 2017)."""

    def __init__(self, channels: int, style_size: int = 0) -> None:
        super().__init__()
        self.batch = nn.BatchNorm2d(channels, affine=not style_size)
        self.style = nn.Linear(style_size, 2 * channels) if style_size else None

    def forward(self, features: Tensor, style: Tensor | None = None) -> Tensor:
        features = self.batch(features)
        if self.style is None:
            return features
        scale, shift = self.style(style)[:, :, None, None].chunk(2, dim=1)  # each (N, C, 1, 1)
        return features * (1 + scale) + shift


class UpBlock(nn.Module):
    """Upsampling by 2: a transposed convolution, then `depth` 3x3 ones, each followed by BatchNorm and ReLU."""

    def __init__(self, inputs: int, outputs: int, depth: int = 0, style_size: int = 0) -> None:
        super().__init__()
        plain = [nn.Conv2d(outputs, outputs, 3, padding=1, bias=False) for _ in range(depth)]
        self.convolutions = nn.ModuleList([nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), *plain])
        self.norms = nn.ModuleList([ConditionalBatchNorm(outputs, style_size) for _ in self.convolutions])

    def forward(self, features: Tensor, style: Tensor | None = None) -> Tensor:
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            features = relu(norm(convolution(features), style))
        return features  # (N, outputs, 2H, 2W)


class DownBlock(nn.Module):
    """Downsampling by 2: a strided convolution, then `depth` 3x3 ones, each followed by LeakyReLU."""

    def __init__(self, inputs: int, outputs: int, depth: int = 0, *, batch_norm: bool, spectral: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, 4, 2, 1)]
        layers += [nn.Conv2d(outputs, outputs, 3, padding=1) for _ in range(depth)]
        self.convolutions = nn.ModuleList([maybe_spectral_norm(layer, spectral) for layer in layers])
        self.norms = nn.ModuleList([nn.BatchNorm2d(outputs) if batch_norm else nn.Identity() for _ in layers])

    def forward(self, features: Tensor) -> Tensor:
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            features = leaky_relu(norm(convolution(features)), LEAKY_SLOPE)
        return features  # (N, outputs, H // 2, W // 2)


def maybe_spectral_norm(layer: Any, spectral: bool) -> Any:
    """The layer, under spectral normalisation (Miyato et al. 2018, algorithm 1) if `spectral`."""
    return spectral_norm(layer) if spectral else layer


def dcgan_init(network: nn.Module) -> None:
    """Initialise convolutions from N(0, 0.02^2) (Radford et al. 2016, section 4)."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0.0, 0.02)
