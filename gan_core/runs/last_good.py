"""The last save at which all was well: what a remedy begins with, and what is left of a training that failed later.

It lies in the run's folder as a run of its own, to start from, to export, or to resume. Until the next save it takes no
room: both are one file.
"""

import os
import shutil
from pathlib import Path

from gan_core.checkpoints.store import resolve_root
from gan_core.evaluation.classifier import load_feature_classifier
from gan_core.runs import previews, promotion
from gan_core.runs.diagnosis import EXPLODED_NORM, MIN_DIVERSITY, Health, RunMetrics, diagnose
from gan_core.runs.log_reader import Column, last_median, read_columns
from gan_core.runs.status import RunStatus, read_status
from gan_core.training.run_folder import RunFolder, write_atomically


def update_last_good(folder: Path) -> bool:
    """After each save: make it the last good one where its log and its last previews tell of nothing wrong, nor of
    anything that begins to be. Whether it was. Raises OSError where the disk is full."""
    status, (log, preview_metrics) = (
        read_status(folder),
        (read_columns(folder / f"{name}.jsonl") for name in ("log", "seen")),
    )
    if (
        shows_early_failure(log, preview_metrics)
        or diagnose(RunMetrics(status, log, preview_metrics, preview_class_counts(status))).health is not Health.HEALTHY
    ):
        return False
    run_files = RunFolder(folder)
    last_good_files = RunFolder(run_files.last_good_folder)
    last_good_files.path.mkdir(exist_ok=True)
    for source, target in (
        (run_files.state_file, last_good_files.state_file),
        (run_files.config_file, last_good_files.config_file),
        (run_files.encoder_file, last_good_files.encoder_file),
    ):
        if source.is_file():
            link_or_copy(source, target)
    step = run_files.saved_step_file.read_text()
    write_atomically(
        last_good_files.saved_step_file, lambda file: file.write_text(step)
    )  # last: what has no step is no save
    return True


def shows_early_failure(log: dict[str, Column], preview_metrics: dict[str, Column]) -> bool:
    """Whether the last line or the last preview shows what a diagnosis waits for more of."""
    norms = [last_median(log, name) for name in ("generator_gradient", "discriminator_gradient")]
    diversity = last_median(preview_metrics, "diversity")
    return (diversity is not None and diversity < MIN_DIVERSITY) or any(
        norm is not None and norm > EXPLODED_NORM for norm in norms
    )


def preview_class_counts(status: RunStatus) -> list[int]:
    """How many pictures of the last preview the judge takes for each class; empty where no judge knows such ones."""
    root = resolve_root()
    classifier_name, preview_steps = promotion.classifier_for_run(status, root), previews.preview_steps(status.folder)
    if not classifier_name or not preview_steps:
        return []
    return previews.class_counts(
        previews.read_preview(status.folder, preview_steps[-1]), load_feature_classifier(classifier_name, root)
    )


def link_or_copy(source: Path, target: Path) -> None:
    """One file under a second name, or a copy where the disk knows no such thing. Never half of one."""
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        os.link(source, partial)
    except OSError:
        shutil.copyfile(source, partial)
    os.replace(partial, target)
    partial.unlink(missing_ok=True)  # where both names were one file already, nothing was replaced
