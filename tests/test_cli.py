"""The command line as a whole: help, versions, exit codes, and one line for each failure."""

import subprocess
import sys
from pathlib import Path

import pytest

from gan_core import __version__
from gan_core.cli import INSTALLED_PROGRAM, MODULE_PROGRAM, main
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
