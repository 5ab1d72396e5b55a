"""Runs the unit tests of what changed, and where nothing has, those marked `core`: a part of `make quick`.

    python -m tests.quick [--since COMMIT] [--limit SECONDS]

What changed is what differs from the merge base with the upstream branch, uncommitted and untracked files included;
without an upstream, from HEAD. Tests in the browser are left to `make test`.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from time import monotonic

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIMIT_S = 45  # leaves time for the types within a minute on two cores
MAX_LISTED = 8  # tests that are named in one line
UPSTREAMS = ("@{upstream}", "origin/HEAD", "origin/main")
BROWSER = "tests/browser"
ARCHITECTURE = "tests/test_architecture.py"
OTHER_TESTS = (  # tests that do not mirror the path of what they test: a pattern, and the test
    ("streamlit_app.py", "tests/pages/ui"),
    ("checkpoints/*", "tests/checkpoints/test_committed_models.py"),
    ("Dockerfile", "tests/hub/test_spaces.py"),
    (".dockerignore", "tests/hub/test_spaces.py"),
    ("pyproject.toml", "tests/test_package.py"),
    ("requirements*.txt", "tests/test_package.py"),
    ("README.md", "tests/test_docs.py"),
    ("CONTRIBUTING.md", "tests/test_contributing.py"),
    ("docs/*", "tests/test_docs.py"),
    ("docs/cli.md", "tests/test_cli_reference.py"),
    ("docs/library.md", "tests/api/test_documentation.py"),
    ("gan_core/api/*", "tests/api/test_documentation.py"),
    ("gan_core/commands/*", "tests/test_cli_reference.py"),
    ("tests/cli_reference.py", "tests/test_cli_reference.py"),
    ("gan_core/images/*", "tests/fuzz/test_pictures.py"),
    ("gan_core/data/*", "tests/fuzz/test_data_sets.py"),
    ("gan_core/importers/*", "tests/fuzz/test_models.py"),
    ("gan_core/json_text.py", "tests/fuzz/test_models.py"),
    ("gan_core/json_text.py", "tests/fuzz/test_runs.py"),
    ("pages/ui/url_*.py", "tests/fuzz/test_pages.py"),
)


# What changed --------------------------------------------------------------------------------------------------------


def git(*arguments: str) -> list[str] | None:
    """The lines that git prints; None where it fails."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return None if done.returncode else done.stdout.splitlines()


def base_commit() -> str:
    """The merge base with the first upstream that exists, or HEAD."""
    for upstream in UPSTREAMS:
        if found := git("merge-base", "HEAD", upstream):
            return found[0]
    return "HEAD"


def changed_files(commit: str) -> list[str]:
    """Paths that differ from a commit, deleted and untracked ones included. Raises SystemExit where git fails."""
    differing = git("diff", "--name-only", "--no-renames", commit, "--")
    untracked = git("ls-files", "--others", "--exclude-standard")
    if differing is None or untracked is None:
        sys.exit(f"git cannot list what differs from {commit}.")
    return [*differing, *untracked]


# Which tests ---------------------------------------------------------------------------------------------------------


def mirrored_tests(file: str, root: Path = ROOT) -> list[str]:
    """The existing test files and folders of one file, by the tree of tests that mirrors the code, and OTHER_TESTS."""
    path = PurePosixPath(file)
    if path.parts[0] == "tests":
        found = [file] if path.name.startswith("test_") and path.suffix == ".py" else folder_of_helper(path)
    elif path.parts[0] == "gan_core":
        found = [ARCHITECTURE] if path.suffix == ".py" else []
        found += mirror(path.relative_to("gan_core"), PurePosixPath("tests"), root)
    elif path.parts[0] == "pages":
        found = [ARCHITECTURE] if path.suffix == ".py" else []
        found += [f"tests/pages/{path.parts[1]}"] if len(path.parts) > 2 else []
    else:
        found = []
    found += [test for pattern, test in OTHER_TESTS if fnmatch(file, pattern)]
    return [test for test in found if (root / test).exists() and not PurePosixPath(test).is_relative_to(BROWSER)]


def folder_of_helper(path: PurePosixPath) -> list[str]:
    """The folder of a helper or conftest; none for those at the top of the tree, which all tests use."""
    return [path.parent.as_posix()] if len(path.parts) > 2 and path.parts[1] not in ("fixtures", "benchmarks") else []


def mirror(module: PurePosixPath, tests: PurePosixPath, root: Path) -> list[str]:
    """models/dcgan.py -> tests/models/test_dcgan.py or, where there is none, tests/models."""
    test = tests / module.parent / f"test_{module.stem}.py"
    if (root / test).exists():
        return [test.as_posix()]
    return [(tests / module.parent).as_posix()] if len(module.parts) > 1 else []


def select(files: Iterable[str], root: Path = ROOT) -> list[str]:
    """The tests of all files, changed ones first, each once and none within a folder that is chosen as well."""
    found = list(dict.fromkeys(test for file in sorted(files, key=is_source) for test in mirrored_tests(file, root)))
    folders = {test for test in found if not test.endswith(".py")}
    return [test for test in found if not folders & {parent.as_posix() for parent in PurePosixPath(test).parents}]


def is_source(file: str) -> bool:
    return not file.startswith("tests/")


# Running -------------------------------------------------------------------------------------------------------------


class TimeLimit:
    """A pytest plugin that starts no further test after so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.until = monotonic() + seconds
        self.reached = False
        self.failed = 0

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.session = session

    def pytest_runtest_logfinish(self) -> None:
        self.failed = self.session.testsfailed
        if monotonic() > self.until:
            self.reached = True
            self.session.shouldstop = "the time is up; `make test` runs all"


def run(arguments: list[str], seconds: float) -> int:
    """pytest's exit code; 0 where the time was up and nothing had failed."""
    limit = TimeLimit(seconds)
    code = pytest.main(["-q", *arguments], plugins=[limit])
    return 0 if limit.reached and not limit.failed else int(code)


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the unit tests of what changed, or the core.")
    parser.add_argument("--since", metavar="COMMIT", help="what changed since then; default the merge base or HEAD")
    parser.add_argument("--limit", type=float, default=LIMIT_S, metavar="SECONDS", help=f"default {LIMIT_S}")
    options = parser.parse_args()
    commit = options.since or base_commit()
    chosen = select(changed_files(commit))
    if not chosen:
        print("No change has tests of its own: the core.")
        return run(["-m", "core", "tests", f"--ignore={BROWSER}"], options.limit)
    more = f" and {len(chosen) - MAX_LISTED} more" if len(chosen) > MAX_LISTED else ""
    print(f"What changed since {commit[:10]}: {', '.join(chosen[:MAX_LISTED])}{more}")
    return run(chosen, options.limit)


if __name__ == "__main__":
    sys.exit(main())
