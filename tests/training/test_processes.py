"""Several processes are one training: the same losses and weights, one that writes, a stop of all, a resume with any
number; and the commands of docs/training.md start them."""

import json
import shlex
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core.models import FAMILIES
from gan_core.training.config import Run
from gan_core.training.events import Step
from gan_core.training.randomness import seeded_rng
from gan_core.training.run_folder import RunFolder, read_log
from gan_core.training.trainer import Trainer, train
from tests import factories
from tests.training.short_runs import write_images

ROOT = Path(__file__).parents[2]
BATCH_SIZE = 2  # images a process and step
TIMEOUT_S = 300


def steady_run(batch_size: int) -> Run:
    """Networks without batch statistics, with penalties: the results do not depend on the number of processes."""
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
from tests.training.test_processes import BATCH_SIZE, steady_run

torch.set_num_threads(1)
folder, rank = Path(sys.argv[1]), int(os.environ["RANK"])
stops = iter([False, False, rank == 1])  # only the second process is asked to stop, after two steps
results = []
for resume in (False, True):
    should_stop = (lambda: False) if resume else (lambda: next(stops))
    run, data = steady_run(BATCH_SIZE), factories.labelled_images()
    events = list(train(run, data, folder / "run", resume=resume, should_stop=should_stop))
    results.append([[event.number, event.losses] for event in events if isinstance(event, Step)])
    results.append([event.number for event in events if isinstance(event, Saved)])
(folder / f"results-{{rank}}.json").write_text(json.dumps(results))
"""


def launch(script: str, folder: Path) -> None:
    """Runs a script, which gets the folder as its argument, in two processes."""
    (folder / "script.py").write_text(script)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launcher, str(folder / "script.py"), str(folder)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where two processes trained, were stopped, and resumed."""
    folder = tmp_path_factory.mktemp("two")
    launch(PROCESS_SCRIPT, folder)
    return folder


def read_results(folder: Path, rank: int) -> list[Any]:
    """Steps with losses, and saves, of one process: of the run that was stopped, then of its resume."""
    return json.loads((folder / f"results-{rank}.json").read_text())


def test_a_stop_of_one_process_stops_all_at_the_same_step_with_a_save(folder: Path) -> None:
    for rank in (0, 1):
        stopped, _, resumed, _ = read_results(folder, rank)
        assert [number for number, _ in stopped] == [1, 2]
        assert [number for number, _ in resumed] == [3, 4]


def test_one_process_writes_and_all_report_the_same_losses(folder: Path) -> None:
    first, second = read_results(folder, 0), read_results(folder, 1)
    assert (first[1], first[3]) == ([2], [4])
    assert (second[1], second[3]) == ([], [])
    assert first[0] + first[2] == second[0] + second[2]
    assert [line["step"] for line in read_log(folder / "run" / "log.jsonl")] == [1, 2, 3, 4]


def test_losses_match_those_of_one_process_with_the_same_images_a_step(folder: Path, tmp_path: Path) -> None:
    alone = list(train(steady_run(2 * BATCH_SIZE), factories.labelled_images(), tmp_path / "alone"))
    losses = [event.losses for event in alone if isinstance(event, Step)]
    together = [losses for part in (0, 2) for _, losses in read_results(folder, 0)[part]]
    for one, two in zip(losses, together, strict=True):
        assert two == pytest.approx(one, rel=1e-3)
    weights = [RunFolder(path).read_state()["generator"] for path in (tmp_path / "alone", folder / "run")]
    for name, value in weights[0].items():
        torch.testing.assert_close(weights[1][name], value, rtol=0, atol=1e-3, msg=name)


def test_one_process_resumes_what_two_have_trained(folder: Path) -> None:
    run = steady_run(BATCH_SIZE)
    longer = replace(run, training=replace(run.training, steps=5))
    events = list(train(longer, factories.labelled_images(), folder / "run", resume=True))
    assert [event.number for event in events if isinstance(event, Step)] == [5]
    assert RunFolder(folder / "run").read_state()["step"] == 5


WEIGHTS_SCRIPT = f"""
import sys, torch
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from gan_core.training.run_folder import RunFolder
from gan_core.training.trainer import Trainer
from tests import factories

torch.set_num_threads(1)
folder = Path(sys.argv[1])
run = factories.run("dcgan", steps=3, penalty_every=2, save_every=3)
trainer = Trainer(run, factories.labelled_images(), RunFolder(folder / "run"))
if trainer.accelerator.is_main_process:
    trainer.files.create(run)
trainer.accelerator.wait_for_everyone()
for event in trainer.events(lambda: False):
    pass
weights = {{f"{{network}} {{name}}": value.detach() for network in ("generator", "discriminator")
           for name, value in getattr(trainer, network).named_parameters()}}
rank, count = trainer.accelerator.process_index, trainer.accelerator.num_processes
torch.save(weights, folder / f"rank-{{rank}}-of-{{count}}.pt")
"""


def test_two_processes_end_with_the_same_weights_and_one_state(tmp_path: Path) -> None:
    launch(WEIGHTS_SCRIPT, tmp_path)
    first, second = (torch.load(tmp_path / f"rank-{rank}-of-2.pt") for rank in (0, 1))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    files = RunFolder(tmp_path / "run")
    state, run = files.read_state(), files.read_config()
    assert state["step"] == 3
    assert torch.equal(state["generator"]["dense.weight"], first["generator dense.weight"])
    with seeded_rng(run.training.seed, 0, 0):
        untrained = FAMILIES["dcgan"].generator(run.model).state_dict()
    assert not torch.equal(state["generator"]["dense.weight"], untrained["dense.weight"])
    resumed = Trainer(run, factories.labelled_images(), files)
    resumed.restore(state)
    assert resumed.step == 3


# The documented commands ----------------------------------------------------------------------------------------------


def documented_commands() -> list[str]:
    """The command lines of the section "Many devices"."""
    section = (ROOT / "docs" / "training.md").read_text(encoding="utf-8").partition("## Many devices\n")[2]
    lines = section.partition("\n## ")[0].splitlines()
    return [line.strip() for line in lines if line.startswith("    ")]


COMMANDS = documented_commands()
SMALL = "--width 8 --latent-size 4 --image-size 28 --batch-size 4 --steps 2 --log-every 1 --device cpu"


def test_the_commands_of_both_launchers_are_documented() -> None:
    assert [command.split()[0] for command in COMMANDS] == ["torchrun", "torchrun", "accelerate"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_documented_command_trains_in_two_processes(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run as documented but for the number of processes, the host, data and folder, and with small networks."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    words = shlex.split(command)
    machines = int(words[words.index("--nnodes") + 1]) if "--nnodes" in words else 1
    values = {
        "--nproc-per-node": str(2 // machines),
        "--num_processes": "2",
        "--rdzv-endpoint": f"localhost:{free_port()}",
        "--data": str(write_images(tmp_path / "images")),
        "--run": str(tmp_path / "run"),
    }
    for option, value in values.items():
        if option in words:
            words[words.index(option) + 1] = value
    program = Path(sys.executable).with_name(words[0])
    launchers = [
        subprocess.Popen(
            [str(program), *words[1:], *SMALL.split()],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(machines)
    ]
    try:
        errors = [launcher.communicate(timeout=TIMEOUT_S)[1] for launcher in launchers]
    finally:
        for launcher in launchers:
            launcher.kill()
    assert [launcher.returncode for launcher in launchers] == [0] * machines, errors
    state = RunFolder(tmp_path / "run").read_state()
    assert state["step"] == 2
    assert state["hardware"].endswith("2 processes")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]
