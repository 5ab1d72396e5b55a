"""From a run to a model that all pages draw with: the export, a sample for `check`, scores where there is a judge."""

import json
import subprocess
import sys
from pathlib import Path

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import CONFIG_FILE
from gan_core.data.archives import default_data_folder, locate_dataset
from gan_core.data.registry import TORCHVISION_DATASETS
from gan_core.errors import UsageError
from gan_core.evaluation import reference_check
from gan_core.paths import PROJECT_ROOT
from gan_core.runs import lifecycle
from gan_core.runs.status import LAST_GOOD_FOLDER, RunStatus
from gan_core.tasks import Task
from gan_core.training.export import export

SAMPLE_COUNT = 2_000  # pictures that the judge sees


def promote(status: RunStatus, name: str, root: Path, *, last_good: bool = False, force: bool = False) -> Checkpoint:
    """The average of the last save's generator, with its critic and card, as `root`/`name`; of the last `good` save's
    where that is asked for.

    Raises InputError where nothing is saved yet, the name is none, or it is taken.
    """
    if not status.saved_step:
        raise UsageError(f"{status.title} has saved nothing yet: wait for its first save, or stop it, which saves.")
    if (root / name).exists() and not force:
        raise UsageError(f"There is a model {name} already: choose another name.")
    checkpoint = export(
        status.folder / LAST_GOOD_FOLDER if last_good else status.folder,
        name.strip(),
        root,
        with_discriminator=True,
        force=force,
    )
    reference_check.update_reference(checkpoint)
    return checkpoint


def classifier_for(checkpoint: Checkpoint, root: Path) -> str | None:
    """The judge that can score it; None where there is none for its data or its size."""
    config, name = checkpoint.config, str(checkpoint.description.data.get("name", ""))
    if name in TORCHVISION_DATASETS:
        return classifier_for_dataset(name, config.image_size, config.image_channels, root)
    classifier = f"judge-{name}"
    has_scorer = checkpoint.family.task in (Task.UNCONDITIONAL, Task.CLASS_CONDITIONAL)
    is_available = has_scorer and locate_dataset(name, default_data_folder())
    return classifier if is_available and input_size(classifier, root) == config.image_size else None


def input_size(classifier: str, root: Path) -> int | None:
    """Side of the pictures that a judge reads; None where there is none, or one of labels."""
    try:
        return json.loads((root / classifier / CONFIG_FILE).read_text()).get("size")
    except (OSError, ValueError, AttributeError):
        return None


def classifier_for_run(status: RunStatus, root: Path) -> str | None:
    """The judge that can read a run's previews; None where there is none for its data or its size."""
    data = Path(status.config.get("data", "")).stem
    return classifier_for_dataset(data, status.setting("image_size"), status.setting("image_channels"), root)


def classifier_for_dataset(data: str, image_size: int, image_channels: int, root: Path) -> str | None:
    """The judge of pictures like these; None where nobody knows them."""
    has_classifier = (
        data in TORCHVISION_DATASETS
        and (image_size, image_channels) == (28, 1)
        and (root / f"judge-{data}" / CONFIG_FILE).is_file()
    )
    return f"judge-{data}" if has_classifier else None


def score_in_background(checkpoint: Checkpoint, count: int = SAMPLE_COUNT) -> subprocess.Popen:
    """Let the judge see so many of its pictures, or half as many as there are real ones where those have no test set,
    in a process of its own; the scores then stand in config and card."""
    command = ["evaluate", checkpoint.name, "--save", "--checkpoints", str(checkpoint.folder.parent)]
    command += ["--count", str(count)] if checkpoint.description.data.get("name") in TORCHVISION_DATASETS else []
    child = subprocess.Popen(
        [sys.executable, "-m", "gan_core", *command], cwd=PROJECT_ROOT, env=lifecycle.child_environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    lifecycle.track_child(child)
    return child
