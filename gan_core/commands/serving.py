"""What serves: the web app."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from gan_core.commands.common import add_command
from gan_core.errors import InputError


def add_commands(commands: Any) -> None:
    add_app(commands)


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
    command = [sys.executable, "-m", "pages.shared.server", "--port", str(chosen.port)]
    if chosen.hosted:
        command.append("--hosted")
    os.execv(sys.executable, command)
