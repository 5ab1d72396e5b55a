"""Starts commands of this program as detached processes, which outlive the app that started them."""

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

from gan_core.data.archives import default_data_folder
from gan_core.paths import PROJECT_ROOT

_children: list[subprocess.Popen] = []  # polled now and then, so that none stays a zombie


def start_detached(arguments: list[str], output: IO[bytes] | int = subprocess.DEVNULL) -> subprocess.Popen:
    """Starts `python -m gan_core` with the arguments, in a session of its own; `output` gets what it prints."""
    child = subprocess.Popen(
        [sys.executable, "-m", "gan_core", *arguments],
        cwd=PROJECT_ROOT,
        env=child_environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    _children[:] = [other for other in _children if other.poll() is None] + [child]
    return child


def child_environment() -> dict[str, str]:
    """The environment with absolute folders, because the child starts in the project's folder."""
    folders = {"GAN_CORE_DATA": str(default_data_folder().resolve())}
    if checkpoints := os.environ.get("GAN_CORE_CHECKPOINTS"):
        folders["GAN_CORE_CHECKPOINTS"] = str(Path(checkpoints).resolve())
    return os.environ | folders
