"""A run becomes a checkpoint."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from gan_core import sampling
from gan_core.errors import UsageError
from gan_core.models import FAMILIES, Task
from gan_core.training.export import export
from gan_core.training.initialization import model_settings
from tests import factories
from tests.training.short_runs import EVERY_FAMILY, equal, resumable_state, train_to


@EVERY_FAMILY
@pytest.mark.parametrize("critic", [False, True])
def test_a_run_becomes_a_checkpoint_of_its_ema(name: str, critic: bool, tmp_path: Path) -> None:
    run = factories.run(name, steps=2, seed=5)
    train_to(run, tmp_path / "run")
    made = export(tmp_path / "run", "made", tmp_path / "checkpoints", with_discriminator=critic)
    state = resumable_state(tmp_path / "run")
    assert equal(dict(made.load_generator().state_dict()), dict(state["average"]))
    assert made.config == run.model
    assert made.description.training["steps"] == 2
    assert made.description.training["settings"]["seed"] == 5
    assert made.description.data["pictures"] == 14
    assert made.description.classes == (factories.CLASSES if FAMILIES[name].task == Task.CLASS_CONDITIONAL else ())
    assert made.has_discriminator == critic
    if critic:
        assert equal(dict(made.load_discriminator().state_dict()), dict(state["discriminator"]))
        return
    with pytest.raises(UsageError, match="made has no discriminator"):
        made.load_discriminator()


def test_an_export_refuses_bad_names_runs_without_a_save_and_existing_checkpoints(tmp_path: Path) -> None:
    for name in ("", "../up", "a/b", ".hidden", ".."):
        with pytest.raises(UsageError, match="is no name for a checkpoint"):
            export(tmp_path / "run", name, tmp_path)
    with pytest.raises(UsageError, match=r"is not a run: it holds no run\.json"):
        export(tmp_path / "run", "made", tmp_path)
    train_to(factories.run("vanilla", steps=1), tmp_path / "run")
    export(tmp_path / "run", "made", tmp_path)
    with pytest.raises(UsageError, match="exists: overwrite it with --force"):
        export(tmp_path / "run", "made", tmp_path)
    assert export(tmp_path / "run", "made", tmp_path, force=True).description.training["steps"] == 1


def test_an_export_can_interpolate_with_the_run_it_started_from_and_its_card_says_so(tmp_path: Path) -> None:
    train_to(factories.run("srgan", steps=2), tmp_path / "faithful")
    sharp = factories.run("srgan", "sharp", steps=2, start=str(tmp_path / "faithful"), generator_rate=0.1)
    train_to(sharp, tmp_path / "sharp")
    made = export(
        tmp_path / "sharp", "mixed", tmp_path / "models", interpolate_with=tmp_path / "faithful", other_share=0.25
    )
    found = made.load_generator().state_dict()
    first, second = (resumable_state(tmp_path / name)["average"] for name in ("faithful", "sharp"))
    for name, value in found.items():
        torch.testing.assert_close(value, 0.75 * second[name] + 0.25 * first[name])
    assert "75% of it and 25% of that of the run `faithful`" in (made.folder / "README.md").read_text()
    train_to(factories.run("srgan", features=8), tmp_path / "other")
    with pytest.raises(UsageError, match="a run of the same network"):
        export(tmp_path / "sharp", "never", tmp_path / "models", interpolate_with=tmp_path / "other", other_share=0.25)
    with pytest.raises(UsageError, match="between 0 and 1"):
        export(
            tmp_path / "sharp", "never", tmp_path / "models", interpolate_with=tmp_path / "faithful", other_share=1.0
        )


def test_an_export_can_change_the_spread_of_latents_for_sampling_and_its_card_says_so(
    tmp_path: Path,
) -> None:
    train_to(factories.run("dcgan", steps=2), tmp_path / "run")
    plain, near = (
        export(tmp_path / "run", name, tmp_path / "models", latent_std=spread)
        for name, spread in (("plain", None), ("near", 0.5))
    )
    drawn = sampling.sample(sampling.model_from_checkpoint(near), range(4))
    np.testing.assert_array_equal(
        drawn, sampling.sample(sampling.model_from_checkpoint(plain), range(4), truncation=0.5)
    )
    card_line = "Training used a latent spread of 1; sampling uses 0.5, for more typical images."
    assert card_line in (near.folder / "README.md").read_text()
    assert card_line not in (plain.folder / "README.md").read_text()
    assert near.weights_hash != plain.weights_hash  # a link made with the one must not pass for the other's
    assert model_settings(near.folder, "dcgan") == model_settings(plain.folder, "dcgan") == plain.config.to_dict()
    with pytest.raises(UsageError, match="--latent-spread must be at least"):
        export(tmp_path / "run", "never", tmp_path / "models", latent_std=0.0)


def test_a_model_states_no_licence_and_is_hidden_from_strangers_unless_said_otherwise(tmp_path: Path) -> None:
    train_to(factories.run("vanilla", steps=1), tmp_path / "run")
    made = export(tmp_path / "run", "My Flowers!", tmp_path / "models")
    assert (made.name, made.title, made.licence, made.is_public) == ("my-flowers", "My Flowers!", None, False)
    assert "sample my-flowers --out my-flowers.png" in (made.folder / "README.md").read_text()
    stated = export(tmp_path / "run", "stated", tmp_path / "models", licence="cc-by-4.0", public=True)
    assert (stated.title, stated.licence, stated.is_public) == (None, "cc-by-4.0", True)
    assert export(tmp_path / "run", "stated", tmp_path / "models", force=True).is_public  # as the one it replaces
    assert not export(tmp_path / "run", "My flowers", tmp_path / "models", force=True).is_public
    with pytest.raises(UsageError, match="is not a licence identifier"):
        export(tmp_path / "run", "other", tmp_path / "models", licence="do what you like")


def test_a_path_of_training_data_is_noted_beside_the_weights_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "secret-place").mkdir()
    run = replace(factories.run("vanilla", steps=1), data=str(tmp_path / "secret-place"))
    train_to(run, tmp_path / "run")
    made = export(tmp_path / "run", "made", tmp_path / "models")
    assert made.own is not None
    assert made.own.data == str(tmp_path / "secret-place")
    for file in made.folder.iterdir():
        assert file.name == "own.json" or str(tmp_path).encode() not in file.read_bytes()
