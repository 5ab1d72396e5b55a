"""Measures when tutorials show what they are to show: `python -m tests.benchmarks.tutorials [--out FOLDER]`.

Trains each as the page Train would, on real MNIST (GAN_CORE_DATA, or data/), for three minutes at most, and prints each
change of the diagnosis with its time. With --out the last preview of each is copied there. Nothing here asserts.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from gan_core.commands.common import data_folder
from gan_core.data import datasets, registry
from gan_core.runs.diagnosis import RunMetrics, diagnose
from gan_core.runs.last_good import last_class_counts
from gan_core.runs.log_reader import read_columns
from gan_core.runs.status import read_status
from gan_core.runs.tutorials import TUTORIALS, TutorialPreset
from gan_core.training.events import Preview
from gan_core.training.run_folder import RunFolder
from gan_core.training.trainer import train

TIME_BUDGET_S = 180


def follow_training(tutorial: TutorialPreset, dataset: datasets.Dataset, folder: Path) -> tuple[int, Path | None]:
    """Trains for TIME_BUDGET_S, printing each new diagnosis; returns the step and the file of the last preview."""
    files, began, title, number, file = RunFolder(folder), time.perf_counter(), "", 0, None
    events = train(
        tutorial.build_run(),
        dataset,
        folder,
        resume=False,
        should_stop=lambda: time.perf_counter() - began > TIME_BUDGET_S,
    )
    for event in events:
        if not isinstance(event, Preview):
            continue
        number, file = event.number, event.file
        log, preview_metrics = read_columns(files.log_file), read_columns(files.preview_metrics_file)
        status = read_status(folder)
        diagnosis = diagnose(RunMetrics(status, log, preview_metrics, *last_class_counts(status)))
        if diagnosis.title != title:
            title = diagnosis.title
            print(f"{tutorial.name:9} {time.perf_counter() - began:4.0f} s, step {number:5,}: {title}", flush=True)
    return number, file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, metavar="FOLDER")
    parser.add_argument("--data-dir", type=Path)
    args = parser.parse_args()
    dataset = registry.load_dataset("mnist", data_folder(args), size=28)
    for tutorial in TUTORIALS.values():
        with tempfile.TemporaryDirectory() as folder:
            number, file = follow_training(tutorial, dataset, Path(folder) / tutorial.name)
            if args.out and file:
                args.out.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, args.out / f"{tutorial.name}-{number}.png")


if __name__ == "__main__":
    main()
