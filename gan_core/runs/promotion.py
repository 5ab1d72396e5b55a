"""Makes a run a model that all pages use: exports it and draws its reference image; names its classifier."""

from pathlib import Path
from typing import Any

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import CONFIG_FILE
from gan_core.checkpoints.naming import name_and_title
from gan_core.data.archives import default_data_folder, locate_dataset
from gan_core.data.registry import TORCHVISION_DATASETS
from gan_core.errors import UsageError
from gan_core.evaluation import judges, reference_check
from gan_core.evaluation.judges import candidates
from gan_core.models import Task
from gan_core.runs.status import RunStatus
from gan_core.training.export import export
from gan_core.training.run_files import LAST_GOOD_FOLDER


def promote(
    status: RunStatus,
    name: str,
    root: Path,
    *,
    last_good: bool = False,
    licence: str | None = None,
    public: bool = False,
    force: bool = False,
) -> Checkpoint:
    """Exports the last save, or the last good one, as a model of one's own under `root`, with its discriminator.

    `name`, `licence` and `public` are those of `export`. Raises UsageError where nothing is saved yet, the name cannot
    be used, or it is taken without `force`.
    """
    if not status.saved_step:
        raise UsageError(f"{status.title} has saved nothing yet: wait for its first save, or stop it, which saves.")
    folder_name, _ = name_and_title(name)
    if (root / folder_name).exists() and not force:
        raise UsageError(f"There is a model {folder_name} already: choose another name.")
    folder = status.folder / LAST_GOOD_FOLDER if last_good else status.folder
    checkpoint = export(folder, name, root, with_discriminator=True, licence=licence, public=public, force=force)
    reference_check.update_reference(checkpoint)
    return checkpoint


def classifier_for(checkpoint: Checkpoint, root: Path) -> str | None:
    """The name of the classifier that can evaluate a checkpoint; None without one for its data and image size."""
    config, name = checkpoint.config, str(checkpoint.description.data.get("name", ""))
    if is_torchvision(checkpoint):
        return classifier_for_dataset(name, config.image_size, config.image_channels, root)
    classifier = judge_for(name, checkpoint.description.data.get("fingerprint"), root)
    has_task = checkpoint.family.task in (Task.UNCONDITIONAL, Task.CLASS_CONDITIONAL)
    noted = checkpoint.own.data if checkpoint.own else None
    is_available = has_task and locate_dataset(noted or name, default_data_folder())
    fits = classifier is not None and input_size(classifier, root) == config.image_size
    return classifier if is_available and fits else None


def is_torchvision(checkpoint: Checkpoint) -> bool:
    """Whether a model was trained on a data set of torchvision, and not on a folder or zip that is called like it."""
    noted = checkpoint.own.data if checkpoint.own else None
    return checkpoint.description.data.get("name") in TORCHVISION_DATASETS and noted is None


def judge_for(data: str, fingerprint: Any, root: Path) -> str | None:
    """The name of the classifier of a model's data: that with its fingerprint, or the one of its name that has none.

    None where there are only classifiers of other data sets of the same name.
    """
    kept = {name: judges.data_of(judges.read_config(name, root)).get("fingerprint") for name in candidates(data, root)}
    if fingerprint and fingerprint in kept.values():
        return next(name for name, value in kept.items() if value == fingerprint)
    plain = judges.classifier_name(data)
    return plain if not fingerprint or kept.get(plain) is None else None


def classifier_for_run(status: RunStatus, root: Path) -> str | None:
    """The name of the classifier that can read a run's previews; None without one for its data and image size."""
    data = str(status.config.get("data", ""))  # a path is none of torchvision's, whatever it is called
    return classifier_for_dataset(data, status.setting("image_size"), status.setting("image_channels"), root)


def classifier_for_dataset(data: str, image_size: int, image_channels: int, root: Path) -> str | None:
    """The name of the classifier of a torchvision data set at its own size; None for any other images."""
    has_classifier = (
        data in TORCHVISION_DATASETS
        and (image_size, image_channels) == (28, 1)
        and (root / f"judge-{data}" / CONFIG_FILE).is_file()
    )
    return f"judge-{data}" if has_classifier else None


def input_size(classifier: str, root: Path) -> int | None:
    """The side in pixels of a classifier's input; None where there is none, or it is one of torchvision's data sets."""
    return judges.read_config(classifier, root).get("size")
