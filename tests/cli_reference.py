"""Writes docs/cli.md, the reference of the command line, from its parser: `python -m tests.cli_reference`.

A test compares the page with what this module makes; it depends on the parser alone, not on terminal or machine.
"""

from argparse import Action, ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gan_core.cli import build_parser

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
SHARED = ("--data-dir", "--checkpoints")
INTRODUCTION = """# The command line

`python -m gan_core COMMAND` in a checkout, or `gan-atelier COMMAND` after `pip install .`. This page is made from the
parser by `make docs`; `--help` after a command prints the same.

The exit code is 0 for success, 2 for a call or an input that cannot be used, 1 for a failure of the network, the disk
or the memory, and 130 for an interrupt. Each failure is one line on standard error that begins with `gan_core: `. Long
work shows a progress bar on a terminal, and none in a pipe. Output files are replaced, inputs never; a run folder that
exists needs `--resume`, a checkpoint that exists `--force`.

`MODEL` is the name of a folder under `checkpoints/`, the path of a checkpoint's folder, or a reference to the Hugging
Face Hub, `hub:OWNER/NAME[/FILE][@REVISION]`, which is downloaded where it is not on this machine yet.

These options can follow every command:

"""


def reference() -> str:
    """The page: an introduction, the options of all commands, then usage and arguments of each command."""
    subparsers: Any = build_parser(["train"])._subparsers
    commands: dict[str, ArgumentParser] = subparsers._group_actions[0].choices
    page = INTRODUCTION + table(action for action in commands["sample"]._actions if is_shared(action))
    for name, command in commands.items():
        help = command.description or ""
        page += f"\n## {name}\n\n{help[:1].upper()}{help[1:]}.\n\n```text\n{usage(command)}\n```\n"
        positional, optional, *settings = command._action_groups
        arguments = [*positional._group_actions, *optional._group_actions]
        page += "\n" + table(action for action in arguments if not is_shared(action) and action.dest != "help")
        for group in settings:
            page += f"\nSettings of the {group.title}:\n\n" + table(group._group_actions)
    return page


def is_shared(action: Action) -> bool:
    return bool(set(action.option_strings) & set(SHARED))


def usage(command: ArgumentParser) -> str:
    """One line: the positional arguments, the required options, and that there are others."""
    words = [command.prog]
    for action in command._actions:
        if not action.option_strings or action.required:
            words.append(names(action))
    return " ".join([*words, "[options]"])


def table(actions: Iterable[Action]) -> str:
    """Arguments and their help as a Markdown table."""
    rows = ["| argument | meaning |", "|---|---|"]
    for action in actions:
        help = ((action.help or "") % vars(action)).replace("|", "\\|")
        rows.append(f"| `{names(action)}` | {help} |")
    return "\n".join(rows) + "\n"


def names(action: Action) -> str:
    """An argument as it is written: `MODEL`, `INPUT ...`, `--seed SEED`, `--x, --no-x`."""
    value = str(action.metavar or action.dest.upper())
    if not action.option_strings:
        return {"+": f"{value} ...", "*": f"[{value} ...]"}.get(str(action.nargs), value)
    flags = ", ".join(action.option_strings)
    return flags if action.nargs == 0 else f"{flags} {value}"


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
