"""Properties of every family: shapes, ranges, and gradients that reach every weight."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_core.errors import UsageError
from gan_core.models import FAMILIES, Task, find_family, sample_latents
from gan_core.training.conditioning import ConditionedDiscriminator
from gan_core.training.config import Run
from tests import factories

EACH_PRESET = pytest.mark.parametrize(("name", "preset"), factories.PRESETS)
EACH_NOISE_PRESET = pytest.mark.parametrize(("name", "preset"), factories.NOISE_PRESETS)
EACH_FAMILY = pytest.mark.parametrize("name", FAMILIES)


def build_networks(run: Run) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    family = FAMILIES[run.family]
    return family.generator(run.model), family.discriminator(run.model)


def condition_for(run: Run, count: int) -> Tensor | None:
    if FAMILIES[run.family].task == Task.SUPER_RESOLUTION:
        return factories.photo_dataset(run.model).get_batch(torch.arange(count)).low_res / 127.5 - 1  # type: ignore[operator]
    if FAMILIES[run.family].task == Task.TEXT_TO_IMAGE:
        return torch.randn(count, run.model.sentence_size, generator=torch.Generator().manual_seed(0))
    return FAMILIES[run.family].encode_labels(torch.arange(count) % max(run.model.classes, 1), run.model)


@EACH_NOISE_PRESET
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [28, 32, 64, 128])
def test_images_and_scores_have_the_right_shapes(name: str, preset: str, size: int, channels: int) -> None:
    """At full width, on torch's meta device, which computes shapes only."""
    run = Run.from_preset(name, "any", preset, image_size=size, image_channels=channels)
    condition = condition_for(run, 2)
    with torch.device("meta"):
        generator, discriminator = build_networks(run)
        latents = torch.empty(2, run.model.latent_size)
        condition = None if condition is None else condition.to("meta")
        images = generator(latents, condition)
        assert images.shape == (2, channels, size, size)
        assert discriminator(images, condition).shape == (2,)


@EACH_NOISE_PRESET
def test_pixel_values_are_in_their_range(name: str, preset: str) -> None:
    run = factories.run(name, preset)
    generator, _ = build_networks(run)
    factories.strengthen(generator.parameters())
    images = generator(50 * sample_latents(run.model, 8), condition_for(run, 8))
    assert images.abs().max() <= 1
    assert images.abs().max() > 0.5


@EACH_PRESET
def test_a_gradient_reaches_every_weight_of_both_networks(name: str, preset: str) -> None:
    run = factories.run(name, preset)
    generator, discriminator = build_networks(run)
    factories.strengthen([*generator.parameters(), *discriminator.parameters()])
    side = run.model.image_size
    condition, real = condition_for(run, 6), torch.rand(6, 1, side, side) * 2 - 1
    critic = ConditionedDiscriminator(discriminator, condition)
    fake = generator(sample_latents(run.model, 6), condition)
    run.objective.discriminator_loss(critic, real, fake.detach()).backward()
    assert idle_weights(discriminator) == []
    run.objective.generator_loss(critic, real, fake).backward()
    assert idle_weights(generator) == []


def idle_weights(network: nn.Module) -> list[str]:
    """Names of the weights without a gradient; gradients of biases may be zero, as they can cancel."""
    idle = []
    for name, parameter in network.named_parameters():
        reached = parameter.grad is not None and bool(parameter.grad.isfinite().all())
        if not reached or (parameter.dim() > 1 and not parameter.grad.abs().sum() > 0):  # type: ignore[union-attr]
            idle.append(name)
    return idle


@EACH_FAMILY
def test_the_first_preset_is_the_default_and_every_preset_has_a_description(name: str) -> None:
    family = FAMILIES[name]
    assert family.preset() is next(iter(family.presets.values()))
    assert all(preset.about.endswith(".") for preset in family.presets.values())
    with pytest.raises(UsageError, match=f"{name} has no preset 'best'; it has {', '.join(family.presets)}"):
        family.preset("best")


def test_an_unknown_family_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=f"no family 'biggan'; there are {', '.join(FAMILIES)}"):
        find_family("biggan")


@EACH_FAMILY
def test_each_family_is_listed_under_its_own_name(name: str) -> None:
    assert FAMILIES[name].name == name
    assert FAMILIES[name].title
    assert FAMILIES[name].about.endswith(".")


@EACH_FAMILY
def test_only_class_conditional_families_encode_labels(name: str) -> None:
    family, config = FAMILIES[name], factories.run(name).model
    if family.task != Task.CLASS_CONDITIONAL:
        assert family.encode_labels(torch.tensor([0]), config) is None
        return
    encoded = family.encode_labels(torch.tensor([2, 0]), config)
    assert encoded is not None
    assert encoded.tolist() == [[0, 0, 1], [1, 0, 0]]
    with pytest.raises(UsageError, match="needs labelled images"):
        family.encode_labels(None, config)


@pytest.mark.parametrize(("distribution", "bounded"), [("uniform", True), ("normal", False)])
def test_latents_have_the_distribution_of_the_config(distribution: str, bounded: bool) -> None:
    changes: dict[str, Any] = {"latent_size": 64, "latent_distribution": distribution}
    config = factories.run("vanilla", **changes).model
    latents = sample_latents(config, 512, torch.Generator().manual_seed(0))
    assert latents.shape == (512, 64)
    assert abs(latents.mean()) < 0.02
    assert latents.std().item() == pytest.approx(3**-0.5 if bounded else 1, rel=0.02)
    assert (latents.abs().max() <= 1) == bounded


def test_latent_spread_scales_all_values_but_those_that_choose_the_cluster() -> None:
    config = factories.run("dcgan", modes=3, latent_size=8).model
    default, scaled = (
        sample_latents(model_config, 5, torch.Generator().manual_seed(0))
        for model_config in (config, replace(config, latent_spread=0.5))
    )
    assert torch.equal(scaled[:, :3], default[:, :3])
    assert torch.equal(scaled[:, 3:], default[:, 3:] * 0.5)


@EACH_PRESET
def test_spectral_norm_bounds_every_layer_of_the_discriminator(name: str, preset: str) -> None:
    run = factories.run(name, preset, spectral_norm=True)
    _, discriminator = build_networks(run)
    discriminator.train()
    layers = [layer for layer in discriminator.modules() if isinstance(layer, (nn.Linear, nn.Conv2d))]
    assert layers
    assert all(torch.nn.utils.parametrize.is_parametrized(layer, "weight") for layer in layers)
    for layer in layers:
        for _ in range(30):  # the power iteration converges over steps
            weight = layer.weight
        assert torch.linalg.matrix_norm(weight.flatten(1), ord=2).item() == pytest.approx(1, abs=0.05)
