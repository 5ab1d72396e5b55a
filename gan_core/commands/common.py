"""What the commands share: their parser, the folders they work in, the resolution of model names, progress bars."""

import argparse
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from gan_core.checkpoints.description import HUB_PREFIX
from gan_core.errors import UsageError
from gan_core.json_text import parse_json

CONTROL_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")  # of Unicode: control characters, bytes that are no UTF-8, line ends
OVERRIDES = ("LRO", "RLO", "LRE", "RLE", "PDF", "LRI", "RLI", "FSI", "PDI")  # characters that turn the order of others
MODEL_HELP = "a name under checkpoints, a folder, or hub:OWNER/NAME"


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UsageError instead of printing its usage and exiting."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def add_command(subparsers: Any, name: str, run: Callable[[argparse.Namespace], None], help: str) -> Parser:
    """Adds a command with the options that all commands have; `run` is called with the parsed arguments."""
    parser = subparsers.add_parser(name, help=help, description=help)
    parser.set_defaults(run=run)
    parser.add_argument("--data-dir", type=Path, metavar="FOLDER", help="the folder of data sets (or GAN_CORE_DATA)")
    parser.add_argument(
        "--checkpoints", type=Path, metavar="FOLDER", help="the folder of models (or GAN_CORE_CHECKPOINTS)"
    )
    return parser


def data_folder(args: argparse.Namespace) -> Path:
    """The folder of data sets: --data-dir, GAN_CORE_DATA, or the default."""
    from gan_core.data.archives import default_data_folder

    return args.data_dir or default_data_folder()


def checkpoint_root(args: argparse.Namespace) -> Path:
    """The folder of models: --checkpoints, GAN_CORE_CHECKPOINTS, or the default."""
    from gan_core.checkpoints.store import resolve_root

    return resolve_root(args.checkpoints)


def read_prompt_cases(file: Path) -> list[dict[str, Any]]:
    """Prompts with the attributes that their images should have, one JSON object a line.

    Raises UsageError where the file cannot be read, is empty, or a line is no such object.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
        cases = [parse_json(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read as JSON lines of prompts: {error}.") from error
    if not cases or not all(isinstance(case, dict) and isinstance(case.get("prompt"), str) for case in cases):
        raise UsageError(f'{file} must hold lines such as {{"prompt": "crimson purse", "articles": ["Handbags"]}}.')
    return cases


def resolve_model(reference: str) -> str:
    """A MODEL as the package takes it: a reference to the Hub is downloaded first, with a progress bar."""
    if not reference.startswith(HUB_PREFIX):
        return reference
    from gan_core.hub.download import fetch_model
    from gan_core.hub.reference import parse_reference

    with download_bar() as bar:
        fetched = fetch_model(parse_reference(reference), bar.update_to)
    print_notes([fetched.note] if fetched.note else [])
    return str(fetched.checkpoint.folder)


def print_notes(notes: Iterable[str]) -> None:
    """Prints sentences on standard error, one a line."""
    for note in notes:
        print(f"gan_core: {printable(note)}", file=sys.stderr)


def printable(text: str) -> str:
    """A text as one line: control characters, which names of files may hold, are escaped as `\\n` and the like."""
    return "".join(
        character.encode("unicode_escape").decode() if is_control(character) else character for character in text
    )


def is_control(character: str) -> bool:
    """Whether a character ends or steers lines of a terminal, or stands for a byte that is no UTF-8."""
    return unicodedata.category(character) in CONTROL_CATEGORIES or unicodedata.bidirectional(character) in OVERRIDES


@contextmanager
def muted_libraries() -> Iterator[None]:
    """Drops what libraries in C print on standard error, while Python's own output still gets there.

    libtiff prints a line on all damage, which an exception tells as well.
    """
    stream = sys.stderr
    if stream is None or stream is not sys.__stderr__:  # a test's, which no library in C writes to
        yield
        return
    stream.flush()
    descriptor, kept = stream.fileno(), os.dup(stream.fileno())
    try:
        with (
            open(os.devnull, "wb") as nowhere,
            open(kept, "w", encoding=stream.encoding, errors=stream.errors, buffering=1, closefd=False) as own,
        ):
            os.dup2(nowhere.fileno(), descriptor)
            sys.stderr = own
            yield
    finally:
        sys.stderr = stream
        os.dup2(kept, descriptor)
        os.close(kept)


# Progress bars -------------------------------------------------------------------------------------------------------


class ProgressBar(tqdm):
    """A progress bar that also takes absolute counts. It is shown on a terminal only."""

    def update_to(self, done: int, total: int | None = None) -> None:
        """Sets what is done, and what there is in all (None where that is unknown)."""
        self.total = total
        self.update(done - self.n)


def progress_bar(total: int | None, unit: str, *, visible: bool = True) -> ProgressBar:
    """A bar that counts `unit`s; none where standard error is no terminal, or `visible` is False."""
    return ProgressBar(total=total, unit=unit, disable=None if visible else True, dynamic_ncols=True)


def download_bar() -> ProgressBar:
    """A bar that counts bytes, and is removed at the end."""
    return ProgressBar(unit="B", unit_scale=True, disable=None, dynamic_ncols=True, leave=False)
