"""The loop's promises: exact resume, whole saves, clean stops, for every family."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from filelock import FileLock
from PIL import Image
from torch import Tensor

from gan_core import sampling
from gan_core.data.datasets import InMemoryImages
from gan_core.data.sampler import iterate_batches
from gan_core.errors import ExternalError, UsageError
from gan_core.images.tensors import to_float
from gan_core.models import FAMILIES, Task, sample_latents
from gan_core.objectives import NonSaturating
from gan_core.training.config import Run
from gan_core.training.events import Event, Notice, Preview, Saved, Step
from gan_core.training.export import export
from gan_core.training.initialization import load_warm_start, model_settings
from gan_core.training.run_folder import RunFolder, read_log
from gan_core.training.trainer import train
from tests import factories

EVERY_FAMILY = pytest.mark.parametrize("name", FAMILIES)


def train_to(run: Run, folder: Path, steps: int | None = None, **options: Any) -> list[Event]:
    """All events of a training to `steps` in total."""
    settings = run.training if steps is None else replace(run.training, steps=steps)
    return list(train(replace(run, training=settings), factories.dataset_for(run), folder, **options))


def resumable_state(folder: Path) -> dict[str, Any]:
    """What resuming needs, without the time that it took."""
    state = RunFolder(folder).read_state()
    return {name: value for name, value in state.items() if name != "seconds"}


def equal(first: Any, second: Any) -> bool:
    """Equal to the last bit, all the way down."""
    if isinstance(first, Tensor):
        return first.dtype == second.dtype and torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(equal(first[key], second[key]) for key in first)
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(map(equal, first, second))
    return bool(first == second)


def eventful_run(name: str, **changes: Any) -> Run:
    """A run with everything that could go wrong on a resume: lazy penalties, k updates, falling rates."""
    settings = {
        "steps": 6, "save_every": 2, "preview_every": 3, "objective": "relativistic", "penalty_every": 3,
        "discriminator_steps": 2, "generator_steps": 2, "decay_from": 1, "decay_until": 5, "ema_pictures": 8,
    }  # fmt: skip
    if FAMILIES[name].task != Task.SUPER_RESOLUTION:
        settings |= {"augment": "colour+translation+cutout", "augment_chance": 0.5}
    return factories.run(name, **settings | changes)


# Resume --------------------------------------------------------------------------------------------------------------


@EVERY_FAMILY
@pytest.mark.parametrize("changes", [{}, {"objective": "wgan-gp", "penalty_every": 1, "spectral_norm": True}])
def test_a_run_stopped_and_resumed_equals_an_unbroken_one_to_the_last_bit(
    name: str, changes: dict[str, Any], tmp_path: Path
) -> None:
    run = eventful_run(name, **changes)
    train_to(run, tmp_path / "whole")
    train_to(run, tmp_path / "halves", steps=3)
    train_to(run, tmp_path / "halves", resume=True)
    whole, halves = resumable_state(tmp_path / "whole"), resumable_state(tmp_path / "halves")
    assert whole["step"] == halves["step"] == 6
    assert equal(whole, halves)


def test_a_run_that_finds_kinds_of_pictures_keeps_them_when_it_is_resumed(tmp_path: Path) -> None:
    run = eventful_run("dcgan", modes=3, latent_size=8)
    train_to(run, tmp_path / "whole")
    train_to(run, tmp_path / "halves", steps=3)
    train_to(run, tmp_path / "halves", resume=True)
    whole = resumable_state(tmp_path / "whole")
    assert equal(whole, resumable_state(tmp_path / "halves"))
    assert torch.bincount(whole["clusters"]).tolist() == (whole["average"]["modes.shares"] * 14).round().tolist()
    train_to(eventful_run("dcgan", modes=3, latent_size=8, start=str(tmp_path / "whole")), tmp_path / "second")
    assert equal(resumable_state(tmp_path / "second")["clusters"], whole["clusters"])


@EVERY_FAMILY
def test_a_killed_run_goes_on_from_its_last_save_and_its_log_has_no_step_twice(name: str, tmp_path: Path) -> None:
    run = eventful_run(name, save_every=2)
    train_to(run, tmp_path / "whole")
    killed = train(run, factories.dataset_for(run), tmp_path / "killed")
    for event in killed:
        if isinstance(event, Step) and event.number == 5:
            break  # after the save of step 4
    killed.close()  # type: ignore[attr-defined]
    (tmp_path / "killed" / "log.jsonl").open("a").write('{"step": 5, "gener')  # in the midst of a line
    assert resumable_state(tmp_path / "killed")["step"] == 4
    train_to(run, tmp_path / "killed", resume=True)
    assert equal(resumable_state(tmp_path / "whole"), resumable_state(tmp_path / "killed"))
    logs = [read_log(tmp_path / folder / "log.jsonl") for folder in ("whole", "killed")]
    assert [[line["step"] for line in log] for log in logs] == [[1, 2, 3, 4, 5, 6]] * 2
    assert [line["generator"] for line in logs[0]] == [line["generator"] for line in logs[1]]


def test_a_finished_run_resumed_does_nothing(tmp_path: Path) -> None:
    run = factories.run("vanilla")
    train_to(run, tmp_path / "run")
    before = (tmp_path / "run" / "state.pt").read_bytes()
    assert train_to(run, tmp_path / "run", resume=True) == []
    assert train_to(run, tmp_path / "run", steps=2, resume=True) == []
    assert (tmp_path / "run" / "state.pt").read_bytes() == before


def test_a_stopped_run_leaves_a_checkpoint_that_resumes_exactly(tmp_path: Path) -> None:
    run, asked = factories.run("dcgan", steps=5), iter([False, False, True])
    events = train_to(run, tmp_path / "stopped", should_stop=lambda: next(asked))
    assert isinstance(events[-1], Saved)
    assert events[-1].number == 2
    train_to(run, tmp_path / "stopped", resume=True)
    train_to(run, tmp_path / "whole")
    assert equal(resumable_state(tmp_path / "stopped"), resumable_state(tmp_path / "whole"))


def test_a_run_killed_before_its_first_save_is_resumed_from_the_beginning(tmp_path: Path) -> None:
    next(train(factories.run("vanilla"), factories.labelled_images(), tmp_path / "killed"))
    train_to(factories.run("vanilla"), tmp_path / "killed", resume=True)
    train_to(factories.run("vanilla"), tmp_path / "whole")
    assert equal(resumable_state(tmp_path / "killed"), resumable_state(tmp_path / "whole"))


def test_a_torn_state_is_refused_in_a_sentence(tmp_path: Path) -> None:
    train_to(factories.run("vanilla"), tmp_path / "run")
    state = tmp_path / "run" / "state.pt"
    for torn in (state.read_bytes()[:2000], b"", b"not torch"):
        state.write_bytes(torn)
        with pytest.raises(UsageError, match=r"state\.pt is damaged"):
            train_to(factories.run("vanilla"), tmp_path / "run", steps=9, resume=True)


# Seeds and settings --------------------------------------------------------------------------------------------------


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


def test_every_setting_reaches_the_training(tmp_path: Path) -> None:
    results = {}
    for index, changes in enumerate([{}, *SETTINGS]):
        run = factories.run("vanilla", "classic", **{"steps": 3, "beta1": 0.5} | changes)
        train_to(run, tmp_path / str(index))
        weights = torch.cat([value.flatten() for value in resumable_state(tmp_path / str(index))["generator"].values()])
        results[str(changes)] = weights.numpy().tobytes()
    assert len(set(results.values())) == len(SETTINGS) + 1


def test_the_rates_fall_on_their_cosine(tmp_path: Path) -> None:
    train_to(factories.run("vanilla", steps=6, decay_from=2, decay_until=4, generator_rate=0.1), tmp_path / "run")
    state = resumable_state(tmp_path / "run")
    assert state["generator_adam"]["param_groups"][0]["lr"] == pytest.approx(0.001)  # a hundredth
    assert state["discriminator_adam"]["param_groups"][0]["lr"] == pytest.approx(2e-6)


def test_a_lazy_penalty_is_paid_rarely_and_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_every_family_trains_under_every_objective_that_fits_it(name: str, objective: str, tmp_path: Path) -> None:
    preset = "sharp" if objective == "restoration" else None
    events = train_to(factories.run(name, preset, objective=objective, steps=2), tmp_path / "run")
    steps = [event for event in events if isinstance(event, Step)]
    assert [event.number for event in steps] == [1, 2]
    assert all(set(event.losses) == {"generator", "discriminator"} for event in steps)


@EVERY_FAMILY
def test_bfloat16_asked_for_trains_on_any_processor(name: str, tmp_path: Path) -> None:
    train_to(factories.run(name, steps=2, precision="bfloat16"), tmp_path / "run")
    weights = resumable_state(tmp_path / "run")["average"].values()
    assert all(value.dtype != torch.bfloat16 for value in weights)  # weights stay in float32


# What is seen --------------------------------------------------------------------------------------------------------


def test_the_first_stage_of_super_resolution_trains_no_discriminator(tmp_path: Path) -> None:
    events = train_to(factories.run("srgan", steps=2), tmp_path / "run")
    assert [set(event.losses) for event in events if isinstance(event, Step)] == [{"generator"}] * 2
    assert not resumable_state(tmp_path / "run")["discriminator_adam"]["state"]
    second = train_to(factories.run("srgan", "sharp", steps=2, start=str(tmp_path / "run")), tmp_path / "second")
    assert [len(event.losses) for event in second if isinstance(event, Step)] == [2, 2]
    (shown,) = [event for event in second if isinstance(event, Preview) and event.number == 2]
    assert shown.images.shape == (8, 1, 16, 16)
    assert Image.open(shown.file).size == (8 * 18 - 2, 2 * 18 - 2)  # originals above, restored patches below


@pytest.mark.parametrize("name", factories.NOISE_FAMILIES)
def test_events_come_in_their_rhythm_and_previews_lie_in_the_folder(name: str, tmp_path: Path) -> None:
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


def test_what_was_skipped_in_the_data_is_told(tmp_path: Path) -> None:
    data = factories.labelled_images()
    data.warnings.append("1 of 15 pictures could not be read.")
    events = list(train(factories.run("vanilla", steps=1), data, tmp_path / "run"))
    assert events[0] == Notice(0, "1 of 15 pictures could not be read.")


def test_a_run_begun_is_described_in_its_folder(tmp_path: Path) -> None:
    run = factories.run("conditional", "classic")
    train_to(run, tmp_path / "run")
    assert RunFolder(tmp_path / "run").read_config() == run


# What goes wrong -----------------------------------------------------------------------------------------------------


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
def test_a_training_that_diverges_stops_and_keeps_its_last_good_save(
    poison: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NonSaturating, "generator_loss", failing_loss(3, LOSS_FAILURES[poison]))
    with pytest.raises(ExternalError, match=r"generator's (loss|weights).* no longer finite at step 3.*last save"):
        train_to(factories.run("vanilla", "classic", save_every=1), tmp_path / "run")  # a save is due at that very step
    state = resumable_state(tmp_path / "run")
    assert state["step"] == 2
    assert all(value.isfinite().all() for value in state["generator"].values())


def test_a_save_that_fails_leaves_the_old_one_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_run_is_never_begun_over_something_else(tmp_path: Path) -> None:
    train_to(factories.run("vanilla"), tmp_path / "run")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "picture.png").write_text("mine")
    for taken in ("run", "file", "folder"):
        with pytest.raises(UsageError, match="exists: go on with it by --resume"):
            train_to(factories.run("vanilla"), tmp_path / taken)
    assert (tmp_path / "file").read_text() == "mine"
    assert [file.name for file in (tmp_path / "folder").iterdir()] == ["picture.png"]


def test_there_is_nothing_to_resume_where_nothing_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        train_to(factories.run("vanilla"), tmp_path / "nothing", resume=True)
    assert not (tmp_path / "nothing").exists()


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    train_to(factories.run("vanilla", steps=1), tmp_path)
    assert (tmp_path / "state.pt").is_file()


@pytest.mark.parametrize("resume", [False, True])
def test_two_processes_never_train_in_one_folder(resume: bool, tmp_path: Path) -> None:
    """Whether the run exists already or is just being created by the other one."""
    folder = tmp_path / "run"
    if resume:
        train_to(factories.run("vanilla", steps=1), folder)
    folder.mkdir(exist_ok=True)
    with (
        FileLock(folder / ".lock"),
        pytest.raises(UsageError, match=r"Another process is training in .*: stop it first"),
    ):
        train_to(factories.run("vanilla"), folder, resume=resume)
    train_to(factories.run("vanilla"), folder, resume=resume)
    assert resumable_state(folder)["step"] == 4


def test_a_run_holds_its_folder_from_its_first_moment(tmp_path: Path) -> None:
    first = train(factories.run("vanilla"), factories.labelled_images(), tmp_path / "run")
    next(first)
    with pytest.raises(UsageError, match="exists"):
        train_to(factories.run("vanilla"), tmp_path / "run")
    with pytest.raises(UsageError, match="Another process"):
        train_to(factories.run("vanilla"), tmp_path / "run", resume=True)
    first.close()  # type: ignore[attr-defined]


def test_data_that_do_not_suit_the_model_are_refused(tmp_path: Path) -> None:
    unlabelled = InMemoryImages("heaps", factories.labelled_images().images)
    two = replace(factories.labelled_images(), classes=("a", "b"))
    for name, data, words in (
        ("conditional", unlabelled, "heaps has no labels: put each class into a sub-folder"),
        ("conditional", two, "shapes has 2 classes, the model 3"),
        ("vanilla", factories.labelled_images(channels=3), "have 3 channels, the model 1"),
    ):
        with pytest.raises(UsageError, match=words):
            next(train(factories.run(name), data, tmp_path / "run"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"family": "vanilla"}', '{"objective": "x"}', "\x00\xff"])
def test_a_run_json_that_is_none_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=r"run\.json cannot be read"):
        RunFolder(tmp_path).read_config()


# One run after another ------------------------------------------------------------------------------------------------


@EVERY_FAMILY
def test_a_run_that_starts_from_another_goes_on_with_its_game_and_resumes_exactly(name: str, tmp_path: Path) -> None:
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
def test_a_run_starts_from_a_checkpoint_with_the_critic_that_was_kept(name: str, tmp_path: Path) -> None:
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


def test_a_run_starts_from_a_checkpoint_without_a_critic_against_a_new_one(tmp_path: Path) -> None:
    train_to(factories.run("dcgan"), tmp_path / "first")
    made = export(tmp_path / "first", "made", tmp_path / "models")
    train_to(factories.run("dcgan", start=str(made.folder), generator_rate=0.0, steps=1), tmp_path / "second")
    first, second = resumable_state(tmp_path / "first"), resumable_state(tmp_path / "second")
    weights = [key for key, value in first["average"].items() if "norm" not in key and value.is_floating_point()]
    assert all(torch.equal(first["average"][key], second["generator"][key]) for key in weights)
    assert not equal(first["discriminator"], second["discriminator"])


def test_a_run_takes_the_average_alone_where_only_the_generator_fits(tmp_path: Path) -> None:
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


def test_a_run_refuses_to_start_from_a_generator_of_another_shape_or_from_none(tmp_path: Path) -> None:
    train_to(factories.run("dcgan"), tmp_path / "first")
    with pytest.raises(UsageError, match="a generator of another shape"):
        train_to(factories.run("dcgan", start=str(tmp_path / "first"), width=12), tmp_path / "second")
    with pytest.raises(UsageError, match=r"holds no run\.json"):
        train_to(factories.run("dcgan", start=str(tmp_path / "nowhere")), tmp_path / "second")
    train_to(factories.run("dcgan"), tmp_path / "second")  # nothing lies there that would stand in the way


def test_an_export_may_mix_in_the_run_it_began_with_and_tells_so(tmp_path: Path) -> None:
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


def test_an_export_may_draw_from_other_latents_and_tells_so_while_training_goes_on_with_its_own(tmp_path: Path) -> None:
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


def test_a_checkpoint_trained_on_latents_of_another_spread_is_trained_on_with_these(tmp_path: Path) -> None:
    train_to(factories.run("dcgan", steps=2, latent_spread=0.8), tmp_path / "run")
    for name, spread in (("as-trained", None), ("nearer", 0.5)):
        made = export(tmp_path / "run", name, tmp_path / "models", latent_std=spread)
        assert made.config.latent_spread == (spread or 0.8)
        assert model_settings(made.folder, "dcgan")["latent_spread"] == 0.8


def test_a_training_starts_from_a_checkpoint_by_its_former_name(tmp_path: Path) -> None:
    made = factories.checkpoint(tmp_path, "dcgan", "faces-r3gan")
    assert model_settings(tmp_path / "faces-dcgan", "dcgan") == made.config.to_dict()
    assert load_warm_start(tmp_path / "faces-dcgan").training_summary["name"] == "faces-r3gan"


# From run to checkpoint ----------------------------------------------------------------------------------------------


@EVERY_FAMILY
@pytest.mark.parametrize("critic", [False, True])
def test_a_run_becomes_a_checkpoint_that_holds_its_moving_average(name: str, critic: bool, tmp_path: Path) -> None:
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


def test_an_export_refuses_bad_names_runs_without_a_save_and_checkpoints_that_exist(tmp_path: Path) -> None:
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


# Real digits ---------------------------------------------------------------------------------------------------------


def mean_correlation(generated: Tensor, real: Tensor) -> float:
    """Correlation of the mean drawn picture with the mean real one."""
    both = torch.stack([generated.mean(dim=0).flatten(), real.mean(dim=0).flatten()])
    return torch.corrcoef(both)[0, 1].item()


@pytest.mark.shared
@pytest.mark.parametrize("objective", factories.UNCONDITIONAL_OBJECTIVES)
def test_every_objective_pulls_the_generator_towards_real_digits(
    objective: str, data_folder: Path, tmp_path: Path
) -> None:
    from gan_core.data import registry

    digits = registry.load_dataset("mnist", data_folder, size=28)
    changes: dict[str, Any] = {"width": 16, "critic_width": 16, "latent_size": 32, "batch_size": 64, "beta1": 0.5}
    rates = {"generator_rate": 1e-3, "discriminator_rate": 1e-3, "ema_pictures": 600}
    run = Run.from_preset("dcgan", "mnist", objective=objective, steps=150, precision="float32", **changes | rates)
    events = list(train(run, digits, tmp_path / "run"))
    first, *_, last = (event.images for event in events if isinstance(event, Preview))
    real = to_float(next(iterate_batches(digits, 512, seed=0)).images)
    assert mean_correlation(last, real) > max(mean_correlation(first, real), 0) + 0.3
    assert last.std(dim=0).mean() > 0.05  # not one picture again and again


def take_events(events: Iterator[Event], count: int) -> list[Event]:
    return list(islice(events, count))


def test_the_consumer_of_events_keeps_its_gradients(tmp_path: Path) -> None:
    events = train(factories.run("vanilla"), factories.labelled_images(), tmp_path / "run")
    for _ in take_events(events, 3):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
    assert sample_latents(factories.run("vanilla").model, 1).requires_grad_().sum().requires_grad
    events.close()  # type: ignore[attr-defined]
