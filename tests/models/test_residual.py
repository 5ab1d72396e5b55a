"""The residual networks without normalisation: initialisation, independence of the batch, cost and size."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from torch import Tensor, nn

from gan_core.models import FAMILIES, residual, sample_latents
from gan_core.training.config import Run
from tests import factories

EACH_PRESET = pytest.mark.parametrize("preset", residual.PRESETS)


def build_networks(run: Run) -> tuple[residual.Generator, residual.Discriminator]:
    torch.manual_seed(0)
    return residual.Generator(run.model), residual.Discriminator(run.model)  # type: ignore[arg-type]


@EACH_PRESET
def test_an_output_does_not_depend_on_the_rest_of_the_batch(preset: str) -> None:
    run = factories.run("residual", preset, blocks=2)
    generator, discriminator = build_networks(run)
    factories.strengthen([*generator.parameters(), *discriminator.parameters()])
    assert not [
        module for module in (*generator.modules(), *discriminator.modules()) if "Norm" in type(module).__name__
    ]
    latents = sample_latents(run.model, 6, torch.Generator().manual_seed(1))
    images = generator(latents)  # in training mode too
    torch.testing.assert_close(torch.cat([generator(latent[None]) for latent in latents]), images, rtol=0, atol=1e-5)
    alone = torch.cat([discriminator(image[None]) for image in images])
    torch.testing.assert_close(alone, discriminator(images), rtol=1e-4, atol=1e-4)


def test_a_block_is_initialised_to_the_identity_and_has_a_gradient() -> None:
    block = residual.ResidualBlock(8, depth=4)
    features = torch.randn(2, 8, 6, 6, generator=torch.Generator().manual_seed(0))
    assert torch.equal(block(features), features)
    block(features).square().sum().backward()
    assert block.second.weight.grad.abs().sum() > 0


def test_spectral_normalisation_does_not_divide_by_zero() -> None:
    run = factories.run("residual", spectral_norm=True)
    _, discriminator = build_networks(run)
    assert discriminator(torch.randn(3, 1, 28, 28)).isfinite().all()


@pytest.mark.parametrize("count", [1, 6])
def test_activations_neither_vanish_nor_explode_at_any_depth(count: int) -> None:
    """After initialisation, and with every second convolution at the scale of the first."""
    run = factories.run("residual", blocks=count, width=16, critic_width=16, image_size=64)
    generator, discriminator = build_networks(run)
    for grown in (False, True):
        for block in (module for module in (*generator.modules(), *discriminator.modules()) if grown):
            if isinstance(block, residual.ResidualBlock):
                residual.he_init(block.second, block_scale(count))
        images = generator(sample_latents(run.model, 16, torch.Generator().manual_seed(2)))
        assert 0.05 < images.std() < 0.8
        assert 0.05 < discriminator(images).std() < 20


def block_scale(count: int) -> float:
    return (4 * count) ** -0.5


@pytest.mark.parametrize("axis", [2, 3])
def test_an_untrained_generator_has_no_checkerboard_pattern(axis: int) -> None:
    """Even and odd rows and columns have the same mean."""
    run = factories.run("residual", image_size=64, width=16)
    generator, _ = build_networks(run)
    images = generator(sample_latents(run.model, 64, torch.Generator().manual_seed(3)))[:, :, 1:-1, 1:-1]
    even, odd = (images.index_select(axis, torch.arange(first, 62, 2)) for first in (0, 1))
    assert (even - odd).mean(dim=(2, 3)).abs().mean() < 0.1 * images.std()


def test_all_but_a_narrow_convolution_work_at_half_the_side_and_below() -> None:
    run = Run.from_preset("residual", "any")
    operations: dict[int, int] = {}  # multiplications by side in pixels

    def count_operations(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        assert isinstance(layer, nn.Conv2d)
        side = output.shape[-1]
        operations[side] = operations.get(side, 0) + layer.weight.numel() * side**2

    with torch.device("meta"):
        for network in build_networks(run):
            for layer in network.modules():
                if isinstance(layer, nn.Conv2d):
                    layer.register_forward_hook(count_operations)
            network(torch.empty(1, 64) if isinstance(network, residual.Generator) else torch.empty(1, 3, 64, 64))
    assert set(operations) == {64, 32, 16, 8, 4}
    assert operations[64] < 0.02 * sum(operations.values())


@EACH_PRESET
def test_the_weights_for_64_pixels_are_small_enough_to_be_committed(preset: str, tmp_path: Path) -> None:
    run = Run.from_preset("residual", "any", preset)
    assert run.model.image_size == 64
    assert run.model.image_channels == 3
    generator = FAMILIES["residual"].generator(run.model)
    assert len(save(generator.state_dict())) < 16e6


def test_the_default_preset_is_for_small_data_sets() -> None:
    run = Run.from_preset("residual", "faces")
    assert run.objective.r1 < 0.5
    assert run.objective.r2 < 0.5
    assert run.training.augment != "none"
    assert 0 < run.training.augment_chance < 1
    assert run.training.ema_pictures > 0
