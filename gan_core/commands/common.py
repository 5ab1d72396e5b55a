"""What all commands share: their parser, the folders they work in, the progress bar."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from gan_core.checkpoints.description import HUB_PREFIX
from gan_core.errors import UsageError


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def add_command(subparsers: Any, name: str, run: Callable[[argparse.Namespace], None], help: str) -> Parser:
    parser = subparsers.add_parser(name, help=help, description=help)
    parser.set_defaults(run=run)
    parser.add_argument("--data-dir", type=Path, metavar="FOLDER", help="where data sets lie (or GAN_CORE_DATA)")
    parser.add_argument("--checkpoints", type=Path, metavar="FOLDER", help="where models lie (or GAN_CORE_CHECKPOINTS)")
    return parser


def data_folder(args: argparse.Namespace) -> Path:
    from gan_core.data.archives import default_data_folder

    return args.data_dir or default_data_folder()


def checkpoint_root(args: argparse.Namespace) -> Path:
    from gan_core.checkpoints.store import resolve_root

    return resolve_root(args.checkpoints)


def read_prompt_cases(file: Path) -> list[dict[str, Any]]:
    """Prompts with what they mean, a JSON object a line. Raises InputError where a line is none."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
        cases = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read as JSON lines of prompts: {error}.") from error
    if not cases or not all(isinstance(case, dict) and isinstance(case.get("prompt"), str) for case in cases):
        raise UsageError(f'{file} must hold lines such as {{"prompt": "crimson purse", "articles": ["Handbags"]}}.')
    return cases


def progress_bar(total: int | None, unit: str, start: int = 0, *, visible: bool = True) -> tqdm:
    """A bar on a terminal, nothing in a pipe, nor where it is not to be shown."""
    return tqdm(total=total, unit=unit, initial=start, disable=None if visible else True, dynamic_ncols=True)


def resolve_model(reference: str) -> str:
    """A MODEL as the core takes it: what is on the Hub is fetched first, under a progress bar."""
    if not reference.startswith(HUB_PREFIX):
        return reference
    from gan_core.hub.download import fetch_model
    from gan_core.hub.reference import parse_reference

    with download_bar() as bar:
        fetched = fetch_model(parse_reference(reference), bar.update_to)
    if fetched.note:
        print(f"gan_core: {fetched.note}", file=sys.stderr)
    return str(fetched.checkpoint.folder)


class DownloadBar(tqdm):
    """A bar of bytes that is told how many are here and how many there will be."""

    def update_to(self, done: int, total: int) -> None:
        self.total = total
        self.update(done - self.n)


def download_bar() -> DownloadBar:
    return DownloadBar(unit="B", unit_scale=True, disable=None, dynamic_ncols=True, leave=False)
