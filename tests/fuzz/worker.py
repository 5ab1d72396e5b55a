"""A process that fuzzes some targets in turn, and reports in files: what it tries now, and what it has tried and found.

    python -m tests.fuzz.worker FOLDER SECONDS SEED NAME...

Its memory is limited. Where it hangs for good, or an input kills it, whoever started it finds that input in FOLDER.
"""

import faulthandler
import json
import os
import pickle
import resource
import sys
from pathlib import Path
from time import monotonic

import tests.conftest  # noqa: F401  its environment, before anything reads it
from tests.fuzz.rounds import Tally, run_round, save_findings
from tests.fuzz.targets import Target, all_targets

CURRENT_FILE, REPORT_FILE, OUTPUT_FILE = "current.pickle", "report.json", "output.txt"
MAX_ADDRESS_SPACE = 24_000_000_000  # libraries reserve far more than they use; the oracle looks at what is used


def fuzz(folder: Path, seconds: float, first_seed: int, targets: list[Target]) -> None:
    """Rounds over the targets, the one with the least time first, until the time is up."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_ADDRESS_SPACE, MAX_ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tallies = {target.name: Tally() for target in targets}
    until, number = monotonic() + seconds, first_seed
    while monotonic() < until:
        target = min(targets, key=lambda each: tallies[each.name].seconds)
        tally = tallies[target.name]
        run_round(target, number, tally, lambda value, name=target.name: note_current(folder, name, value))
        save_findings(tally, folder)
        report(folder, tallies, number)
        number += 1


def note_current(folder: Path, name: str, value: object) -> None:
    (folder / CURRENT_FILE).write_bytes(pickle.dumps((name, value)))


def report(folder: Path, tallies: dict[str, Tally], number: int) -> None:
    rows = {
        name: {
            "tried": tally.tried,
            "seconds": tally.seconds,
            "seed": number,
            "found": {found.signature: [found.count, last_line(found.text)] for found in tally.found.values()},
        }
        for name, tally in tallies.items()
    }
    partial = folder / f"{REPORT_FILE}.partial"
    partial.write_text(json.dumps(rows), encoding="utf-8")
    os.replace(partial, folder / REPORT_FILE)


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1][:300]


def main(arguments: list[str]) -> None:
    folder, seconds, first_seed, *names = arguments
    output = os.open(Path(folder) / OUTPUT_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    faulthandler.enable()
    for stream in (1, 2):  # of the decoders' C code too
        os.dup2(output, stream)
    targets = all_targets()
    fuzz(Path(folder), float(seconds), int(first_seed), [targets[name] for name in names])


if __name__ == "__main__":
    main(sys.argv[1:])
