"""What trains: train, and export of what was trained."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gan_core.commands.common import Parser, add_command, checkpoint_root, data_folder, progress_bar
from gan_core.commands.config_flags import add_config_flags
from gan_core.errors import UsageError
from gan_core.runs import queue

FAMILY_NAMES = ("vanilla", "dcgan", "residual", "conditional", "text_conditional", "srgan")
RESUMABLE_FIELDS = {"steps", "log_every", "preview_every", "save_every"}  # may change when a run is resumed


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
    from gan_core.models import find_family
    from gan_core.training.config import Run
    from gan_core.training.initialization import model_settings
    from gan_core.training.trainer import train

    changes = {name: getattr(args, name) for name in args.names if hasattr(args, name)}
    if args.encoder and find_family(args.family).task != "text":
        raise UsageError(f"The family {args.family} reads no sentences: --encoder is for those that do.")
    if args.resume:
        run, data = resumed_run(args, changes)
    elif args.data is None:
        raise UsageError("--data is missing: a data set's name, or a folder or zip of pictures.")
    else:
        start = str(args.start.resolve()) if args.start else ""
        settings = model_settings(Path(start), args.family) if start else None
        run = Run.from_preset(args.family, args.data, args.preset, model=settings, start=start, **changes)
        run, data = fit_to_data(run, args, changes)
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


def resumed_run(args: argparse.Namespace, changes: dict[str, Any]) -> tuple[Any, Any]:
    """The run of the folder with its new total, and its data. Raises InputError on a change that would make it another
    run: to stay exact, a resumed training keeps its recipe."""
    from gan_core.training.run_folder import RunFolder

    run = RunFolder(args.folder).read_config()
    stored = {"family": run.family, "preset": run.preset, "data": run.data, "start": run.start}
    requested = {"family": args.family, "preset": args.preset, "data": args.data and stored_data_name(args.data)}
    requested["start"] = args.start and str(args.start.resolve())
    settings = run.to_dict()
    stored_settings = settings["model"] | settings["training"] | settings["objective"]
    stored_settings["objective"] = settings["objective"]["name"]
    differing = [name for name, value in requested.items() if value is not None and value != stored[name]]
    differing += [
        name for name, value in changes.items() if name not in RESUMABLE_FIELDS and stored_settings.get(name) != value
    ]
    if args.encoder:
        raise UsageError("A resumed run goes on reading as it did: --encoder is for its start.")
    if differing:
        name = differing[0]
        stored_value = stored.get(name, stored_settings.get(name, "no such setting")) or "nothing"
        raise UsageError(
            f"This run was started with {name.replace('_', ' ')} {stored_value}; a resumed run keeps its recipe."
        )
    run = replace(
        run, training=replace(run.training, **{name: changes[name] for name in RESUMABLE_FIELDS & changes.keys()})
    )
    return run, load_data(run, args, run.model.image_channels)


def fit_to_data(run: Any, args: argparse.Namespace, changes: dict[str, Any]) -> tuple[Any, Any]:
    """The run with channels and classes as its data have them, unless they were asked for; and the data."""
    from gan_core.models import find_family

    data = load_data(run, args, changes.get("image_channels", 3 if run.model.image_channels == 3 else None))
    data_settings: dict[str, Any] = {"image_channels": data.channels}
    if find_family(run.family).task == "label" and "classes" not in changes and data.classes:
        data_settings["classes"] = len(data.classes)
    return replace(run, model=replace(run.model, **data_settings), data=stored_data_name(run.data)), data


def load_data(run: Any, args: argparse.Namespace, channels: int | None) -> Any:
    """What the run's family learns from: photos and their small versions, or squares of one size."""
    from gan_core.data import registry, super_resolution
    from gan_core.models import find_family

    model, folder = run.model, data_folder(args)
    if find_family(run.family).task == "text":
        return load_captioned(run, args, channels)
    if find_family(run.family).task != "picture":
        return registry.load_dataset(run.data, folder, size=model.image_size, channels=channels)
    return super_resolution.load_photos(
        run.data, folder, patch_size=model.image_size, scale=model.scale, channels=model.image_channels,
        degradation=model.degradation,
    )  # fmt: skip


def load_captioned(run: Any, args: argparse.Namespace, channels: int | None) -> Any:
    """Pictures with captions, without those held out; and the encoder that is given, that of the run or of the run
    it starts from, or one that is learned from the captions now. Raises InputError where its vectors do not fit."""
    from gan_core.data import registry
    from gan_core.text import captions, encoder_training
    from gan_core.text.encoder import WORDS_FILE, TextEncoder
    from gan_core.training.run_folder import RunFolder

    dataset = registry.load_dataset(run.data, data_folder(args), size=run.model.image_size, channels=channels)
    training_split = captions.select_split(captions.drop_uncaptioned(dataset), "train")
    stored_encoders = [RunFolder(folder).encoder_file for folder in (args.folder, Path(run.start or "."))]
    embedding_size = run.model.sentence_size
    if file := args.encoder or next((file for file in stored_encoders if file.is_file()), None):
        encoder = TextEncoder.load(file)
        if encoder.dim != embedding_size:
            raise UsageError(f"{file} gives {encoder.dim} values a sentence, and the model reads {embedding_size}.")
        return captions.CaptionedDataset(training_split, encoder)
    with progress_bar(encoder_training.STEPS, "step of learning to read") as bar:
        word_vectors = TextEncoder.load(WORDS_FILE)
        synonyms = encoder_training.synonym_table(training_split.rows, word_vectors)
        learned = encoder_training.train_encoder(
            word_vectors, training_split.rows, embedding_size, run.training.seed, bar.update, synonyms
        )
    return captions.CaptionedDataset(training_split, learned.encoder)


def stored_data_name(data: str) -> str:
    """A named set as it is, a path as an absolute one: a run can be resumed from anywhere."""
    from gan_core.data.registry import TORCHVISION_DATASETS

    return str(Path(data).resolve()) if data not in TORCHVISION_DATASETS and Path(data).exists() else data


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
