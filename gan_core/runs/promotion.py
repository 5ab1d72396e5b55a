"""From a run to a model that all pages draw with: the export, a sample for `check`, scores where there is a judge."""

import json
import subprocess
import sys
from pathlib import Path

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import CONFIG
from gan_core.data.archives import default_data_folder, locate_dataset
from gan_core.data.registry import TORCHVISION_DATASETS
from gan_core.errors import InputError
from gan_core.evaluation import reference_check
from gan_core.runs import lifecycle
from gan_core.runs.status import GOOD, Entry
from gan_core.training.export import export

COUNT = 2_000  # pictures that the judge sees


def use(entry: Entry, name: str, root: Path, *, good: bool = False, force: bool = False) -> Checkpoint:
    """The average of the last save's generator, with its critic and card, as `root`/`name`; of the last `good` save's
    where that is asked for.

    Raises InputError where nothing is saved yet, the name is none, or it is taken.
    """
    if not entry.saved:
        raise InputError(f"{entry.title} has saved nothing yet: wait for its first save, or stop it, which saves.")
    if (root / name).exists() and not force:
        raise InputError(f"There is a model {name} already: choose another name.")
    made = export(entry.folder / GOOD if good else entry.folder, name.strip(), root, critic=True, force=force)
    reference_check.update_reference(made)
    return made


def judge_of(checkpoint: Checkpoint, root: Path) -> str | None:
    """The judge that can score it; None where there is none for its data or its size."""
    config, name = checkpoint.config, str(checkpoint.description.data.get("name", ""))
    if name in TORCHVISION_DATASETS:
        return judge_for(name, config.image_size, config.image_channels, root)
    judge = f"judge-{name}"
    drawn = checkpoint.family.condition in ("none", "label") and locate_dataset(name, default_data_folder())
    return judge if drawn and size_read_by(judge, root) == config.image_size else None


def size_read_by(judge: str, root: Path) -> int | None:
    """Side of the pictures that a judge reads; None where there is none, or one of labels."""
    try:
        return json.loads((root / judge / CONFIG).read_text()).get("size")
    except (OSError, ValueError, AttributeError):
        return None


def judge_of_run(entry: Entry, root: Path) -> str | None:
    """The judge that can read a run's previews; None where there is none for its data or its size."""
    data = Path(entry.plan.get("data", "")).stem
    return judge_for(data, entry.setting("image_size"), entry.setting("image_channels"), root)


def judge_for(data: str, image_size: int, image_channels: int, root: Path) -> str | None:
    """The judge of pictures like these; None where nobody knows them."""
    known = data in TORCHVISION_DATASETS and (image_size, image_channels) == (28, 1) and (root / f"judge-{data}" / CONFIG).is_file()
    return f"judge-{data}" if known else None


def measure(checkpoint: Checkpoint, count: int = COUNT) -> subprocess.Popen:
    """Let the judge see so many of its pictures, or half as many as there are real ones where those have no test set,
    in a process of its own; the scores then stand in config and card."""
    command = ["evaluate", checkpoint.name, "--save", "--checkpoints", str(checkpoint.folder.parent)]
    command += ["--count", str(count)] if checkpoint.description.data.get("name") in TORCHVISION_DATASETS else []
    child = subprocess.Popen(
        [sys.executable, "-m", "gan_core", *command], cwd=lifecycle.PROJECT, env=lifecycle.surroundings(),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    lifecycle.keep_child(child)
    return child
