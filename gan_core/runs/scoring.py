"""Measures scores of models in processes of their own: what can be measured, by which classifier, how far it is.

Every `evaluate --save` reports in two hidden files in the model's folder while it runs: a lock, which the system
releases however the process ends, and a note of what is done. Both are gone when the scores are saved.
"""

import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from gan_core.checkpoints import own
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.data.archives import default_data_folder, locate_dataset
from gan_core.data.benchmarks import BENCHMARKS, BUNDLE_FILE
from gan_core.errors import UsageError
from gan_core.evaluation.general_features import find_general_classifier
from gan_core.evaluation.unlabelled import MIN_COUNT
from gan_core.models import Task
from gan_core.runs.processes import start_detached
from gan_core.runs.promotion import classifier_for, is_torchvision
from gan_core.runs.queue import failure_message, is_locked, read_note, write_note

NOTE_FILE = ".scoring.json"  # images done and in all, or the reason why it ended early
LOCK_FILE = ".scoring"  # held by the process that measures
SAMPLE_COUNT = 2_000  # images that a model of a torchvision data set is evaluated with
START_TIMEOUT_S = 120.0  # from the request until the process holds its lock: it imports torch first
REPORT_INTERVAL_S = 0.5


# What can be measured -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ScoringPlan:
    """How a model's scores are measured: the classifier, None for super-resolution, and the flags of `evaluate`.

    `is_general`: the classifier was trained on other images; its features are used for want of one of these data.
    """

    classifier: str | None
    flags: tuple[str, ...] = ()
    is_general: bool = False


def plan_scoring(checkpoint: Checkpoint, root: Path) -> ScoringPlan:
    """How the scores of a model of one's own can be measured.

    Raises UsageError where they cannot: the sentence says what is missing, and what to do.
    """
    data = str(checkpoint.description.data.get("name", ""))
    if checkpoint.family.task == Task.SUPER_RESOLUTION:
        return plan_benchmarks()
    if checkpoint.family.task == Task.TEXT_TO_IMAGE:
        raise UsageError(
            f"Scores of a model that draws from texts take long, and need a classifier of its data: "
            f"`python -m gan_core judge {data}`, then `{evaluate_command(checkpoint)} --save`."
        )
    is_named = is_torchvision(checkpoint)
    if is_named and classifier_for(checkpoint, root):
        return ScoringPlan(f"judge-{data}", ("--count", str(SAMPLE_COUNT)))
    data_flags = () if is_named else ("--data", find_training_data(checkpoint))
    if int(checkpoint.description.data.get("pictures", 0)) < 2 * MIN_COUNT:
        raise UsageError(f"Scores need at least {2 * MIN_COUNT} training images to compare with.")
    if not is_named and (classifier := classifier_for(checkpoint, root)):
        return ScoringPlan(classifier, data_flags)
    general = find_general_classifier(root)
    if general is None:
        source = shlex.quote(data_flags[-1] if data_flags else data)
        raise UsageError(
            f"There is no classifier to measure these images with: `python -m gan_core judge {source}` trains one."
        )
    return ScoringPlan(general, (*data_flags, "--judge", general), is_general=True)


def plan_benchmarks() -> ScoringPlan:
    """For super-resolution: all benchmarks, where the data folder has them."""
    folder = default_data_folder()
    if not (folder / BUNDLE_FILE).is_file() and not all(locate_dataset(name, folder) for name in BENCHMARKS):
        raise UsageError(
            f"Scores are measured on the benchmarks {', '.join(BENCHMARKS)}, which the folder of data sets does not"
            " hold. Any folder of photos does as well: `python -m gan_core evaluate NAME --data FOLDER --save`."
        )
    return ScoringPlan(None)


def find_training_data(checkpoint: Checkpoint) -> str:
    """The path of the images that a model was trained on. Raises UsageError where they are not there any more."""
    noted = checkpoint.own.data if checkpoint.own else None
    name = str(checkpoint.description.data.get("name", ""))
    found = locate_dataset(noted or name, default_data_folder())
    if found is None:
        missing = f"{noted} is not there any more" if noted else f"the folder of data sets holds no {name}"
        raise UsageError(
            f"Scores compare with the training images, and {missing}: "
            f"`{evaluate_command(checkpoint)} --data FOLDER --save` takes them from elsewhere."
        )
    return str(found.resolve())


def evaluate_command(checkpoint: Checkpoint) -> str:
    return f"python -m gan_core evaluate {shlex.quote(checkpoint.name)}"


def score_in_background(checkpoint: Checkpoint, plan: ScoringPlan) -> subprocess.Popen:
    """Evaluates a checkpoint in a detached process, which writes the scores into its config and card."""
    write_note(checkpoint.folder / NOTE_FILE, {"requested": time.time()})
    arguments = ["evaluate", str(checkpoint.folder), "--save", "--checkpoints", str(checkpoint.folder.parent)]
    return start_detached([*arguments, *plan.flags])


# How far it is --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ScoringState:
    """Whether scores are being measured, the images done and in all (None where unknown), and why it ended early."""

    is_running: bool
    done: int = 0
    total: int | None = None
    failure: str | None = None


def scoring_state(checkpoint: Checkpoint) -> ScoringState:
    """What the process that measures this model reports; nothing where there is none, or it has ended well."""
    note = read_note(checkpoint.folder / NOTE_FILE)
    if is_locked(checkpoint.folder / LOCK_FILE):
        return ScoringState(True, int(note.get("done", 0)), note.get("total"))
    if not note:
        return ScoringState(False)
    if "reason" in note:
        return ScoringState(False, failure=note["reason"] or "It was interrupted.")
    is_starting = "began" not in note and time.time() - note.get("requested", 0.0) < START_TIMEOUT_S
    return ScoringState(is_starting, failure=None if is_starting else "It was interrupted.")


@contextmanager
def report_scoring(checkpoint: Checkpoint) -> Iterator[Callable[[int, int | None], Any]]:
    """While the block measures and saves scores, others see so; yields the function that reports images done, in all.

    Waits for another process that measures the same model.
    """
    lock, note_file = checkpoint.folder / LOCK_FILE, checkpoint.folder / NOTE_FILE
    last_report = 0.0

    def report(done: int, total: int | None) -> None:
        nonlocal last_report
        if time.monotonic() - last_report > REPORT_INTERVAL_S:
            last_report = time.monotonic()
            with suppress(OSError):  # the model was deleted meanwhile
                write_note(note_file, {"began": began, "done": done, "total": total})

    with FileLock(lock):
        began = time.time()
        write_note(note_file, {"began": began})
        try:
            yield report
        except BaseException as error:
            with suppress(OSError):
                write_note(note_file, {"began": began, "reason": failure_message(error)})
            raise
        finally:
            lock.unlink(missing_ok=True)
        note_file.unlink(missing_ok=True)


def rename_model(name: str, text: str, root: Path) -> Checkpoint:
    """`own.rename_own`, unless the model is being measured by a process that knows it by its former name."""
    if scoring_state(own.find_own(name, root)).is_running:
        raise UsageError(f"The scores of {name} are being measured: rename it when that is done.")
    return own.rename_own(name, text, root)
