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

from gan_core.commands.common import Parser, add_command, data_folder, progress_bar, checkpoint_root
from gan_core.commands.config_flags import add_config_flags
from gan_core.errors import InputError
from gan_core.runs import queue

FAMILY_NAMES = ("vanilla", "dcgan", "residual", "conditional", "text_conditional", "srgan")
ANY_TIME = {"steps", "log_every", "preview_every", "save_every"}  # may change when a run is resumed


def add_commands(commands: Any, *, with_flags: bool) -> None:
    add_train(commands, with_flags=with_flags)
    add_export(commands)


def add_train(commands: Any, *, with_flags: bool) -> None:
    parser = add_command(commands, "train", run_train, "train a model")
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
    names = add_config_flags(parser, "model", [family.config for family in FAMILIES.values()])
    names |= add_config_flags(parser, "objective", OBJECTIVES.values())
    names |= add_config_flags(parser, "training", [TrainingConfig])
    parser.set_defaults(names=names | {"objective"})


def turn(arguments: Sequence[str]) -> AbstractContextManager[None]:
    """The turn in the line of the runs' folder, where `train --wait` asks for it."""
    if arguments[:1] != ["train"] or "--wait" not in arguments or {"-h", "--help"} & set(arguments):
        return nullcontext()
    if int(os.environ.get("WORLD_SIZE") or 1) > 1:
        raise InputError("--wait is for one process: a launcher of several has the machine to itself anyway.")
    parser = Parser(prog="python -m gan_core train", add_help=False, allow_abbrev=False)
    parser.add_argument("--run", type=Path, required=True)
    return queue.turn(parser.parse_known_args(arguments)[0].run.resolve())


def run_train(chosen: argparse.Namespace) -> None:
    from gan_core.models import find_family
    from gan_core.training.config import Run
    from gan_core.training.initialization import model_of
    from gan_core.training.trainer import train

    changes = {name: getattr(chosen, name) for name in chosen.names if hasattr(chosen, name)}
    if chosen.encoder and find_family(chosen.family).condition != "text":
        raise InputError(f"The family {chosen.family} reads no sentences: --encoder is for those that do.")
    if chosen.resume:
        run, data = resumed_run(chosen, changes)
    elif chosen.data is None:
        raise InputError("--data is missing: a data set's name, or a folder or zip of pictures.")
    else:
        start = str(chosen.start.resolve()) if chosen.start else ""
        model = model_of(Path(start), chosen.family) if start else None
        run = Run.from_preset(chosen.family, chosen.data, chosen.preset, model=model, start=start, **changes)
        run, data = fit_to_data(run, chosen, changes)
    stop: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: stop.append(received))
    reached = show_training(run, train(run, data, chosen.folder, resume=chosen.resume, should_stop=lambda: bool(stop)))
    if int(os.environ.get("RANK") or 0):
        return  # of several processes the first speaks
    if reached is None:
        print(f"Nothing to do: {chosen.folder} has reached {run.training.steps} steps; --steps sets a higher total.")
    elif reached < run.training.steps:
        print(f"Stopped at step {reached} of {run.training.steps}, saved in {chosen.folder}; go on with --resume.")
    else:
        print(f"Trained {reached} steps; the run is in {chosen.folder}.")


def show_training(run: Any, events: Any) -> int | None:
    """Drain the events under a progress bar; the step reached, None where there was nothing to do."""
    from gan_core.runs.last_good import keep_if_well
    from gan_core.training.events import Diagnosis, Saved, Step

    reached, alone = None, not int(os.environ.get("RANK") or 0)
    with progress_bar(run.training.steps, "step", visible=alone) as bar:
        for event in events:
            match event:
                case Step(number=number, losses=losses, pictures_per_second=rate):
                    reached = number
                    bar.set_postfix(
                        {name: f"{loss:.3f}" for name, loss in losses.items()} | {"pictures/s": f"{rate:.0f}"}
                    )
                    bar.update(number - bar.n)
                case Saved(number=number, folder=folder):
                    reached = number
                    try:
                        keep_if_well(folder)
                    except OSError as error:
                        tqdm.write(f"This save was not kept as the last good one: {error}.", file=sys.stderr)
                case Diagnosis(text=text) if alone:
                    tqdm.write(text, file=sys.stderr)
    return reached


def resumed_run(chosen: argparse.Namespace, changes: dict[str, Any]) -> tuple[Any, Any]:
    """The run of the folder with its new total, and its data. Raises InputError on a change that would make it another
    run: to stay exact, a resumed training keeps its recipe."""
    from gan_core.training.run_folder import RunFolder

    run = RunFolder(chosen.folder).read_config()
    kept = {"family": run.family, "preset": run.preset, "data": run.data, "start": run.start}
    asked = {"family": chosen.family, "preset": chosen.preset, "data": chosen.data and stored_name(chosen.data)}
    asked["start"] = chosen.start and str(chosen.start.resolve())
    settings = run.to_dict()
    known = settings["model"] | settings["training"] | settings["objective"]
    known["objective"] = settings["objective"]["name"]
    differing = [name for name, value in asked.items() if value is not None and value != kept[name]]
    differing += [name for name, value in changes.items() if name not in ANY_TIME and known.get(name) != value]
    if chosen.encoder:
        raise InputError("A resumed run goes on reading as it did: --encoder is for its start.")
    if differing:
        name = differing[0]
        was = kept.get(name, known.get(name, "no such setting")) or "nothing"
        raise InputError(f"This run was started with {name.replace('_', ' ')} {was}; a resumed run keeps its recipe.")
    run = replace(run, training=replace(run.training, **{name: changes[name] for name in ANY_TIME & changes.keys()}))
    return run, load_data(run, chosen, run.model.image_channels)


def fit_to_data(run: Any, chosen: argparse.Namespace, changes: dict[str, Any]) -> tuple[Any, Any]:
    """The run with channels and classes as its data have them, unless they were asked for; and the data."""
    from gan_core.models import find_family

    loaded = load_data(run, chosen, changes.get("image_channels", 3 if run.model.image_channels == 3 else None))
    fitting: dict[str, Any] = {"image_channels": loaded.channels}
    if find_family(run.family).condition == "label" and "classes" not in changes and loaded.classes:
        fitting["classes"] = len(loaded.classes)
    return replace(run, model=replace(run.model, **fitting), data=stored_name(run.data)), loaded


def load_data(run: Any, chosen: argparse.Namespace, channels: int | None) -> Any:
    """What the run's family learns from: photos and their small versions, or squares of one size."""
    from gan_core.data import registry, super_resolution
    from gan_core.models import find_family

    model, folder = run.model, data_folder(chosen)
    if find_family(run.family).condition == "text":
        return captioned(run, chosen, channels)
    if find_family(run.family).condition != "picture":
        return registry.load_dataset(run.data, folder, size=model.image_size, channels=channels)
    return super_resolution.load_photos(
        run.data, folder, patch_size=model.image_size, scale=model.scale, channels=model.image_channels,
        degradation=model.degradation,
    )  # fmt: skip


def captioned(run: Any, chosen: argparse.Namespace, channels: int | None) -> Any:
    """Pictures with captions, without those held out; and the encoder that is given, that of the run or of the run
    it starts from, or one that is learned from the captions now. Raises InputError where its vectors do not fit."""
    from gan_core.data import registry
    from gan_core.text import captions, encoder_training
    from gan_core.text.encoder import WORDS_FILE, TextEncoder
    from gan_core.training.run_folder import RunFolder

    found = registry.load_dataset(run.data, data_folder(chosen), size=run.model.image_size, channels=channels)
    pictures = captions.select_split(captions.drop_uncaptioned(found), "train")
    kept = [RunFolder(folder).encoder for folder in (chosen.folder, Path(run.start or "."))]
    wanted = run.model.sentence_size
    if file := chosen.encoder or next((file for file in kept if file.is_file()), None):
        encoder = TextEncoder.load(file)
        if encoder.dim != wanted:
            raise InputError(f"{file} gives {encoder.dim} values a sentence, and the model reads {wanted}.")
        return captions.CaptionedDataset(pictures, encoder)
    with progress_bar(encoder_training.STEPS, "step of learning to read") as bar:
        table = TextEncoder.load(WORDS_FILE)
        instead = encoder_training.synonym_table(pictures.rows, table)
        learned = encoder_training.train_encoder(table, pictures.rows, wanted, run.training.seed, bar.update, instead)
    return captions.CaptionedDataset(pictures, learned.encoder)


def stored_name(data: str) -> str:
    """A named set as it is, a path as an absolute one: a run can be resumed from anywhere."""
    from gan_core.data.registry import TORCHVISION_DATASETS

    return str(Path(data).resolve()) if data not in TORCHVISION_DATASETS and Path(data).exists() else data


def add_export(commands: Any) -> None:
    parser = add_command(commands, "export", run_export, "make a run's EMA generator a model")
    parser.add_argument("folder", type=Path, metavar="RUN", help="the run's folder")
    parser.add_argument("name", metavar="NAME", help="the checkpoint's name")
    parser.add_argument("--critic", action="store_true", help="keep the discriminator beside it")
    parser.add_argument("--toward", type=Path, metavar="RUN", help="mix in weights of the run that this one began with")
    parser.add_argument("--share", type=float, default=0.1, help="how much of them, with --toward; default 0.1")
    parser.add_argument(
        "--latent-spread", type=float, help="draw from latents of this spread, not of the one it was trained with"
    )
    parser.add_argument("--force", action="store_true", help="overwrite the checkpoint")


def run_export(chosen: argparse.Namespace) -> None:
    from gan_core.evaluation.reference_check import update_reference
    from gan_core.training.export import export

    made = export(
        chosen.folder, chosen.name, checkpoint_root(chosen),
        critic=chosen.critic, toward=chosen.toward, share=chosen.share, spread=chosen.latent_spread,
        force=chosen.force,
    )  # fmt: skip
    print(f"{made.folder}: {made.size / 1e6:.1f} MB, weights {made.weights_hash}")
    update_reference(made)  # so that `check` knows what these weights draw
