"""Fuzzes what reads input of any origin: `make fuzz`.

    python -m tests.fuzz [--seconds 300] [--jobs 2] [--seed N] [--out FOLDER] [TARGET...]
    python -m tests.fuzz --list
    python -m tests.fuzz --reproduce FILE...

A TARGET is part of a name in the list. Each finding is one input in FOLDER, which `--reproduce` runs again. The exit
code is 1 where something was found.
"""

import argparse
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.fuzz import cases, worker

os.environ.setdefault("STREAMLIT_LOGGER_LEVEL", "error")  # pages outside of a server warn of that

ROOT = Path(__file__).resolve().parents[2]
STUCK_S = 90  # without a sign of life from a worker: an input that the oracle cannot stop
POLL_S = 0.5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz what reads input of any origin.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="part of a target's name; default all")
    parser.add_argument("--seconds", type=float, default=300, help="for all targets together; default 300")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time; default 2")
    parser.add_argument("--seed", type=int, help="of the first round; default a random one, which is printed")
    parser.add_argument("--out", type=Path, help="a folder for what is found; default a new one")
    parser.add_argument("--list", action="store_true", help="print the names of the targets")
    parser.add_argument("--reproduce", nargs="+", type=Path, metavar="FILE", help="run inputs again that were found")
    options = parser.parse_args()
    if options.reproduce:
        return reproduce(options.reproduce)
    names = [name for name in target_names() if not options.targets or any(part in name for part in options.targets)]
    if options.list or not names:
        print("\n".join(names or ["No target has such a name; --list prints them."]))
        return 0 if names else 2
    return fuzz(names, options)


def target_names() -> list[str]:
    import tests.conftest  # noqa: F401  its environment, before anything reads it
    from tests.fuzz.targets import all_targets

    return list(all_targets())


def reproduce(files: list[Path]) -> int:
    """Runs inputs again; prints what each causes."""
    import tests.conftest  # noqa: F401
    from tests.fuzz.oracle import Finding, check_input
    from tests.fuzz.targets import all_targets

    failed = 0
    for file in files:
        name, value = cases.load_case(file)
        try:
            check_input(all_targets()[name], value)
            print(f"{file}: {name}: nothing is wrong any more")
        except Finding as finding:
            failed += 1
            import traceback

            traceback.print_exception(finding)
            print(f"{file}: {name}: {finding}")
    return min(failed, 1)


# Workers -------------------------------------------------------------------------------------------------------------


class Job:
    """A worker process over some targets, started again after an input has killed it."""

    def __init__(self, folder: Path, names: list[str], seed: int) -> None:
        self.folder, self.names, self.seed = folder, names, seed
        self.rows: dict[str, dict[str, Any]] = {}
        self.attempt = 0

    def start(self, seconds: float) -> None:
        self.attempt += 1
        self.current = self.folder / f"{self.attempt}"
        self.current.mkdir(parents=True)
        command = [sys.executable, "-m", "tests.fuzz.worker", str(self.current), f"{seconds:.0f}"]
        self.process = subprocess.Popen([*command, str(self.seed + 10_000 * self.attempt), *self.names], cwd=ROOT)
        self.deadline = time.monotonic() + seconds + STUCK_S

    def is_stuck(self) -> bool:
        """Whether nothing was tried for STUCK_S, or the worker does not end."""
        current = self.current / worker.CURRENT_FILE
        idle = time.time() - (current if current.exists() else self.current).stat().st_mtime
        return idle > STUCK_S or time.monotonic() > self.deadline

    def stop(self) -> None:
        """Ends the worker; where it stood is in its output."""
        self.process.send_signal(signal.SIGABRT)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_output(self) -> str:
        output = self.current / worker.OUTPUT_FILE
        return output.read_text(encoding="utf-8", errors="replace")[-4000:] if output.exists() else ""

    def collect(self, out: Path, *, died: str) -> None:
        """Adds what the worker reported; where it died, its last input is a finding."""
        report = self.current / worker.REPORT_FILE
        rows = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
        current = self.current / worker.CURRENT_FILE
        if died and current.exists():
            name, value = pickle.loads(current.read_bytes())
            signature = f"{died} in {name}"
            cases.save_case(out, name, value, signature, f"{died}\n{self.last_output()}")
            rows.setdefault(name, {"tried": 1, "seconds": 0, "found": {}})["found"][signature] = [1, died]
        for file in [*self.current.glob("*.json"), *self.current.glob("*.bin")]:
            if file.name != worker.REPORT_FILE:
                file.replace(out / file.name)
        for name, row in rows.items():
            merge(self.rows.setdefault(name, {"tried": 0, "seconds": 0.0, "found": {}}), row)


def merge(total: dict[str, Any], row: dict[str, Any]) -> None:
    total["tried"] += row["tried"]
    total["seconds"] += row["seconds"]
    for signature, (count, text) in row["found"].items():
        total["found"][signature] = [total["found"].get(signature, [0])[0] + count, text]


def fuzz(names: list[str], options: argparse.Namespace) -> int:
    out = options.out or Path(tempfile.mkdtemp(prefix="gan-atelier-fuzz-found-"))
    out.mkdir(parents=True, exist_ok=True)
    seed = random.randrange(10**8) if options.seed is None else options.seed
    print(f"{len(names)} targets, {options.seconds:.0f} seconds, --seed {seed}; findings go to {out}", flush=True)
    with tempfile.TemporaryDirectory(prefix="gan-atelier-fuzz-work-") as work:
        count = max(1, min(options.jobs, len(names)))
        jobs = [Job(Path(work) / f"job-{index}", names[index::count], seed + index * 10**9) for index in range(count)]
        run_jobs(jobs, options.seconds, out)
    return print_report({name: row for job in jobs for name, row in job.rows.items()}, names, out)


def run_jobs(jobs: list[Job], seconds: float, out: Path) -> None:
    until = time.monotonic() + seconds
    for job in jobs:
        job.start(seconds)
    running = list(jobs)
    try:
        while running:
            time.sleep(POLL_S)
            for job in list(running):
                stuck = job.process.poll() is None and job.is_stuck()
                if stuck:
                    job.stop()
                if job.process.poll() is None:
                    continue
                code = job.process.returncode
                job.collect(out, died="" if code == 0 else "stuck" if stuck else f"the process ended with {code}")
                left = until - time.monotonic()
                if code != 0 and left > 20:
                    job.start(left)
                else:
                    running.remove(job)
    finally:
        for job in running:
            job.process.kill()


def print_report(rows: dict[str, dict[str, Any]], names: list[str], out: Path) -> int:
    """A line for each target, then each finding; 1 where there is one."""
    for name in names:
        row = rows.get(name, {"tried": 0, "seconds": 0.0, "found": {}})
        print(f"{row['tried']:>9,} inputs in {row['seconds']:>5.0f} s  {name}: {len(row['found'])} findings")
    print(f"{sum(row['tried'] for row in rows.values()):>9,} inputs in all")
    for name, row in rows.items():
        for signature, (count, text) in row["found"].items():
            print(f"\n{name}: {signature}, {count} times\n    {text}")
    files = sorted(out.glob("*.json"))
    for file in files:
        print(f"{sys.executable} -m tests.fuzz --reproduce {file}")
    return 1 if files else 0


if __name__ == "__main__":
    sys.exit(main())
