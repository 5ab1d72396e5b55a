"""The last save at which all was well: what a remedy begins with, and what is left of a training that failed later.

It lies in the run's folder as a run of its own, to start from or to export. Until the next save it takes no room: both
are one file.
"""

import os
import shutil
from pathlib import Path

from gan_core.models import FAMILIES
from gan_core.studio.diagnosis import UNALIKE, Evidence, Kind, diagnose
from gan_core.studio.entries import look
from gan_core.studio.history import latest, read
from gan_core.training.runs import RunFolder


def keep_if_well(folder: Path) -> bool:
    """After each save: make it the last good one where nothing is found wrong, nor begins to be. Whether it was."""
    entry, (log, seen) = look(folder), (read(folder / f"{name}.jsonl") for name in ("log", "seen"))
    family = FAMILIES.get(entry.plan.get("family", ""))
    told = family is not None and family.condition == "label"
    alike = latest(seen, "diversity")
    if diagnose(Evidence(entry, log, seen, told=told)).kind is not Kind.FINE or (alike or 1.0) < UNALIKE:
        return False
    whole = RunFolder(folder)
    good = RunFolder(whole.good)
    good.path.mkdir(exist_ok=True)
    for ours, theirs in ((whole.state, good.state), (whole.config, good.config), (whole.encoder, good.encoder)):
        if ours.is_file():
            link(ours, theirs)
    shutil.copyfile(whole.saved, good.saved)  # last: what has no step is no save
    return True


def link(source: Path, target: Path) -> None:
    """One file under a second name, or a copy where the disk knows no such thing. Never half of one."""
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        os.link(source, partial)
    except OSError:
        shutil.copyfile(source, partial)
    os.replace(partial, target)
