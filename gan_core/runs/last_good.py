"""The last good save of a run: the last one at which the run was healthy. Remedies start from it.

It lies in the run's folder as a run of its own, to start from, to export or to resume. Until the next save its files
are hard links to the run's and take no room.
"""

import os
import shutil
from pathlib import Path

from gan_core.checkpoints.store import resolve_root
from gan_core.evaluation.classifier import load_feature_classifier
from gan_core.files import write_atomically
from gan_core.runs import previews, promotion
from gan_core.runs.diagnosis import EXPLODED_NORM, MIN_DIVERSITY, Health, RunMetrics, diagnose
from gan_core.runs.log_reader import Column, last_median, read_columns
from gan_core.runs.status import RunStatus, read_status
from gan_core.training.run_folder import RunFolder


def update_last_good(folder: Path) -> bool:
    """Makes the save just written the last good one, unless log or previews show a failure, or the beginning of one.

    Returns whether it did. Raises OSError where the disk is full.
    """
    files, status = RunFolder(folder), read_status(folder)
    log, preview_metrics = read_columns(files.log_file), read_columns(files.preview_metrics_file)
    if shows_early_failure(log, preview_metrics):
        return False
    health = diagnose(RunMetrics(status, log, preview_metrics, *last_class_counts(status))).health
    if health not in (Health.HEALTHY, Health.UNEVEN):
        return False
    last_good = RunFolder(files.last_good_folder)
    last_good.path.mkdir(exist_ok=True)
    for source, target in (
        (files.state_file, last_good.state_file),
        (files.config_file, last_good.config_file),
        (files.encoder_file, last_good.encoder_file),
    ):
        if source.is_file():
            write_atomically(target, lambda partial, source=source: link_or_copy(source, partial))
    step = files.saved_step_file.read_text()
    write_atomically(last_good.saved_step_file, lambda partial: partial.write_text(step))  # last: it completes the save
    return True


def shows_early_failure(log: dict[str, Column], preview_metrics: dict[str, Column]) -> bool:
    """Whether the last line or preview shows a failure that a diagnosis waits to see repeated."""
    norms = [last_median(log, name) for name in ("generator_gradient", "discriminator_gradient")]
    diversity = last_median(preview_metrics, "diversity")
    return (diversity is not None and diversity < MIN_DIVERSITY) or any(
        norm is not None and norm > EXPLODED_NORM for norm in norms
    )


def last_class_counts(status: RunStatus) -> list[list[int]]:
    """How many images are of each class, in the last preview and in the one before it; none without a classifier."""
    root = resolve_root()
    classifier_name, steps = promotion.classifier_for_run(status, root), previews.preview_steps(status.folder)
    if not classifier_name or not steps:
        return []
    classifier = load_feature_classifier(classifier_name, root)
    last_steps = [steps[-1], *(step for step in steps[-2:-1] if step > 0)]  # step 0 shows untrained networks
    return [previews.class_counts(previews.read_preview(status.folder, step), classifier) for step in last_steps]


def link_or_copy(source: Path, target: Path) -> None:
    """A hard link, or a copy where the file system has none."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
