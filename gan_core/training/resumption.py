"""Resumes a run: its stored recipe with a new total of steps, and its data set, wherever that lies by now.

A run keeps the fingerprint of its data set in run.json. The same set is accepted anywhere; another one is refused, for
the training would not be the same. A run of an earlier version has none: it goes on, and gets one.
"""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from gan_core.data import registry
from gan_core.data.archives import locate_dataset
from gan_core.data.datasets import Dataset, InMemoryImages, StreamingImages
from gan_core.data.fingerprint import Fingerprint, class_difference, normal_form
from gan_core.errors import UsageError
from gan_core.models import Task, find_family
from gan_core.training.config import SCHEDULE_FIELDS, Run
from gan_core.training.run_folder import RunFolder

RESUMABLE_FIELDS = SCHEDULE_FIELDS | {"threads"}  # settings that a resumed run may change
OTHER_DATA = "This is not the data set of the run"  # begins the refusal of another one
NEW_PLACE_FLAGS = "--resume --data NEW"  # how a message names the place where the images are now


def resumed_run(
    run: Run, family: str, data: str | None, preset: str | None, start: Path | None, settings: dict[str, Any]
) -> Run:
    """The stored run with its new total of steps and schedule, and with the place where its data are now.

    Raises UsageError where anything else differs: to continue exactly, a resumed run keeps its recipe.
    """
    stored = {"family": run.family, "preset": run.preset, "data": run.data, "start": run.start}
    requested = {"family": family, "preset": preset, "start": start and str(start)}
    if data in registry.TORCHVISION_DATASETS or run.data in registry.TORCHVISION_DATASETS:
        requested["data"] = data  # these sets have one place, and may be downloaded there
    config = run.to_dict()
    stored_settings = config["model"] | config["training"] | config["objective"]
    stored_settings["objective"] = config["objective"]["name"]
    differing = [name for name, value in requested.items() if value is not None and value != stored[name]]
    differing += [
        name for name, value in settings.items() if name not in RESUMABLE_FIELDS and stored_settings.get(name) != value
    ]
    if differing:
        name = differing[0]
        stored_value = stored.get(name, stored_settings.get(name, "no such setting")) or "nothing"
        raise UsageError(
            f"This run was started with {name.replace('_', ' ')} {stored_value}; a resumed run keeps its recipe."
        )
    schedule = {name: settings[name] for name in RESUMABLE_FIELDS & settings.keys()}
    return replace(run, training=replace(run.training, **schedule), data=data or run.data)


def require_data(run: Run, data_dir: Path) -> None:
    """Raises UsageError where the images of a run are not where they were; the text says how to go on."""
    if not is_missing(run.data, data_dir):
        return
    where = f"were in {run.data}, which is not there any more"
    if not Path(run.data).is_absolute():
        where = f"are the data set {run.data}, which is not in {data_dir}"
    raise UsageError(
        f"The images of this run {where}: if they were moved, go on with `{NEW_PLACE_FLAGS}`, "
        "with the folder or zip where they are now."
    )


def is_missing(data: str, data_dir: Path) -> bool:
    """Whether a data set, as a run names it, is not to be found: neither at its path nor in the data folder."""
    is_file = Path(data).is_file()  # of another kind than a zip: who loads it says what is wrong
    return data not in registry.TORCHVISION_DATASETS and not is_file and locate_dataset(data, data_dir) is None


def continue_with(run: Run, stored: Run, dataset: Dataset, files: RunFolder) -> tuple[Run, Dataset]:
    """The resumed run with its data set, whose classes are in the order that the run was trained with.

    `stored` is the run as it was. Raises UsageError where the data set is another one than the run's.
    """
    found = dataset.fingerprint
    if found is None:
        return run, dataset
    if stored.fingerprint is None:
        return adopt(run, stored, dataset, files)
    if difference := found.difference_from(stored.fingerprint):
        raise UsageError(other_data_text(run, files, difference))
    if run.data != stored.data:
        dataset.warnings.append(f"The images of this run are in {run.data} now: they are the same as before.")
    return run, order_classes(dataset, stored.fingerprint.classes)


def other_data_text(run: Run, files: RunFolder, difference: str) -> str:
    """What differs, and how to train with the other data set."""
    command = f"train {run.family} --data {shlex.quote(run.data)} --start {shlex.quote(str(files.path))} --run NEW"
    return (
        f"{OTHER_DATA}: {difference}. A resumed run keeps its data, to go on exactly. Bring the"
        f" images back as they were, or begin a new run with these and with the networks of this one: `{command}`."
    )


def adopt(run: Run, stored: Run, dataset: Any, files: RunFolder) -> tuple[Run, Dataset]:
    """The same for a run of an earlier version, which kept the number of images and the classes with its last save.

    It gets a fingerprint. Raises UsageError where its classes have changed, or another place holds another number.
    """
    state = files.read_state() if files.state_file.is_file() else {}
    classes, count, now = (
        tuple(state.get("classes", dataset.classes)),
        state.get("pictures", len(dataset)),
        len(dataset),
    )
    is_moved = run.data != stored.data
    if is_moved and count != now:
        raise UsageError(other_data_text(run, files, f"it had {count:,} images and has {now:,} now"))
    needs_classes = find_family(run.family).task == Task.CLASS_CONDITIONAL
    if (needs_classes or is_moved) and (difference := class_difference(classes, dataset.classes)):
        is_read_otherwise = (
            "" if is_moved or count != now else " (or this version tells other classes from its folders)"
        )
        raise UsageError(other_data_text(run, files, difference + is_read_otherwise))
    dataset.warnings.append(
        "This run of an earlier version kept no fingerprint of its data set, so that it cannot be told whether the "
        f"images are the same. From now on it keeps that of these {now:,}."
    )
    if count != now:
        dataset.warnings.append(f"It was trained on {count:,} images before: it does not go on exactly.")
    ordered = order_classes(dataset, classes)
    return replace(run, fingerprint=with_classes(dataset.fingerprint, ordered.classes)), ordered


def with_classes(fingerprint: Fingerprint | None, classes: tuple[str, ...]) -> Fingerprint | None:
    """The fingerprint with the names of the classes in the order of the labels that a run is trained with."""
    return replace(fingerprint, classes=classes) if fingerprint and classes else fingerprint


def order_classes(dataset: Any, classes: tuple[str, ...]) -> Any:
    """The data set with its labels numbered in the order of `classes`, the same names as its own in any order.

    The order in which folders are sorted may differ between versions; that of the labels in a network does not.
    """
    if dataset.classes == classes or not isinstance(dataset, (InMemoryImages, StreamingImages)):
        return dataset
    if dataset.labels is None or class_difference(classes, dataset.classes):
        return dataset
    positions = {normal_form(name): index for index, name in enumerate(classes)}
    new_labels = torch.tensor([positions[normal_form(name)] for name in dataset.classes])
    return replace(dataset, labels=new_labels[dataset.labels], classes=classes)
