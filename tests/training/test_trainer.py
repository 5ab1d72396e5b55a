"""The training loop: seeds, settings, losses, events, failures."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from gan_core.data.sampler import iterate_batches
from gan_core.errors import ExternalError
from gan_core.images.tensors import to_float
from gan_core.models import sample_latents
from gan_core.objectives import NonSaturating
from gan_core.training.conditioning import ConditionedDiscriminator
from gan_core.training.config import Run, TrainingConfig
from gan_core.training.events import Event, Notice, Preview, Saved, Step
from gan_core.training.run_folder import RunFolder
from gan_core.training.trainer import Trainer, lr_scale, train
from tests import factories
from tests.training.short_runs import EVERY_FAMILY, equal, flat_weights, resumable_state, train_to

# Seeds and settings ---------------------------------------------------------------------------------------------------


@EVERY_FAMILY
def test_the_same_seed_is_the_same_run_and_another_seed_another(name: str, tmp_path: Path) -> None:
    before = torch.random.get_rng_state()
    for folder, seed in (("first", 0), ("second", 0), ("other", 1)):
        train_to(factories.run(name, steps=2, seed=seed), tmp_path / folder)
        torch.rand(3)  # what else a process draws plays no part
    first, second, other = (resumable_state(tmp_path / folder) for folder in ("first", "second", "other"))
    assert equal(first, second)
    assert not equal(first["generator"], other["generator"])
    torch.random.set_rng_state(before)


def test_training_leaves_torchs_own_randomness_alone(tmp_path: Path) -> None:
    before = torch.random.get_rng_state()
    train_to(factories.run("dcgan", objective="wgan-gp"), tmp_path / "run")
    assert torch.equal(torch.random.get_rng_state(), before)


SETTINGS = [
    {"real_label": 0.9}, {"r1": 1.0}, {"r2": 1.0}, {"r1": 1.0, "penalty_every": 2}, {"generator_steps": 2},
    {"discriminator_steps": 2}, {"beta1": 0}, {"beta2": 0.9}, {"generator_rate": 1e-3}, {"discriminator_rate": 1e-3},
    {"decay_until": 3}, {"batch_size": 3}, {"objective": "hinge"}, {"spectral_norm": True},
]  # fmt: skip


def test_every_setting_changes_the_training(tmp_path: Path) -> None:
    results = {}
    for index, changes in enumerate([{}, *SETTINGS]):
        run = factories.run("vanilla", "classic", **{"steps": 3, "beta1": 0.5} | changes)
        train_to(run, tmp_path / str(index))
        weights = torch.cat([value.flatten() for value in resumable_state(tmp_path / str(index))["generator"].values()])
        results[str(changes)] = weights.numpy().tobytes()
    assert len(set(results.values())) == len(SETTINGS) + 1


def test_the_learning_rates_follow_their_cosine(tmp_path: Path) -> None:
    train_to(factories.run("vanilla", steps=6, decay_from=2, decay_until=4, generator_rate=0.1), tmp_path / "run")
    state = resumable_state(tmp_path / "run")
    assert state["generator_adam"]["param_groups"][0]["lr"] == pytest.approx(0.001)  # a hundredth
    assert state["discriminator_adam"]["param_groups"][0]["lr"] == pytest.approx(2e-6)


def test_learning_rates_fall_on_a_cosine_to_a_hundredth() -> None:
    settings = TrainingConfig(decay_from=100, decay_until=200)
    shares = [lr_scale(settings, step) for step in (0, 100, 150, 200, 10_000)]
    assert shares == pytest.approx([1, 1, 0.505, 0.01, 0.01])
    assert lr_scale(TrainingConfig(), 10**6) == 1


def test_a_lazy_penalty_is_computed_every_few_updates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paid: list[int] = []
    original = NonSaturating.penalty

    def counted(self: NonSaturating, *pictures: Any) -> Tensor:
        paid.append(1)
        return original(self, *pictures)

    monkeypatch.setattr(NonSaturating, "penalty", counted)
    run = factories.run("vanilla", "classic", r1=1.0, penalty_every=4, discriminator_steps=2, steps=6)
    train_to(run, tmp_path / "run")
    assert len(paid) == 3  # of 12 updates of the discriminator


@pytest.mark.parametrize(("name", "objective"), factories.FAMILY_OBJECTIVES)
def test_every_family_trains_with_every_objective_that_supports_it(name: str, objective: str, tmp_path: Path) -> None:
    preset = "sharp" if objective == "restoration" else None
    events = train_to(factories.run(name, preset, objective=objective, steps=2), tmp_path / "run")
    steps = [event for event in events if isinstance(event, Step)]
    assert [event.number for event in steps] == [1, 2]
    assert all(set(event.losses) == {"generator", "discriminator"} for event in steps)


@EVERY_FAMILY
def test_bfloat16_trains_on_any_processor_where_it_is_set(name: str, tmp_path: Path) -> None:
    train_to(factories.run(name, steps=2, precision="bfloat16"), tmp_path / "run")
    weights = resumable_state(tmp_path / "run")["average"].values()
    assert all(value.dtype != torch.bfloat16 for value in weights)  # weights stay in float32


# Conditions and diversity ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["conditional", "text_conditional"])
def test_the_mismatch_loss_trains_the_discriminator_and_computes_no_features_twice(name: str, tmp_path: Path) -> None:
    batch_sizes: list[int] = []
    weights = []
    for mismatch in (0.0, 2.0):
        run = factories.run(name, mismatch=mismatch, r1=0.0, r2=0.0)
        one = Trainer(run, factories.dataset_for(run), RunFolder(tmp_path / f"{mismatch}"))
        if isinstance(one.discriminator.trunk, nn.Module):
            one.discriminator.trunk.register_forward_hook(
                lambda module, inputs, output: batch_sizes.append(len(output))
            )
        batch = factories.dataset_for(run).get_batch(torch.arange(4), torch.Generator().manual_seed(0))
        before = one.discriminator.project.weight.clone()  # type: ignore[union-attr, operator]
        one.train_step([batch])
        weights.append(one.discriminator.project.weight - before)  # type: ignore[union-attr, operator]
    assert not torch.equal(weights[0], weights[1])
    assert len(batch_sizes) in (
        0,
        8,
    )  # real and fake, for the discriminator's step and the generator's, in two trainings


@pytest.mark.parametrize("name", ["conditional", "text_conditional"])
def test_the_matching_loss_trains_the_generator_and_computes_no_features_twice(name: str, tmp_path: Path) -> None:
    batch_sizes: list[int] = []
    weights = []
    for match in (0.0, 2.0):
        run = factories.run(name, match=match, rivals=3, r1=0.0, r2=0.0)
        one = Trainer(run, factories.dataset_for(run), RunFolder(tmp_path / f"{match}"))
        if isinstance(one.discriminator.trunk, nn.Module):
            one.discriminator.trunk.register_forward_hook(
                lambda module, inputs, output: batch_sizes.append(len(output))
            )
        one.train_step([factories.dataset_for(run).get_batch(torch.arange(4), torch.Generator().manual_seed(0))])
        weights.append([flat_weights(network) for network in (one.generator, one.discriminator)])
    (generator, critic), (paid_generator, same_critic) = weights
    assert not torch.equal(generator, paid_generator)
    assert torch.equal(critic, same_critic)
    assert len(batch_sizes) in (0, 8)


@pytest.mark.parametrize("name", factories.NOISE_FAMILIES)
def test_the_diversity_loss_changes_the_generator_and_not_the_discriminator(name: str, tmp_path: Path) -> None:
    weights = []
    for variety in (0.0, 50.0):
        run = factories.run(name, variety=variety)
        one = Trainer(run, factories.dataset_for(run), RunFolder(tmp_path / f"{variety}"))
        one.train_step([factories.dataset_for(run).get_batch(torch.arange(4), torch.Generator().manual_seed(0))])
        weights.append([flat_weights(network) for network in (one.generator, one.discriminator)])
    (generator, critic), (paid_generator, same_critic) = weights
    assert not torch.equal(generator, paid_generator)
    assert torch.equal(critic, same_critic)


def test_the_matching_aware_penalty_is_nearly_the_same_in_bfloat16(tmp_path: Path) -> None:
    """A sixth power makes much of little: eight bits must still be enough."""
    run = factories.run("text_conditional", "df-gan", width=16, critic_width=16)
    one = Trainer(run, factories.dataset_for(run), RunFolder(tmp_path / "run"))
    torch.manual_seed(0)
    factories.strengthen(one.discriminator.parameters())
    real, condition = one.prepare_batch(factories.dataset_for(run).get_batch(torch.arange(12)))
    conditioned, losses = ConditionedDiscriminator(one.discriminator, condition), []
    for is_bfloat16 in (False, True):
        one.discriminator.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=is_bfloat16):
            losses.append(run.objective.penalty(conditioned, real, real))
        losses[-1].backward()
        gradients = [parameter.grad for parameter in one.discriminator.parameters() if parameter.grad is not None]
        assert gradients
        assert all(gradient.isfinite().all() for gradient in gradients)
    assert losses[1].dtype == torch.float32
    assert losses[1].item() == pytest.approx(losses[0].item(), rel=0.1)
    assert losses[0].item() > 0.01


# Events ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", factories.NOISE_FAMILIES)
def test_events_follow_the_schedule_and_previews_are_saved(name: str, tmp_path: Path) -> None:
    run = factories.run(name, steps=5, log_every=2, preview_every=2, save_every=2)
    events = train_to(run, tmp_path / "run")
    assert [event.number for event in events if isinstance(event, Step)] == [2, 4, 5]
    assert [event.number for event in events if isinstance(event, Saved)] == [2, 4, 5]
    previews = [event for event in events if isinstance(event, Preview)]
    assert [event.number for event in previews] == [0, 2, 4, 5]
    assert [event.file for event in previews] == sorted((tmp_path / "run" / "previews").iterdir())
    for event in previews:
        assert event.images.shape == (64, 1, 28, 28)
        assert event.images.abs().max() <= 1
        assert event.images.device.type == "cpu"
        assert Image.open(event.file).size == (8 * 30 - 2, 8 * 30 - 2)
    seconds = [event.seconds for event in events if isinstance(event, Step)]
    assert seconds == sorted(seconds)
    assert not list((tmp_path / "run").glob("*.partial"))


def test_warnings_of_the_data_set_are_events(tmp_path: Path) -> None:
    data = factories.labelled_images()
    data.warnings.append("1 of 15 pictures could not be read.")
    events = list(train(factories.run("vanilla", steps=1), data, tmp_path / "run"))
    assert events[0] == Notice(0, "1 of 15 pictures could not be read.")


def take_events(events: Iterator[Event], count: int) -> list[Event]:
    return list(islice(events, count))


def test_the_consumer_of_events_keeps_its_gradient_mode(tmp_path: Path) -> None:
    events = train(factories.run("vanilla"), factories.labelled_images(), tmp_path / "run")
    for _ in take_events(events, 3):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
    assert sample_latents(factories.run("vanilla").model, 1).requires_grad_().sum().requires_grad
    events.close()  # type: ignore[attr-defined]


# Failures -------------------------------------------------------------------------------------------------------------


def failing_loss(at_step: int, failure: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """A generator's loss that goes wrong in one step."""
    calls: list[int] = []

    def loss(self: NonSaturating, critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor) -> Tensor:
        calls.append(1)
        plain = -critic(fake).mean()
        return failure(fake) if len(calls) == at_step else plain

    return loss


LOSS_FAILURES = {
    "loss": lambda fake: fake.mean() * float("nan"),
    "gradient": lambda fake: (fake * 0).sum().sqrt(),  # a finite loss whose derivative is not
}


@pytest.mark.parametrize("poison", LOSS_FAILURES)
def test_a_training_that_diverges_stops_and_keeps_its_last_save(
    poison: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NonSaturating, "generator_loss", failing_loss(3, LOSS_FAILURES[poison]))
    with pytest.raises(ExternalError, match=r"generator's (loss|weights).* no longer finite at step 3.*last save"):
        train_to(factories.run("vanilla", "classic", save_every=1), tmp_path / "run")  # a save is due at that very step
    state = resumable_state(tmp_path / "run")
    assert state["step"] == 2
    assert all(value.isfinite().all() for value in state["generator"].values())


def test_a_save_that_fails_leaves_the_previous_one_intact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, original = factories.run("vanilla", steps=2), torch.save
    train_to(run, tmp_path / "run")

    def full_disk(state: Any, file: Path) -> None:
        Path(file).write_bytes(b"half a state")
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(OSError, match="No space"):
        train_to(run, tmp_path / "run", steps=4, resume=True)
    assert resumable_state(tmp_path / "run")["step"] == 2
    monkeypatch.setattr(torch, "save", original)
    train_to(run, tmp_path / "run", steps=4, resume=True)
    assert resumable_state(tmp_path / "run")["step"] == 4


# Real digits ----------------------------------------------------------------------------------------------------------


def mean_correlation(generated: Tensor, real: Tensor) -> float:
    """Correlation of the mean drawn picture with the mean real one."""
    both = torch.stack([generated.mean(dim=0).flatten(), real.mean(dim=0).flatten()])
    return torch.corrcoef(both)[0, 1].item()


@pytest.mark.shared
@pytest.mark.parametrize("objective", factories.UNCONDITIONAL_OBJECTIVES)
def test_every_objective_moves_the_generator_towards_real_digits(
    objective: str, data_folder: Path, tmp_path: Path
) -> None:
    from gan_core.data import registry

    digits = registry.load_dataset("mnist", data_folder, size=28)
    changes: dict[str, Any] = {"width": 16, "critic_width": 16, "latent_size": 32, "batch_size": 64, "beta1": 0.5}
    rates = {"generator_rate": 1e-3, "discriminator_rate": 1e-3, "ema_pictures": 600}
    run = Run.from_preset("dcgan", "mnist", objective=objective, steps=250, precision="float32", **changes | rates)
    events = list(train(run, digits, tmp_path / "run"))
    first, *_, last = (event.images for event in events if isinstance(event, Preview))
    real = to_float(next(iterate_batches(digits, 512, seed=0)).images)
    assert mean_correlation(last, real) > max(mean_correlation(first, real), 0) + 0.3
    assert last.std(dim=0).mean() > 0.05  # not one picture again and again
