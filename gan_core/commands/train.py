"""What trains: train, and export of what was trained."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gan_core.commands.common import Parser, add_command, checkpoint_root, data_folder, progress_bar
from gan_core.commands.config_flags import add_config_flags
from gan_core.errors import UsageError
from gan_core.runs import queue

FAMILY_NAMES = ("vanilla", "dcgan", "residual", "conditional", "text_conditional", "srgan")


def add_commands(subparsers: Any, *, with_flags: bool) -> None:
    add_train(subparsers, with_flags=with_flags)
    add_export(subparsers)


def add_train(subparsers: Any, *, with_flags: bool) -> None:
    parser = add_command(subparsers, "train", run_train, "train a model")
    parser.add_argument("family", metavar="FAMILY", choices=FAMILY_NAMES, help=", ".join(FAMILY_NAMES))
    parser.add_argument("--data", metavar="NAME", help="mnist, fashion-mnist, or a folder or zip of pictures")
    parser.add_argument("--run", type=Path, required=True, dest="folder", metavar="FOLDER", help="the run's folder")
    parser.add_argument("--preset", metavar="NAME", help="a named recipe; the family's first by default")
    parser.add_argument(
        "--start",
        type=Path,
        metavar="RUN",
        help="begin with the networks of a run's or checkpoint's folder, and its model's settings",
    )
    parser.add_argument(
        "--encoder", type=Path, metavar="FILE", help="how sentences are read, as `encoder` made it; else learned anew"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    parser.add_argument(
        "--wait", action="store_true", help="wait until no other training with --wait beside it goes on"
    )
    if not with_flags:
        return
    from gan_core.models import FAMILIES
    from gan_core.objectives import OBJECTIVES
    from gan_core.training.config import TrainingConfig

    parser.add_argument("--objective", default=argparse.SUPPRESS, metavar="NAME", help=", ".join(OBJECTIVES))
    setting_names = add_config_flags(parser, "model", [family.config for family in FAMILIES.values()])
    setting_names |= add_config_flags(parser, "objective", OBJECTIVES.values())
    setting_names |= add_config_flags(parser, "training", [TrainingConfig])
    parser.set_defaults(names=setting_names | {"objective"})


def queue_slot(arguments: Sequence[str]) -> AbstractContextManager[None]:
    """The turn in the line of the runs' folder, where `train --wait` asks for it."""
    if arguments[:1] != ["train"] or "--wait" not in arguments or {"-h", "--help"} & set(arguments):
        return nullcontext()
    if int(os.environ.get("WORLD_SIZE") or 1) > 1:
        raise UsageError("--wait is for one process: a launcher of several has the machine to itself anyway.")
    parser = Parser(prog="python -m gan_core train", add_help=False, allow_abbrev=False)
    parser.add_argument("--run", type=Path, required=True)
    return queue.queue_slot(parser.parse_known_args(arguments)[0].run.resolve())


def run_train(args: argparse.Namespace) -> None:
    from gan_core.training.setup import prepare_run
    from gan_core.training.trainer import train

    settings = {name: getattr(args, name) for name in args.names if hasattr(args, name)}
    run, data = prepare_run(
        args.family,
        args.data,
        args.folder,
        preset=args.preset,
        resume=args.resume,
        start=args.start,
        encoder=args.encoder,
        data_dir=data_folder(args),
        progress=encoder_progress,
        **settings,
    )
    received_signals: list[int] = []
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda received, _: received_signals.append(received))
    last_step = show_training(
        run, train(run, data, args.folder, resume=args.resume, should_stop=lambda: bool(received_signals))
    )
    if int(os.environ.get("RANK") or 0):
        return  # of several processes the first speaks
    if last_step is None:
        print(f"Nothing to do: {args.folder} has reached {run.training.steps} steps; --steps sets a higher total.")
    elif last_step < run.training.steps:
        print(f"Stopped at step {last_step} of {run.training.steps}, saved in {args.folder}; go on with --resume.")
    else:
        print(f"Trained {last_step} steps; the run is in {args.folder}.")


@contextmanager
def encoder_progress(total: int) -> Iterator[Callable[[int], Any]]:
    """A progress bar for the training of a text encoder."""
    with progress_bar(total, "step of the text encoder's training") as bar:
        yield bar.update


def show_training(run: Any, events: Any) -> int | None:
    """Drain the events under a progress bar; the step reached, None where there was nothing to do."""
    from gan_core.runs.last_good import update_last_good
    from gan_core.training.events import Notice, Saved, Step

    last_step, is_main_process = None, not int(os.environ.get("RANK") or 0)
    with progress_bar(run.training.steps, "step", visible=is_main_process) as bar:
        for event in events:
            match event:
                case Step(number=number, losses=losses, images_per_second=images_per_second):
                    last_step = number
                    bar.set_postfix(
                        {name: f"{loss:.3f}" for name, loss in losses.items()}
                        | {"pictures/s": f"{images_per_second:.0f}"}
                    )
                    bar.update(number - bar.n)
                case Saved(number=number, folder=folder):
                    last_step = number
                    try:
                        update_last_good(folder)
                    except OSError as error:
                        tqdm.write(f"This save was not kept as the last good one: {error}.", file=sys.stderr)
                case Notice(text=text) if is_main_process:
                    tqdm.write(text, file=sys.stderr)
    return last_step


def add_export(subparsers: Any) -> None:
    parser = add_command(subparsers, "export", run_export, "make a run's EMA generator a model")
    parser.add_argument("folder", type=Path, metavar="RUN", help="the run's folder")
    parser.add_argument("name", metavar="NAME", help="the checkpoint's name")
    parser.add_argument("--critic", action="store_true", help="keep the discriminator beside it")
    parser.add_argument("--toward", type=Path, metavar="RUN", help="mix in weights of the run that this one began with")
    parser.add_argument("--share", type=float, default=0.1, help="how much of them, with --toward; default 0.1")
    parser.add_argument(
        "--latent-spread", type=float, help="draw from latents of this spread, not of the one it was trained with"
    )
    parser.add_argument("--force", action="store_true", help="overwrite the checkpoint")


def run_export(args: argparse.Namespace) -> None:
    from gan_core.evaluation.reference_check import update_reference
    from gan_core.training.export import export

    checkpoint = export(
        args.folder, args.name, checkpoint_root(args),
        with_discriminator=args.critic, interpolate_with=args.toward, other_share=args.share, latent_std=args.latent_spread,
        force=args.force,
    )  # fmt: skip
    print(f"{checkpoint.folder}: {checkpoint.weights_bytes / 1e6:.1f} MB, weights {checkpoint.weights_hash}")
    update_reference(checkpoint)  # so that `check` knows what these weights draw
