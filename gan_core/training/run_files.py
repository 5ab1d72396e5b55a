"""Names and formats of the files in a run's folder, for the trainer, which writes them, and `runs`, which reads them.

Imports neither torch nor the models: who only looks at a run needs none of them.
"""

from pathlib import Path
from typing import Any

from gan_core.json_text import parse_json

RUN_CONFIG_FILE = "run.json"
STATE_FILE = "state.pt"
SAVED_STEP_FILE = ".saved"  # the step of the last save, for readers that do not load the state
ENCODER_FILE = "text.safetensors"  # of text-to-image families
LOG_FILE = "log.jsonl"
PREVIEW_METRICS_FILE = "seen.jsonl"  # one line a preview
PREVIEWS_FOLDER = "previews"
PROMPTS_FILE = "prompts.txt"  # of the previews of text-to-image families
REAL_SHEET_FILE = "real.png"  # real images, beside the previews
LAST_GOOD_FOLDER = "good"  # a run of its own: the last save at which the run was healthy
LOCK_FILE = ".lock"  # held by the process that trains
MAX_STEP = 1e12  # beyond it a log is damaged


def preview_file(folder: Path, step: int) -> Path:
    """The PNG grid of a step's preview; names sort by step."""
    return folder / PREVIEWS_FOLDER / f"step-{step:07d}.png"


def preview_steps(folder: Path) -> list[int]:
    """The steps that have a preview, in order."""
    stems = (file.stem.removeprefix("step-") for file in (folder / PREVIEWS_FOLDER).glob("step-*.png"))
    return sorted(int(stem) for stem in stems if stem.isdecimal())


def parse_log(text: str | bytes) -> list[dict[str, Any]]:
    """The rows of a log in JSON lines, each with a `step`; lines that a killed process left incomplete are skipped."""
    rows = []
    for line in text.splitlines():
        try:
            row = parse_json(line)
        except ValueError:
            continue
        if isinstance(row, dict) and is_step(row.get("step")):
            rows.append(row)
    return rows


def is_step(value: Any) -> bool:
    """Whether a value is a number that can be a step."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < MAX_STEP
