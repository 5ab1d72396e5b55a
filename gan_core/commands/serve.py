"""What serves: the web app here, or as a Space on the Hugging Face Hub."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from gan_core.commands.common import add_command, local, root_of
from gan_core.errors import InputError, OutsideError

# For the C library of Linux, on a host whose memory is scarce: fewer pools, and what is free goes back to the system.
FRUGAL = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_MMAP_THRESHOLD_": "131072"}


def add_commands(commands: Any) -> None:
    add_app(commands)
    add_deploy(commands)


def add_app(commands: Any) -> None:
    parser = add_command(commands, "app", run_app, "start the web app")
    parser.add_argument("--port", type=int, default=8501, help="default 8501")
    parser.add_argument(
        "--hosted", action="store_true",
        help="for strangers: no training, no files of this machine, smaller pictures and uploads, no stack traces",
    )  # fmt: skip


def run_app(chosen: argparse.Namespace) -> None:
    script = Path(__file__).resolve().parents[2] / "streamlit_app.py"
    if not 1 <= chosen.port <= 65_535:
        raise InputError(f"--port must lie between 1 and 65535, not be {chosen.port}.")
    environment = {"GAN_CORE_CHECKPOINTS": chosen.checkpoints, "GAN_CORE_DATA": chosen.data_dir}
    os.environ.update({key: str(Path(value).resolve()) for key, value in environment.items() if value})
    os.chdir(script.parent)  # where .streamlit/config.toml lies
    command = [sys.executable, "-m", "pages.ui.server", "--port", str(chosen.port)]
    if chosen.hosted:
        command.append("--hosted")
        for name, value in FRUGAL.items():
            os.environ.setdefault(name, value)
    os.execv(sys.executable, command)


def add_deploy(commands: Any) -> None:
    parser = add_command(commands, "deploy", run_deploy, "run the app as a Docker Space on the Hugging Face Hub")
    parser.add_argument("space", metavar="OWNER/SPACE", help="made where it is new, updated where it is ours")
    parser.add_argument("--models", metavar="NAME,NAME", help="the models that go along; by default all but the judges")
    parser.add_argument("--title", default="GAN Atelier", help="what the Space is called; default GAN Atelier")
    parser.add_argument("--torch-index", metavar="URL", help="a package index with CPU builds of torch, for its build")
    parser.add_argument("--private", action="store_true", help="a new Space is for your eyes only")
    parser.add_argument("--force", action="store_true", help="replace what somebody else put into the Space")


def run_deploy(chosen: argparse.Namespace) -> None:
    from gan_core.checkpoints import store
    from gan_core.hub import spaces

    root = root_of(chosen)
    names = [each.strip() for each in (chosen.models or "").split(",") if each.strip()]
    models = [store.find(local(name), root) for name in names] or store.available(root)
    for each in models:
        require_drawing(each)
    files = spaces.files(models, chosen.title, chosen.torch_index)
    made = spaces.deploy(chosen.space, files, private=chosen.private, force=chosen.force)
    size = sum(len(each) if isinstance(each, bytes) else each.stat().st_size for each in files.values())
    print(f"{len(made.sent)} files, {size / 1e6:.1f} MB, with {', '.join(each.name for each in models)}")
    if made.gone:
        print(f"deleted there: {', '.join(made.gone)}")
    print(f"{made.page} builds now; commit {made.commit}")


def require_drawing(checkpoint: Any) -> None:
    """A model that does not draw here would stop the Space's build. Raises OutsideError; a fetched one that has no
    reference yet gets it."""
    from gan_core.evaluation import reference_check

    if not (checkpoint.folder / reference_check.REFERENCE).exists():
        reference_check.renew(checkpoint)
    finding = reference_check.check(checkpoint)
    if not finding.good:
        raise OutsideError(f"{checkpoint.name} is not fit to be deployed: {finding.text}.")
