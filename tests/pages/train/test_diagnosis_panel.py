"""The diagnosis of a run, and the start of a remedy."""

import json
import shutil
from pathlib import Path

import pytest

from gan_core.runs.status import list_runs
from tests.pages.conftest import OpenPage
from tests.pages.queries import page_text, press_button
from tests.pages.train.conftest import finished_run


@pytest.mark.parametrize("good", [True, False], ids=["with a good save", "never well"])
def test_a_remedy_starts_a_run_from_the_last_good_save_once(
    good: bool, open_page: OpenPage, runs_root: Path, launched_commands: list[list[str]]
) -> None:
    folder = finished_run(runs_root)
    lines = [{"step": step, "told_apart": 1.0, "discriminator": 0.001, "generator": 9.0,
              "generator_gradient": 1.0 if step < 5 else 1e-5} for step in range(1, 40)]  # fmt: skip
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    if good:
        shutil.copytree(folder, folder / "good", ignore=shutil.ignore_patterns("good", "previews"))
    app = open_page("train", run="mine")
    assert "The discriminator has won" in page_text(app)
    assert (
        "from the last good save, step 12" if good else "from the beginning (no save of this one is known to be good)"
    ) in page_text(app)
    press_button(app, "Relativistic with R1 and R2")
    assert not app.exception
    (command,) = launched_commands
    assert ("--start" in command) is good
    assert not good or command[command.index("--start") + 1] == str(folder / "good")
    assert command[command.index("--objective") + 1] == "relativistic"
    assert len(list_runs(runs_root)) == 2
    assert app.selectbox(key="run").value == list_runs(runs_root)[0].name
