"""Trainings that start from an earlier run or from a checkpoint."""

from pathlib import Path

import pytest
import torch

from gan_core.errors import UsageError
from gan_core.training.export import export
from gan_core.training.initialization import load_warm_start, model_settings
from tests import factories
from tests.training.short_runs import EVERY_FAMILY, equal, eventful_run, resumable_state, train_to


@EVERY_FAMILY
def test_a_run_that_starts_from_another_continues_with_its_networks_and_resumes_exactly(
    name: str, tmp_path: Path
) -> None:
    slow = {"generator_rate": 1e-5, "discriminator_rate": 1e-5}
    first, second = eventful_run(name), eventful_run(name, start=str(tmp_path / "first"), **slow, beta1=0.5, steps=4)
    train_to(first, tmp_path / "first")
    train_to(second, tmp_path / "whole")
    train_to(second, tmp_path / "halves", steps=2)
    train_to(second, tmp_path / "halves", resume=True)
    whole = resumable_state(tmp_path / "whole")
    assert equal(whole, resumable_state(tmp_path / "halves"))
    assert whole["generator_adam"]["param_groups"][0]["betas"][0] == 0.5
    moved = [
        (whole[network][key] - value).abs().max() / value.abs().max()
        for network in ("generator", "discriminator")
        for key, value in resumable_state(tmp_path / "first")[network].items()
        if "weight" in key and value.abs().max() > 0.01  # what began at zero is still small beside a few steps
    ]
    assert max(moved) < 0.1  # a fresh start would differ in everything
    training = export(tmp_path / "whole", "made", tmp_path / "models").description.training
    assert (training["before"]["name"], training["before"]["steps"], training["steps"]) == ("first", 6, 4)
    card = (tmp_path / "models" / "made" / "README.md").read_text()
    assert "| setting | phase 1 | phase 2 |" in card
    assert f"| generator_rate | {first.training.generator_rate} | 1e-05 |" in card
    assert str(tmp_path) not in card


@EVERY_FAMILY
def test_a_run_starts_from_a_checkpoint_with_its_discriminator(name: str, tmp_path: Path) -> None:
    train_to(eventful_run(name), tmp_path / "first")
    made = export(tmp_path / "first", "made", tmp_path / "models", with_discriminator=True)
    still = {"generator_rate": 0.0, "discriminator_rate": 0.0, "steps": 1}
    train_to(eventful_run(name, start=str(made.folder), **still), tmp_path / "second")
    first, second = resumable_state(tmp_path / "first"), resumable_state(tmp_path / "second")
    for network, origin in (("generator", "average"), ("average", "average"), ("discriminator", "discriminator")):
        states = ("norm", "._u", "._v")  # which move with every batch, whatever the rate
        for key in (key for key in first[origin] if not any(part in key for part in states)):
            torch.testing.assert_close(second[network][key], first[origin][key])
    assert second["before"]["name"] == "made"
    again = export(tmp_path / "second", "again", tmp_path / "models")
    assert "| setting | phase 1 | phase 2 |" in (again.folder / "README.md").read_text()


def test_a_run_starts_from_a_checkpoint_without_a_discriminator_with_a_new_one(tmp_path: Path) -> None:
    train_to(factories.run("dcgan"), tmp_path / "first")
    made = export(tmp_path / "first", "made", tmp_path / "models")
    train_to(factories.run("dcgan", start=str(made.folder), generator_rate=0.0, steps=1), tmp_path / "second")
    first, second = resumable_state(tmp_path / "first"), resumable_state(tmp_path / "second")
    weights = [key for key, value in first["average"].items() if "norm" not in key and value.is_floating_point()]
    assert all(torch.equal(first["average"][key], second["generator"][key]) for key in weights)
    assert not equal(first["discriminator"], second["discriminator"])


def test_a_run_takes_the_ema_alone_where_only_the_generator_fits(tmp_path: Path) -> None:
    train_to(factories.run("dcgan"), tmp_path / "first")
    other = factories.run(
        "dcgan", start=str(tmp_path / "first"), critic_width=8, generator_rate=0.0, discriminator_rate=0.0
    )
    train_to(other, tmp_path / "second")
    first, second = resumable_state(tmp_path / "first"), resumable_state(tmp_path / "second")
    weights = [key for key, value in first["average"].items() if "norm" not in key and value.is_floating_point()]
    assert all(torch.equal(first["average"][key], second["generator"][key]) for key in weights)


def test_a_run_takes_all_but_the_last_layer_of_a_generator_for_another_scale(tmp_path: Path) -> None:
    train_to(factories.run("srgan", features=16, blocks=3), tmp_path / "first")
    start = str(tmp_path / "first")
    other = factories.run("srgan", start=start, scale=4, generator_rate=0.0, features=16, blocks=3)
    train_to(other, tmp_path / "second")
    first, second = resumable_state(tmp_path / "first")["average"], resumable_state(tmp_path / "second")["generator"]
    assert {name for name, value in first.items() if not equal(value, second[name])} == {"tail.weight", "tail.bias"}


def test_a_run_cannot_start_from_a_generator_of_another_shape_or_from_none(tmp_path: Path) -> None:
    train_to(factories.run("dcgan"), tmp_path / "first")
    with pytest.raises(UsageError, match="a generator of another shape"):
        train_to(factories.run("dcgan", start=str(tmp_path / "first"), width=12), tmp_path / "second")
    with pytest.raises(UsageError, match=r"holds no run\.json"):
        train_to(factories.run("dcgan", start=str(tmp_path / "nowhere")), tmp_path / "second")
    train_to(factories.run("dcgan"), tmp_path / "second")  # nothing lies there that would stand in the way


def test_a_further_training_takes_the_spread_of_latents_of_the_first(tmp_path: Path) -> None:
    train_to(factories.run("dcgan", steps=2, latent_spread=0.8), tmp_path / "run")
    for name, spread in (("as-trained", None), ("nearer", 0.5)):
        made = export(tmp_path / "run", name, tmp_path / "models", latent_std=spread)
        assert made.config.latent_spread == (spread or 0.8)
        assert model_settings(made.folder, "dcgan")["latent_spread"] == 0.8


def test_a_training_starts_from_a_checkpoint_by_its_former_name(tmp_path: Path) -> None:
    made = factories.checkpoint(tmp_path, "dcgan", "faces-r3gan")
    assert model_settings(tmp_path / "faces-dcgan", "dcgan") == made.config.to_dict()
    assert load_warm_start(tmp_path / "faces-dcgan").training_summary["name"] == "faces-r3gan"
