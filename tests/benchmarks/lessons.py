"""When the presets that teach reach their point: `python -m tests.benchmarks.lessons [--out FOLDER]`.

Trains each as the page Train would, on real MNIST (GAN_CORE_DATA, or data/), for three minutes at most, and prints at
which second the page would begin to say something else about it. With --out the last preview of each lies there, to be
looked at. Nothing here asserts.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from gan_core.commands.common import data_folder
from gan_core.data import datasets, registry
from gan_core.runs.diagnosis import RunMetrics, diagnose
from gan_core.runs.log_reader import read_columns
from gan_core.runs.status import read_status
from gan_core.runs.tutorials import TUTORIALS, TutorialPreset
from gan_core.training.events import Preview
from gan_core.training.trainer import train

SECONDS = 180


def follow(lesson: TutorialPreset, pictures: datasets.Dataset, folder: Path) -> tuple[int, Path | None]:
    """Train for SECONDS, printing each new finding; the last step with a preview, and its file."""
    began, said, number, file = time.perf_counter(), "", 0, None
    events = train(
        lesson.build_run(), pictures, folder, resume=False, should_stop=lambda: time.perf_counter() - began > SECONDS
    )
    for event in events:
        if not isinstance(event, Preview):
            continue
        number, file = event.number, event.file
        log, seen = (read_columns(folder / f"{name}.jsonl") for name in ("log", "seen"))
        finding = diagnose(RunMetrics(read_status(folder), log, seen))
        if finding.title != said:
            said = finding.title
            print(f"{lesson.name:9} {time.perf_counter() - began:4.0f} s, step {number:5,}: {said}", flush=True)
    return number, file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, metavar="FOLDER")
    parser.add_argument("--data-dir", type=Path)
    chosen = parser.parse_args()
    pictures = registry.load_dataset("mnist", data_folder(chosen), size=28)
    for lesson in TUTORIALS.values():
        with tempfile.TemporaryDirectory() as place:
            number, file = follow(lesson, pictures, Path(place) / lesson.name)
            if chosen.out and file:
                chosen.out.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, chosen.out / f"{lesson.name}-{number}.png")


if __name__ == "__main__":
    main()
