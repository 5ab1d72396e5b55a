"""The command line as a whole: help, versions, exit codes, and one line for each failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gan_core import __version__
from gan_core.cli import INSTALLED_PROGRAM, MODULE_PROGRAM, main
from gan_core.commands.common import printable
from gan_core.errors import ExternalError, UsageError
from tests.commands.output import error_line

CONSOLE_SCRIPT = "import sys; from gan_core.cli import main_of_console_script; sys.exit(main_of_console_script())"


def test_help_appears_without_torch() -> None:
    lines = ["import sys", "from gan_core.cli import main", "try: main(['sample', '--help'])"]
    code = "\n".join([*lines, "finally: print('torch' in sys.modules)"])
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stdout
    assert "--truncation" in said
    assert said.endswith("False\n")


@pytest.mark.parametrize("arguments", [[], ["paint"], ["train"], ["train", "cubism"], ["app", "--port", "0"]])
def test_a_command_family_or_port_that_does_not_exist_ends_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error_line(capsys)


@pytest.mark.parametrize(
    ("command", "name"), [(["-m", "gan_core"], MODULE_PROGRAM), (["-c", CONSOLE_SCRIPT], INSTALLED_PROGRAM)]
)
def test_help_begins_with_the_name_of_the_program_that_was_called(command: list[str], name: str) -> None:
    for arguments, usage in ((["--help"], f"usage: {name} [-h]"), (["sample", "--help"], f"usage: {name} sample [-h]")):
        done = subprocess.run([sys.executable, *command, *arguments], capture_output=True, text=True, check=True)
        assert done.stdout.startswith(usage)
    done = subprocess.run([sys.executable, *command, "sample"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith(f"(see {name} sample --help)\n")


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main(["--version"])
    assert exit.value.code == 0
    assert capsys.readouterr().out == f"GAN Atelier {__version__}\n"


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("No such\nmodel."), 2, "gan_core: No such model.\n"),
        (ExternalError("The Hub does not answer."), 1, "gan_core: The Hub does not answer.\n"),
        (MemoryError(), 1, "gan_core: out of memory\n"),
        (PermissionError(13, "Permission denied", "x.png"), 1, "gan_core: Permission denied: x.png\n"),
        (OSError("broken"), 1, "gan_core: broken\n"),
        (KeyboardInterrupt(), 130, "gan_core: interrupted\n"),
    ],
)
def test_each_kind_of_failure_has_its_exit_code_and_is_one_line(
    error: BaseException, code: int, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(root: Path) -> None:
        raise error

    monkeypatch.setattr("gan_core.checkpoints.store.list_all_checkpoints", fail)
    assert main(["models"]) == code
    assert capsys.readouterr().err == line


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("new\nline", r"new\nline"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("bad\udcff", r"bad\udcff"),
        ("turned\u202egnp", r"turned\u202egnp"),
        ("日本\u3000語 👩\u200d👧", "日本\u3000語 👩\u200d👧"),
    ],
)
def test_names_are_printed_on_one_line_and_steer_no_terminal(name: str, shown: str) -> None:
    assert printable(name) == shown


@pytest.mark.parametrize(
    "command", [["sample", "--out", "x"], ["upscale", "--out", "x"], ["evaluate"], ["export", "x"]]
)
def test_errors_on_names_that_the_terminal_cannot_print_are_printed_with_escapes(command: list[str]) -> None:
    call = [sys.executable, "-m", "gan_core", command[0], "日本-\udcff", *command[1:], "--no-such-flag-語"]
    done = subprocess.run(call, capture_output=True, env=os.environ | {"PYTHONIOENCODING": "ascii:strict"}, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(b"gan_core: ")
    assert done.stderr.count(b"\n") == 1
    assert rb"\u8a9e" in done.stderr
