"""A resumed training equals an unbroken one, however the first part ended."""

from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core.errors import UsageError
from gan_core.training.events import Saved, Step
from gan_core.training.run_folder import read_log
from gan_core.training.trainer import train
from tests import factories
from tests.training.short_runs import EVERY_FAMILY, equal, eventful_run, resumable_state, train_to


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


def test_a_self_conditioned_run_keeps_its_clusters_when_it_is_resumed(tmp_path: Path) -> None:
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
def test_a_killed_run_continues_from_its_last_save_and_logs_no_step_twice(name: str, tmp_path: Path) -> None:
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


def test_a_damaged_state_is_refused(tmp_path: Path) -> None:
    train_to(factories.run("vanilla"), tmp_path / "run")
    state = tmp_path / "run" / "state.pt"
    for torn in (state.read_bytes()[:2000], b"", b"not torch"):
        state.write_bytes(torn)
        with pytest.raises(UsageError, match=r"state\.pt is damaged"):
            train_to(factories.run("vanilla"), tmp_path / "run", steps=9, resume=True)


def test_resuming_a_missing_run_is_refused_and_creates_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        train_to(factories.run("vanilla"), tmp_path / "nothing", resume=True)
    assert not (tmp_path / "nothing").exists()
