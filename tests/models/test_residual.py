"""What keeps networks without normalisation trainable, and what they promise in its place."""

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
def test_no_network_looks_at_other_pictures_of_the_batch(preset: str) -> None:
    run = factories.run("residual", preset, blocks=2)
    generator, discriminator = build_networks(run)
    factories.strengthen([*generator.parameters(), *discriminator.parameters()])
    assert not [
        module for module in (*generator.modules(), *discriminator.modules()) if "Norm" in type(module).__name__
    ]
    latents = sample_latents(run.model, 6, torch.Generator().manual_seed(1))
    drawn = generator(latents)  # in training mode: nothing is measured on a batch even there
    torch.testing.assert_close(torch.cat([generator(latent[None]) for latent in latents]), drawn, rtol=0, atol=1e-5)
    alone = torch.cat([discriminator(image[None]) for image in drawn])
    torch.testing.assert_close(alone, discriminator(drawn), rtol=1e-4, atol=1e-4)


def test_every_block_begins_as_nothing_and_is_taught_all_the_same() -> None:
    block = residual.ResidualBlock(8, depth=4)
    given = torch.randn(2, 8, 6, 6, generator=torch.Generator().manual_seed(0))
    assert torch.equal(block(given), given)
    block(given).square().sum().backward()
    assert block.second.weight.grad.abs().sum() > 0


def test_spectral_normalisation_finds_no_layer_of_zeros_to_divide_by() -> None:
    run = factories.run("residual", spectral_norm=True)
    _, discriminator = build_networks(run)
    assert discriminator(torch.randn(3, 1, 28, 28)).isfinite().all()


@pytest.mark.parametrize("count", [1, 6])
def test_a_signal_keeps_its_strength_at_any_depth(count: int) -> None:
    """At the first step, and when every second convolution has grown to the scale of the first."""
    run = factories.run("residual", blocks=count, width=16, critic_width=16, image_size=64)
    generator, discriminator = build_networks(run)
    for grown in (False, True):
        for block in (module for module in (*generator.modules(), *discriminator.modules()) if grown):
            if isinstance(block, residual.ResidualBlock):
                residual.he_init(block.second, block_scale(count))
        drawn = generator(sample_latents(run.model, 16, torch.Generator().manual_seed(2)))
        assert 0.05 < drawn.std() < 0.8
        assert 0.05 < discriminator(drawn).std() < 20


def block_scale(count: int) -> float:
    return (4 * count) ** -0.5


@pytest.mark.parametrize("axis", [2, 3])
def test_no_picture_begins_with_a_grid(axis: int) -> None:
    """Even rows and columns differ from odd ones by chance only, not all of them the same way."""
    run = factories.run("residual", image_size=64, width=16)
    generator, _ = build_networks(run)
    drawn = generator(sample_latents(run.model, 64, torch.Generator().manual_seed(3)))[:, :, 1:-1, 1:-1]
    even, odd = (drawn.index_select(axis, torch.arange(first, 62, 2)) for first in (0, 1))
    assert (even - odd).mean(dim=(2, 3)).abs().mean() < 0.1 * drawn.std()


def test_all_work_but_a_light_convolution_is_done_at_half_the_side_and_below() -> None:
    run = Run.from_preset("residual", "any")
    sides: dict[int, int] = {}

    def seen(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        assert isinstance(layer, nn.Conv2d)
        side = output.shape[-1]
        sides[side] = sides.get(side, 0) + layer.weight.numel() * side**2

    with torch.device("meta"):
        for network in build_networks(run):
            for layer in network.modules():
                if isinstance(layer, nn.Conv2d):
                    layer.register_forward_hook(seen)
            network(torch.empty(1, 64) if isinstance(network, residual.Generator) else torch.empty(1, 3, 64, 64))
    assert set(sides) == {64, 32, 16, 8, 4}
    assert sides[64] < 0.02 * sum(sides.values())


@EACH_PRESET
def test_the_weights_of_64_pixels_are_few_enough_to_be_committed(preset: str, tmp_path: Path) -> None:
    run = Run.from_preset("residual", "any", preset)
    assert run.model.image_size == 64
    assert run.model.image_channels == 3
    generator = FAMILIES["residual"].generator(run.model)
    assert len(save(generator.state_dict())) < 16e6


def test_the_default_is_for_few_pictures_in_colour() -> None:
    run = Run.from_preset("residual", "faces")
    assert run.objective.r1 < 0.5
    assert run.objective.r2 < 0.5
    assert run.training.augment != "none"
    assert 0 < run.training.augment_chance < 1
    assert run.training.ema_pictures > 0
