"""docs/cli.md, the reference of the command line."""

import pytest

from gan_core.cli import build_parser
from tests import cli_reference


def test_the_reference_is_current() -> None:
    message = "docs/cli.md is not what the parser says: run `make docs`"
    assert cli_reference.PAGE.read_text(encoding="utf-8") == cli_reference.reference(), message


def test_the_reference_does_not_depend_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = cli_reference.reference()
    monkeypatch.setenv("COLUMNS", "40")
    assert cli_reference.reference() == wide


def test_every_argument_of_every_command_has_a_help_text() -> None:
    subparsers = build_parser(["train"])._subparsers
    assert subparsers is not None
    commands = subparsers._group_actions[0].choices
    assert isinstance(commands, dict)
    assert [
        (name, action.dest) for name, parser in commands.items() for action in parser._actions if not action.help
    ] == []
