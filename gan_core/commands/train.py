"""The commands train and export: a training, and the checkpoint that is made of it."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gan_core.commands.common import Parser, add_command, checkpoint_root, data_folder, print_notes, progress_bar
from gan_core.commands.config_flags import add_config_flags
from gan_core.errors import UsageError
from gan_core.runs import queue


def add_commands(subparsers: Any, *, with_flags: bool) -> None:
    """Adds both commands; the flags of the configs, which import torch, only `with_flags`."""
    add_train(subparsers, with_flags=with_flags)
    add_export(subparsers)


def add_train(subparsers: Any, *, with_flags: bool) -> None:
    parser = add_command(subparsers, "train", run_train, "train a model")
    family = parser.add_argument("family", metavar="FAMILY", help="an architecture")
    parser.add_argument("--data", metavar="NAME", help="mnist, fashion-mnist, or a folder or zip of images")
    parser.add_argument("--run", type=Path, required=True, dest="folder", metavar="FOLDER", help="the run's folder")
    parser.add_argument("--preset", metavar="NAME", help="a named recipe; the family's first by default")
    parser.add_argument(
        "--start",
        type=Path,
        metavar="RUN",
        help="the folder of a run or checkpoint whose networks and model settings to start from",
    )
    parser.add_argument(
        "--encoder",
        type=Path,
        metavar="FILE",
        help="a text encoder made by the command `encoder`; without it, one is trained on the captions",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue the run in the folder; with --data, from where its images are now",
    )
    parser.add_argument(
        "--wait",
        action="store_true",
        help="wait in the queue of the folder's parent, where one run with --wait trains at a time",
    )
    if not with_flags:
        return
    from gan_core.models import FAMILIES
    from gan_core.objectives import OBJECTIVES
    from gan_core.training.config import TrainingConfig

    family.choices, family.help = tuple(FAMILIES), ", ".join(FAMILIES)
    parser.add_argument("--objective", default=argparse.SUPPRESS, metavar="NAME", help=", ".join(OBJECTIVES))
    setting_names = add_config_flags(parser, "model", [family.config for family in FAMILIES.values()])
    setting_names |= add_config_flags(parser, "objective", OBJECTIVES.values())
    setting_names |= add_config_flags(parser, "training", [TrainingConfig])
    parser.set_defaults(names=setting_names | {"objective"})


def queue_slot(arguments: Sequence[str]) -> AbstractContextManager[None]:
    """A context that waits in the queue of runs for `train --wait`; one that does nothing for any other command.

    Called before the arguments are parsed, because the parser of `train` imports torch. Raises UsageError under a
    launcher of several processes.
    """
    if arguments[:1] != ["train"] or "--wait" not in arguments or {"-h", "--help"} & set(arguments):
        return nullcontext()
    if int(os.environ.get("WORLD_SIZE") or 1) > 1:
        raise UsageError("--wait is for a single process: leave it out under a launcher of several.")
    parser = Parser(prog="python -m gan_core train", add_help=False, allow_abbrev=False)
    parser.add_argument("--run", type=Path, required=True)
    return queue.queue_slot(parser.parse_known_args(arguments)[0].run.resolve())


def run_train(args: argparse.Namespace) -> None:
    from gan_core.runs.status import saved_step
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
    first_step = saved_step(args.folder) if args.resume else 0
    received_signals: list[int] = []
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda received, _: received_signals.append(received))
    events = train(run, data, args.folder, resume=args.resume, should_stop=lambda: bool(received_signals))
    last_step = show_training(run, events, first_step)
    if not is_main_process():
        return  # only the main process prints
    if last_step is None:
        print(f"Nothing to do: {args.folder} has reached {run.training.steps} steps; --steps sets a higher total.")
    elif last_step < run.training.steps:
        print(f"Stopped at step {last_step} of {run.training.steps}, saved in {args.folder}; continue with --resume.")
    else:
        print(f"Trained {last_step} steps; the run is in {args.folder}.")


@contextmanager
def encoder_progress(total: int) -> Iterator[Callable[[int], Any]]:
    """A progress bar for the training of a text encoder, in the main process."""
    with progress_bar(total, "step of the text encoder's training", visible=is_main_process()) as bar:
        yield bar.update


def is_main_process() -> bool:
    """Whether this is the only process, or the first that a launcher started."""
    return not int(os.environ.get("RANK") or 0)


def show_training(run: Any, events: Iterable[Any], first_step: int = 0) -> int | None:
    """Shows the events of a training in a progress bar; returns the last step, None where there was none.

    `first_step` is where a resumed run goes on: the bar's time left counts the steps since.
    """
    from gan_core.runs.last_good import update_last_good
    from gan_core.training.events import Notice, Saved, Step

    last_step = None
    with progress_bar(run.training.steps, "step", visible=is_main_process()) as bar:
        bar.initial = bar.n = bar.last_print_n = first_step
        for event in events:
            match event:
                case Step(number=number, losses=losses, images_per_second=images_per_second):
                    last_step = number
                    shown_losses = {name: f"{loss:.3f}" for name, loss in losses.items()}
                    bar.set_postfix(shown_losses | {"images/s": f"{images_per_second:.0f}"})
                    bar.update(number - bar.n)
                case Saved(number=number, folder=folder):
                    last_step = number
                    try:
                        update_last_good(folder)
                    except OSError as error:
                        tqdm.write(f"This save could not be kept as the last good one: {error}.", file=sys.stderr)
                case Notice(text=text) if is_main_process():
                    tqdm.write(text, file=sys.stderr)
    return last_step


def add_export(subparsers: Any) -> None:
    parser = add_command(subparsers, "export", run_export, "export the EMA generator of a run as a model")
    parser.add_argument("folder", type=Path, metavar="RUN", help="the run's folder")
    parser.add_argument(
        "name", metavar="NAME",
        help="the model's name; of any other text than letters, digits, dashes, dots and _ one is made, and the text is"
        " the title",
    )  # fmt: skip
    parser.add_argument("--critic", action="store_true", help="export the discriminator as well")
    parser.add_argument(
        "--toward", type=Path, metavar="RUN", help="interpolate with the weights of the run that this one started from"
    )
    parser.add_argument("--share", type=float, default=0.1, help="their share, with --toward; default 0.1")
    parser.add_argument(
        "--latent-spread", type=float, help="standard deviation of the latents in sampling; default as in training"
    )
    parser.add_argument(
        "--licence", "--license", metavar="ID",
        help="the licence of the weights: mit, apache-2.0, cc-by-4.0 ...; by default none is stated",
    )  # fmt: skip
    parser.add_argument("--public", action="store_true", help="show the model to strangers in a hosted app")
    parser.add_argument("--force", action="store_true", help="overwrite an existing checkpoint")


def run_export(args: argparse.Namespace) -> None:
    from gan_core.evaluation.reference_check import update_reference
    from gan_core.training.export import export

    checkpoint = export(
        args.folder,
        args.name,
        checkpoint_root(args),
        with_discriminator=args.critic,
        interpolate_with=args.toward,
        other_share=args.share,
        latent_std=args.latent_spread,
        licence=args.licence,
        public=args.public,
        force=args.force,
    )
    if checkpoint.title:
        print_notes([f"the name is {checkpoint.name}, with {checkpoint.title!r} as its title"])
    print(f"{checkpoint.folder}: {checkpoint.weights_bytes / 1e6:.1f} MB, weights {checkpoint.weights_hash}")
    update_reference(checkpoint)  # for the command `check`
