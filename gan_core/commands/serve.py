"""The commands that serve the web app: `app` on this machine, `deploy` as a Space on the Hugging Face Hub."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from gan_core.commands.common import add_command, checkpoint_root, print_notes, resolve_model
from gan_core.errors import ExternalError, UsageError
from gan_core.paths import app_script

# For the allocator of glibc on hosts with little memory: fewer arenas, and freed memory is returned to the system.
LOW_MEMORY_ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_TRIM_THRESHOLD_": "131072",
    "MALLOC_MMAP_THRESHOLD_": "131072",
}


def add_commands(subparsers: Any) -> None:
    add_app(subparsers)
    add_deploy(subparsers)


def add_app(subparsers: Any) -> None:
    parser = add_command(subparsers, "app", run_app, "start the web app")
    parser.add_argument("--port", type=int, metavar="N", default=8501, help="the port of the server; default 8501")
    parser.add_argument(
        "--address", metavar="ADDRESS",
        help="the network address to listen on, 0.0.0.0 for all; by default this machine alone, with --hosted all",
    )  # fmt: skip
    parser.add_argument(
        "--hosted", action="store_true",
        help="for the public: no training, no files of this machine, smaller images and uploads, no stack traces",
    )  # fmt: skip


def run_app(args: argparse.Namespace) -> None:
    script = app_script()
    if not 1 <= args.port <= 65_535:
        raise UsageError(f"--port must lie between 1 and 65535, not be {args.port}.")
    environment = {"GAN_CORE_CHECKPOINTS": args.checkpoints, "GAN_CORE_DATA": args.data_dir}
    os.environ.update({key: str(Path(value).resolve()) for key, value in environment.items() if value})
    for key, folder in (
        ("GAN_CORE_DATA", "data"),
        ("GAN_CORE_RUNS", "runs"),
    ):  # below the user's working directory, not the app's
        os.environ[key] = str(Path(os.environ.get(key) or folder).resolve())
    os.chdir(script.parent)  # where .streamlit/config.toml lies
    command = [sys.executable, "-m", "pages.ui.server", "--port", str(args.port)]
    if args.address:
        command += ["--address", args.address]
    if args.hosted:
        command.append("--hosted")
        for name, value in LOW_MEMORY_ENVIRONMENT.items():
            os.environ.setdefault(name, value)
    os.execv(sys.executable, command)


def add_deploy(subparsers: Any) -> None:
    parser = add_command(subparsers, "deploy", run_deploy, "deploy the app as a Docker Space on the Hugging Face Hub")
    parser.add_argument(
        "space", metavar="OWNER/SPACE", help="the Space; created where it is new, updated where it was deployed before"
    )
    parser.add_argument(
        "--models", metavar="NAME,NAME", help="the models to deploy; by default all that strangers may see"
    )
    parser.add_argument(
        "--title", metavar="TEXT", default="GAN Atelier", help="the title of the Space; default GAN Atelier"
    )
    parser.add_argument(
        "--torch-index", metavar="URL", help="a package index with CPU builds of torch, for the build of the Space"
    )
    parser.add_argument("--private", action="store_true", help="create a new Space as a private one")
    parser.add_argument("--force", action="store_true", help="overwrite files that somebody else put into the Space")


def run_deploy(args: argparse.Namespace) -> None:
    from gan_core.checkpoints import store
    from gan_core.hub import spaces

    root = checkpoint_root(args)
    names = [name.strip() for name in (args.models or "").split(",") if name.strip()]
    checkpoints = [store.find_checkpoint(resolve_model(name), root) for name in names]
    if not checkpoints:
        everything = store.list_checkpoints(root)
        checkpoints = [checkpoint for checkpoint in everything if checkpoint.is_public]
        if hidden := [checkpoint.name for checkpoint in everything if not checkpoint.is_public]:
            print_notes([f"not sent, as strangers may not see them: {', '.join(hidden)}; --models sends them"])
    for checkpoint in checkpoints:
        require_reference_match(checkpoint)
    files = spaces.space_files(checkpoints, args.title, args.torch_index)
    deployment = spaces.deploy_space(args.space, files, private=args.private, force=args.force)
    size_bytes = sum(
        len(content) if isinstance(content, bytes) else content.stat().st_size for content in files.values()
    )
    models = ", ".join(checkpoint.name for checkpoint in checkpoints)
    print(f"{len(deployment.sent)} files, {size_bytes / 1e6:.1f} MB, with {models}")
    if deployment.deleted:
        print(f"deleted there: {', '.join(deployment.deleted)}")
    print(f"{deployment.url} is being built; commit {deployment.commit_url}")


def require_reference_match(checkpoint: Any) -> None:
    """Checks that a model generates its reference image, as the build of the Space does.

    A fetched model without a reference image gets one. Raises ExternalError where the check fails.
    """
    from gan_core.evaluation import reference_check

    if not (checkpoint.folder / reference_check.REFERENCE_IMAGE_FILE).exists():
        reference_check.update_reference(checkpoint)
    result = reference_check.check_model(checkpoint)
    if not result.passed:
        raise ExternalError(f"{checkpoint.name} cannot be deployed: {result.text}.")
