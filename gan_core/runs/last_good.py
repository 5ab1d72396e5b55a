"""The last save at which all was well: what a remedy begins with, and what is left of a training that failed later.

It lies in the run's folder as a run of its own, to start from, to export, or to resume. Until the next save it takes no
room: both are one file.
"""

import os
import shutil
from pathlib import Path

from gan_core.checkpoints.store import root_folder
from gan_core.evaluation.classifier import load_feature_classifier
from gan_core.runs import previews, promotion
from gan_core.runs.diagnosis import EXPLODED, UNALIKE, Evidence, Kind, diagnose
from gan_core.runs.log_reader import Column, latest, read
from gan_core.runs.status import Entry, look
from gan_core.training.run_folder import RunFolder, write_whole


def keep_if_well(folder: Path) -> bool:
    """After each save: make it the last good one where its log and its last previews tell of nothing wrong, nor of
    anything that begins to be. Whether it was. Raises OSError where the disk is full."""
    entry, (log, seen) = look(folder), (read(folder / f"{name}.jsonl") for name in ("log", "seen"))
    if begins_to_fail(log, seen) or diagnose(Evidence(entry, log, seen, classes_drawn(entry))).kind is not Kind.FINE:
        return False
    whole = RunFolder(folder)
    good = RunFolder(whole.good)
    good.path.mkdir(exist_ok=True)
    for ours, theirs in ((whole.state, good.state), (whole.config, good.config), (whole.encoder, good.encoder)):
        if ours.is_file():
            link(ours, theirs)
    step = whole.saved.read_text()
    write_whole(good.saved, lambda file: file.write_text(step))  # last: what has no step is no save
    return True


def begins_to_fail(log: dict[str, Column], seen: dict[str, Column]) -> bool:
    """Whether the last line or the last preview shows what a diagnosis waits for more of."""
    norms = [latest(log, name) for name in ("generator_gradient", "discriminator_gradient")]
    alike = latest(seen, "diversity")
    return (alike is not None and alike < UNALIKE) or any(norm is not None and norm > EXPLODED for norm in norms)


def classes_drawn(entry: Entry) -> list[int]:
    """How many pictures of the last preview the judge takes for each class; empty where no judge knows such ones."""
    root = root_folder()
    name, shown = promotion.judge_of_run(entry, root), previews.steps(entry.folder)
    if not name or not shown:
        return []
    return previews.class_shares(previews.sheet(entry.folder, shown[-1]), load_feature_classifier(name, root))


def link(source: Path, target: Path) -> None:
    """One file under a second name, or a copy where the disk knows no such thing. Never half of one."""
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        os.link(source, partial)
    except OSError:
        shutil.copyfile(source, partial)
    os.replace(partial, target)
    partial.unlink(missing_ok=True)  # where both names were one file already, nothing was replaced
