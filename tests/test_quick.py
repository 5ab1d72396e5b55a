"""Which tests `make quick` runs for which change."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import quick

TREE = (
    "tests/conftest.py", "tests/test_architecture.py", "tests/test_sampling.py", "tests/models/test_dcgan.py",
    "tests/models/test_family.py", "tests/runs/conftest.py", "tests/runs/test_queue.py", "tests/browser/test_text.py",
    "tests/pages/train/test_page.py", "tests/pages/ui/test_limits.py", "tests/checkpoints/test_committed_models.py",
    "tests/commands/test_sample.py", "tests/test_cli_reference.py", "tests/test_docs.py",
)  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in TREE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "tests"),
    [
        ("tests/models/test_dcgan.py", ["tests/models/test_dcgan.py"]),
        ("tests/models/test_deleted.py", []),
        ("tests/runs/conftest.py", ["tests/runs"]),
        ("tests/conftest.py", []),
        ("tests/browser/test_text.py", []),
        ("gan_core/sampling.py", ["tests/test_architecture.py", "tests/test_sampling.py"]),
        ("gan_core/models/dcgan.py", ["tests/test_architecture.py", "tests/models/test_dcgan.py"]),
        ("gan_core/models/blocks.py", ["tests/test_architecture.py", "tests/models"]),
        ("gan_core/errors.py", ["tests/test_architecture.py"]),
        ("pages/train/form.py", ["tests/test_architecture.py", "tests/pages/train"]),
        ("pages/ui/assets/style.css", ["tests/pages/ui"]),
        ("streamlit_app.py", ["tests/pages/ui"]),
        ("checkpoints/mnist-cgan/config.json", ["tests/checkpoints/test_committed_models.py"]),
        (
            "gan_core/commands/sample.py",
            ["tests/test_architecture.py", "tests/commands/test_sample.py", "tests/test_cli_reference.py"],
        ),
        ("docs/cli.md", ["tests/test_docs.py", "tests/test_cli_reference.py"]),
        ("LICENSE", []),
    ],
)
def test_a_change_is_tested_by_what_mirrors_it(tree: Path, changed: str, tests: list[str]) -> None:
    assert quick.mirrored_tests(changed, tree) == tests


def test_changed_tests_come_first_and_none_runs_twice(tree: Path) -> None:
    changed = [
        "gan_core/models/dcgan.py",
        "gan_core/models/blocks.py",
        "gan_core/sampling.py",
        "tests/runs/test_queue.py",
    ]
    assert quick.select(changed, tree) == [
        "tests/runs/test_queue.py", "tests/test_architecture.py", "tests/models", "tests/test_sampling.py",
    ]  # fmt: skip


def test_deleted_committed_and_untracked_files_count_as_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=x", "-c", "user.email=x@localhost"]
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "--initial-branch=main")
    for name in ("kept", "edited", "deleted"):
        (tmp_path / name).write_text(name)
    git("add", ".")
    git("commit", "--message=first")
    (tmp_path / "edited").write_text("anew")
    (tmp_path / "deleted").unlink()
    (tmp_path / "untracked").touch()
    monkeypatch.setattr(quick, "ROOT", tmp_path)
    assert quick.base_commit() == "HEAD"
    assert sorted(quick.changed_files("HEAD")) == ["deleted", "edited", "untracked"]


@pytest.mark.parametrize(("body", "code"), [("pass", 0), ("assert False", 1)])
def test_no_test_begins_when_the_time_is_up(tmp_path: Path, body: str, code: int) -> None:
    file = tmp_path / "test_two.py"
    file.write_text(f"def test_first():\n    {body}\n\ndef test_second():\n    assert False\n")
    script = f"import sys; from tests import quick; sys.exit(quick.run([{str(file)!r}], 0))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=quick.ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert "the time is up" in done.stdout
    assert "test_second" not in done.stdout
    assert bool(done.returncode) == bool(code)
