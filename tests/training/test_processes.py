"""Several processes are one training: the same losses, one who writes, a stop for all, a resume in any number."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core.training.config import Run
from gan_core.training.events import Step
from gan_core.training.run_folder import RunFolder, read_log
from gan_core.training.trainer import train
from tests import factories

ROOT = Path(__file__).parents[2]
SHARE = 2  # pictures a process and step


def run_of(batch_size: int) -> Run:
    """Networks without batch statistics, with penalties: what must come out the same however it is split."""
    return factories.run(
        "residual", "plain", batch_size=batch_size, steps=4, penalty_every=2, preview_every=100, save_every=100
    )


PROCESS_SCRIPT = f"""
import json, os, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
import torch
from gan_core.training.events import Saved, Step
from gan_core.training.trainer import train
from tests import factories
from tests.training.test_processes import SHARE, run_of

torch.set_num_threads(1)
folder, rank = Path(sys.argv[1]), int(os.environ["RANK"])
asked = iter([False, False, rank == 1])  # the second process alone is told to stop, after two steps
told = []
for resume in (False, True):
    stop = (lambda: False) if resume else (lambda: next(asked))
    events = list(train(run_of(SHARE), factories.labelled_images(), folder / "run", resume=resume, should_stop=stop))
    told.append([[event.number, event.losses] for event in events if isinstance(event, Step)])
    told.append([event.number for event in events if isinstance(event, Saved)])
(folder / f"told-{{rank}}.json").write_text(json.dumps(told))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where two processes trained, stopped, and went on."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "each.py").write_text(PROCESS_SCRIPT)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launch, str(folder / "each.py"), str(folder)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def read_events(folder: Path, rank: int) -> list[Any]:
    """Steps with losses and saves of one process: of the run that was stopped, then of its resume."""
    return json.loads((folder / f"told-{rank}.json").read_text())


def test_a_process_that_is_told_to_stop_stops_all_at_the_same_step_with_a_save(folder: Path) -> None:
    for rank in (0, 1):
        stopped, _, resumed, _ = read_events(folder, rank)
        assert [number for number, _ in stopped] == [1, 2]
        assert [number for number, _ in resumed] == [3, 4]


def test_one_process_writes_and_all_tell_the_same_losses(folder: Path) -> None:
    first, second = read_events(folder, 0), read_events(folder, 1)
    assert (first[1], first[3]) == ([2], [4])
    assert (second[1], second[3]) == ([], [])
    assert first[0] + first[2] == second[0] + second[2]
    assert [line["step"] for line in read_log(folder / "run" / "log.jsonl")] == [1, 2, 3, 4]


def test_losses_match_those_of_one_process_with_the_same_pictures_a_step(folder: Path, tmp_path: Path) -> None:
    alone = list(train(run_of(2 * SHARE), factories.labelled_images(), tmp_path / "alone"))
    losses = [event.losses for event in alone if isinstance(event, Step)]
    together = [losses for part in (0, 2) for _, losses in read_events(folder, 0)[part]]
    for one, two in zip(losses, together, strict=True):
        assert two == pytest.approx(one, rel=1e-3)
    weights = [RunFolder(path).read_state()["generator"] for path in (tmp_path / "alone", folder / "run")]
    for name, value in weights[0].items():
        torch.testing.assert_close(weights[1][name], value, rtol=0, atol=1e-3, msg=name)


def test_one_process_goes_on_with_what_two_began(folder: Path) -> None:
    run = run_of(SHARE)
    longer = replace(run, training=replace(run.training, steps=5))
    events = list(train(longer, factories.labelled_images(), folder / "run", resume=True))
    assert [event.number for event in events if isinstance(event, Step)] == [5]
    assert RunFolder(folder / "run").read_state()["step"] == 5
