"""Folders of runs whose files are damaged: settings, notes of the queue, logs, saves, and previews."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from gan_core.runs import diagnosis, log_reader, previews, progress, remedies, status
from gan_core.training.run_folder import RunFolder
from tests.fuzz import commands
from tests.fuzz.json_values import LONG_NUMBER, NESTED, json_bytes
from tests.fuzz.mutations import mutated
from tests.fuzz.targets import Target

FIXTURE = Path(__file__).parents[1] / "fixtures" / "version_0_1" / "runs" / "first"
LOG_ROWS = (
    {"step": 1, "seconds": 0.5, "generator": 0.7, "discriminator": 1.2, "auc": 0.5, "generator_norm": 1.0, "real": 0.1},
    {"step": 2, "diversity": 0.9, "nn_distance": 0.5, "sharpness": 1.0},
)
REQUEST = {"title": "My run", "asked": 1.7e9, "arguments": ["train", "dcgan"], "plan": {"training": {"steps": 9}}}
PROCESS = {"pid": 1, "queued": 1.7e9, "began": 1.7e9, "ended": 1.7e9 + 9, "reason": "it failed"}
SAVED_STEPS = (b"5", b"-1", b"9" * 5000, b"1e3", b"\xd9\xa3")


@cache
def run_settings() -> tuple[Any, ...]:
    recorded = json.loads((FIXTURE.parents[1] / "run-configs.json").read_text(encoding="utf-8"))
    configs = list(recorded.values()) if isinstance(recorded, dict) else recorded
    return (json.loads((FIXTURE / "run.json").read_text(encoding="utf-8")), *configs[:6])


def logs() -> st.SearchStrategy[bytes]:
    rows = st.one_of(json_bytes(*LOG_ROWS), st.sampled_from([json.dumps(row).encode() for row in LOG_ROWS]))
    return st.builds(
        lambda newline, lines, end: newline.join(lines) + end,
        st.sampled_from((b"\n", b"\r\n", b"\x0b", b"\n\n")),
        st.lists(rows, max_size=8),
        st.sampled_from((b"\n", b"", b"{")),
    )


def run_files() -> st.SearchStrategy[dict[str, bytes]]:
    state = (FIXTURE / "state.pt").read_bytes()
    preview = next((FIXTURE / "previews").glob("*.png"), None)
    pictures = mutated([preview.read_bytes()]) if preview else st.binary(max_size=40)
    return st.fixed_dictionaries(
        {"run.json": st.deferred(lambda: json_bytes(*run_settings()))},
        optional={
            "log.jsonl": logs(), "seen.jsonl": logs(), ".request.json": json_bytes(REQUEST),
            ".process.json": json_bytes(PROCESS),
            ".saved": st.one_of(st.binary(max_size=12), st.sampled_from(SAVED_STEPS)),
            ".output.txt": st.binary(max_size=50), "state.pt": mutated([state]), "previews/step-0000002.png": pictures,
            "previews/step-²³.png": pictures, "prompts.txt": st.binary(max_size=40),
        },
    )  # fmt: skip


def write_run(files: dict[str, bytes], folder: Path) -> Path:
    run = folder / "runs" / "first"
    (run / "previews").mkdir(parents=True)
    for name, content in files.items():
        (run / name).write_bytes(content)
    return run


def read_run(value: dict[str, bytes], folder: Path) -> None:
    """What the page Train shows of a run, without the page."""
    run = write_run(value, folder)
    (found,) = status.list_runs(run.parent)
    assert isinstance(found.title, str)
    assert found.total_steps >= 0
    found.setting("image_size")
    columns, seen = (log_reader.read_columns(run / name) for name in ("log.jsonl", "seen.jsonl"))
    steps = columns.get("step", np.empty(0))
    for values in columns.values():
        log_reader.downsample(steps, log_reader.smooth(values))
    progress.seconds_remaining(found, columns)
    found_diagnosis = diagnosis.diagnose(diagnosis.RunMetrics(found, columns, seen))
    for remedy in found_diagnosis.remedies:
        remedies.apply_remedy(found.config, remedy)


def open_run(value: dict[str, bytes], folder: Path) -> None:
    """What `train --resume` and `export` read of a run."""
    run = write_run(value, folder)
    for read in (RunFolder(run).read_config, RunFolder(run).read_state, RunFolder(run).start_over):
        try:
            read()
        except ValueError as error:  # UsageError is one
            if type(error) is ValueError:
                raise


def export_run(value: dict[str, bytes], folder: Path) -> None:
    run = write_run(value, folder)
    commands.run(["export", str(run), "mine", "--checkpoints", str(folder / "checkpoints")])


def show_previews(value: bytes, folder: Path) -> None:
    """The last preview of a run, cut into its pictures, and their film."""
    run = write_run({"run.json": b"{}", "previews/step-0000001.png": value, "previews/step-0000002.png": value}, folder)
    try:
        previews.split_grid(value)
        previews.time_lapse(run)
    except OSError:  # the page tells what the system says
        pass


HARDLY_JSON = tuple(
    {"run.json": text, "log.jsonl": text + b"\n", ".request.json": text} for text in (NESTED, LONG_NUMBER)
)
ODD_NOTES = (
    {
        "run.json": b"{}",
        ".process.json": b'{"queued": null, "began": "x", "pid": []}',
        ".request.json": b'{"asked": []}',
    },
    {"run.json": b'{"training": {"steps": "9"}, "data": null}', "log.jsonl": b'{"step": null}\n{"seconds": 1}\n'},
    {"run.json": b'{"training": {"steps": -3}}', "log.jsonl": b'{"step": 5}\n', "state.pt": b"x"},
    {"run.json": b'{"training": []}', ".request.json": b'{"plan": 3, "asked": "yesterday", "title": {}}'},
)
TARGETS = (
    Target("run on the page Train", run_files(), read_run, HARDLY_JSON + ODD_NOTES, short_count=40),
    Target("run to resume", run_files(), open_run, HARDLY_JSON + ODD_NOTES, short_count=20),
    Target("run to export", run_files(), export_run, HARDLY_JSON, short_count=8),
)
