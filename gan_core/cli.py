"""The command line: one tool that does the work of the pages without a browser.

Exit code 0 is success, 2 a call or an input that cannot be used, 1 a failure from outside; each failure is one line on
standard error. Heavy imports happen inside the commands, so that help appears at once.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from gan_core.errors import InputError, OutsideError
from gan_core.flags import add_config_flags

FAMILY_NAMES = ("vanilla", "dcgan", "conditional")
MAX_COUNT = 1_000_000
ANY_TIME = {"steps", "log_every", "preview_every", "save_every"}  # may change when a run is resumed
PICTURE_SUFFIXES = {".png", ".npz"}


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        chosen = build_parser(arguments).parse_args(arguments)
        chosen.run(chosen)
        sys.stdout.flush()
    except InputError as error:
        return fail(str(error), 2)
    except (OutsideError, MemoryError) as error:
        return fail(str(error) or "out of memory", 1)
    except BrokenPipeError:  # the reader of a pipe has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return fail(f"{error.strerror or error}: {error.filename}" if error.filename else str(error), 1)
    except KeyboardInterrupt:
        return fail("interrupted", 130)
    return 0


def fail(message: str, code: int) -> int:
    print("gan_core: " + " ".join(message.split()), file=sys.stderr)
    return code


def build_parser(arguments: Sequence[str]) -> Parser:
    """The whole grammar. Config flags need the models, and those torch: only when `train` is asked for."""
    parser = Parser(prog="python -m gan_core", description="Draw with GANs, train them, measure them.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (add_models, add_sample, add_interpolate, add_blend, add_evaluate, add_judge, add_export, add_app):
        add(commands)
    add_train(commands, with_flags="train" in arguments[:1])
    return parser


def add_command(commands: Any, name: str, run: Callable[[argparse.Namespace], None], help: str) -> Parser:
    parser = commands.add_parser(name, help=help, description=help)
    parser.set_defaults(run=run)
    parser.add_argument("--data-dir", type=Path, metavar="FOLDER", help="where data sets lie (or GAN_CORE_DATA)")
    parser.add_argument("--checkpoints", type=Path, metavar="FOLDER", help="where models lie (or GAN_CORE_CHECKPOINTS)")
    return parser


def data_folder(chosen: argparse.Namespace) -> Path:
    return chosen.data_dir or Path(os.environ.get("GAN_CORE_DATA") or "data")


def root_of(chosen: argparse.Namespace) -> Path:
    from gan_core.checkpoints import root_folder

    return root_folder(chosen.checkpoints)


def progress_bar(total: int | None, unit: str, start: int = 0) -> tqdm:
    """A bar on a terminal, nothing in a pipe."""
    return tqdm(total=total, unit=unit, initial=start, disable=None, dynamic_ncols=True)


# models --------------------------------------------------------------------------------------------------------------


def add_models(commands: Any) -> None:
    parser = add_command(commands, "models", run_models, "list the models that can be used")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run_models(chosen: argparse.Namespace) -> None:
    from gan_core.checkpoints import available

    rows = [
        {
            "name": each.name,
            "family": each.description.family,
            "data": each.description.data["name"],
            "classes": list(each.description.classes),
            "image_size": each.config.image_size,
            "size": each.size,
            "scores": each.description.scores,
            "source": str(each.folder),
            "weights": each.weights_hash,
            "critic": each.has_critic,
        }
        for each in available(root_of(chosen))
    ]
    if chosen.json:
        print(json.dumps(rows, indent=2))
        return
    if not rows:
        print(f"No models in {root_of(chosen)}: train one by `train`, then `export` it.")
        return
    width = max(len(row["name"]) for row in rows)
    print(f"{'name':{width}}  {'family':12} {'data':14} {'size':>7}  {'accuracy':>8}  {'Fréchet':>7}  source")
    for row in rows:
        accuracy = f"{row['scores']['accuracy']:.2%}" if "accuracy" in row["scores"] else "-"
        frechet = f"{row['scores']['frechet']:.2f}" if row["scores"] else "-"
        size = f"{row['size'] / 1e6:.1f} MB"
        facts = f"{row['name']:{width}}  {row['family']:12} {row['data']:14} {size:>7}"
        print(f"{facts}  {accuracy:>8}  {frechet:>7}  {row['source']}")


# sample, interpolate, blend ------------------------------------------------------------------------------------------


def add_sample(commands: Any) -> None:
    parser = add_drawing(commands, "sample", run_sample, "draw pictures: one for each seed S, S+1, ...")
    parser.add_argument("--count", type=int, help="how many pictures; default 16")
    parser.add_argument("--label", help="a label or several, comma-separated and dealt in turn: 7 or 0,1,2 or dress")
    prompts = parser.add_mutually_exclusive_group()
    prompts.add_argument("--prompt", help="what to draw, for a text-to-image model")
    prompts.add_argument("--prompts", metavar="FILE", help="a file of prompts, one a line, dealt in turn")


def add_interpolate(commands: Any) -> None:
    parser = add_drawing(commands, "interpolate", run_interpolate, "draw the way from one seed's picture to another's")
    parser.add_argument("--to", type=int, required=True, metavar="SEED", help="the last seed; --seed is the first")
    parser.add_argument("--steps", type=int, default=16, help="how many pictures; default 16")
    parser.add_argument("--label", help="the label, or two for first and last: 3 or 3,8")


def add_blend(commands: Any) -> None:
    parser = add_drawing(commands, "blend", run_blend, "draw the way from one label to another, in one handwriting")
    parser.add_argument("--labels", required=True, help="the two labels: 3,8")
    parser.add_argument("--steps", type=int, default=9, help="how many pictures; default 9")


def add_drawing(commands: Any, name: str, run: Callable[[argparse.Namespace], None], help: str) -> Parser:
    """What all drawing commands share."""
    parser = add_command(commands, name, run, help)
    parser.add_argument("model", metavar="MODEL", help="a name under checkpoints, or a folder")
    parser.add_argument("--out", type=Path, required=True, help="x.png: a grid; x.npz: arrays; else a folder of PNGs")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; default 0")
    parser.add_argument("--truncation", type=float, default=1.0, help="multiplies the latents: 0 to 2; default 1")
    return parser


def run_sample(chosen: argparse.Namespace) -> None:
    from gan_core import sampling

    check_out(chosen.out)
    count = 16 if chosen.count is None else chosen.count
    if not 1 <= count <= MAX_COUNT:
        raise InputError(f"--count must lie between 1 and {MAX_COUNT}, not be {count}.")
    model = sampling.load(chosen.model, root_of(chosen))
    if chosen.prompt is not None or chosen.prompts is not None:
        raise InputError(f"{model.checkpoint.name} takes no prompt: it is no text-to-image model.")
    seeds = list(range(chosen.seed, chosen.seed + count))
    labels = sampling.labels_for(model, seeds, parse_labels(model.classes, chosen.label))
    parts = []
    with progress_bar(count, "picture") as bar:
        for first in range(0, count, 512):
            span = slice(first, first + 512)
            parts.append(sampling.sample(model, seeds[span], labels and labels[span], chosen.truncation))
            bar.update(len(parts[-1]))
    write_pictures(chosen, model, parts, seeds, labels)


def run_interpolate(chosen: argparse.Namespace) -> None:
    from gan_core import sampling

    check_out(chosen.out)
    check_steps(chosen.steps)
    model = sampling.load(chosen.model, root_of(chosen))
    labels = parse_labels(model.classes, chosen.label)
    ends = (labels[0], labels[-1]) if labels else None
    pixels = sampling.interpolate(model, chosen.seed, chosen.to, chosen.steps, ends, chosen.truncation)
    write_pictures(chosen, model, [pixels], [chosen.seed] * chosen.steps, None)


def run_blend(chosen: argparse.Namespace) -> None:
    from gan_core import sampling

    check_out(chosen.out)
    check_steps(chosen.steps)
    model = sampling.load(chosen.model, root_of(chosen))
    labels = parse_labels(model.classes, chosen.labels)
    if len(labels) != 2:
        raise InputError(f"--labels takes two labels, such as 3,8; not {chosen.labels}.")
    shares = [step / (chosen.steps - 1) for step in range(chosen.steps)]
    parts = [sampling.blend(model, [chosen.seed], (labels[0], labels[1]), share, chosen.truncation) for share in shares]
    write_pictures(chosen, model, parts, [chosen.seed] * chosen.steps, None)


def check_out(out: Path) -> None:
    """Refuse what would be misunderstood before anything is computed."""
    if out.suffix and out.suffix.lower() not in PICTURE_SUFFIXES and not out.is_dir():
        raise InputError(f"--out {out} must end in .png (a grid) or .npz (arrays), or name a folder without a suffix.")
    if out.suffix.lower() in PICTURE_SUFFIXES and out.is_dir():
        raise InputError(f"--out {out} is a folder; give it a name without suffix, or another file.")
    if not out.suffix and out.is_file():
        raise InputError(f"--out {out} is a file; to write there name it .png or .npz, or choose a folder.")


def check_steps(steps: int) -> None:
    if not 2 <= steps <= 10_000:
        raise InputError(f"--steps must lie between 2 and 10000, not be {steps}.")


def parse_labels(classes: Sequence[str], text: str | None) -> list[int]:
    """ "0,1,2" or "dress" as indices. Raises InputError naming the classes."""
    labels = []
    for part in (text or "").split(",") if text is not None else ():
        part = part.strip()
        if part in classes:
            labels.append(classes.index(part))
        elif part.isdecimal():
            labels.append(int(part))
        else:
            raise InputError(f"--label {part!r} is no label; there are {', '.join(classes) or 'none'}.")
    return labels


def write_pictures(
    chosen: argparse.Namespace, model: Any, parts: list[Any], seeds: list[int], labels: list[int] | None
) -> None:
    """Pictures as a grid, as arrays or as a folder of files, by the form of --out."""
    import numpy as np

    from gan_core import images

    pixels, out = np.concatenate(parts), chosen.out
    facts = {
        "model": model.checkpoint.name,
        "weights": model.checkpoint.weights_hash,
        "truncation": f"{chosen.truncation:g}",
    }
    if out.suffix.lower() in PICTURE_SUFFIXES:
        out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix.lower() == ".npz":
        arrays: dict[str, Any] = {"images": pixels, "seeds": np.array(seeds)}
        arrays |= {} if labels is None else {"labels": np.array(labels)}
        np.savez_compressed(out, **arrays)
    elif out.suffix.lower() == ".png":
        shown = {"seed": str(seeds[0]), "count": str(len(seeds))}
        shown |= {} if labels is None else {"label": ",".join(map(str, dict.fromkeys(labels)))}
        out.write_bytes(images.png_bytes(images.to_pil(images.grid(pixels)), facts | shown))
    else:
        out.mkdir(parents=True, exist_ok=True)
        for index, (picture, seed) in enumerate(zip(pixels, seeds, strict=True)):
            label = None if labels is None else labels[index]
            own = {"seed": str(seed)} | ({} if label is None else {"label": str(label)})
            name = f"{index:05d}-seed-{seed}" + ("" if label is None else f"-label-{label}")
            (out / f"{name}.png").write_bytes(images.png_bytes(images.to_pil(picture), facts | own))
    print(f"{len(pixels)} pictures of {model.checkpoint.name} in {out}")


# train ---------------------------------------------------------------------------------------------------------------


def add_train(commands: Any, *, with_flags: bool) -> None:
    parser = add_command(commands, "train", run_train, "train a model")
    parser.add_argument("family", metavar="FAMILY", choices=FAMILY_NAMES, help=", ".join(FAMILY_NAMES))
    parser.add_argument("--data", metavar="NAME", help="mnist, fashion-mnist, or a folder or zip of pictures")
    parser.add_argument("--run", type=Path, required=True, dest="folder", metavar="FOLDER", help="the run's folder")
    parser.add_argument("--preset", metavar="NAME", help="a named recipe; the family's first by default")
    parser.add_argument("--start", type=Path, metavar="RUN", help="begin with the networks of an earlier run's folder")
    parser.add_argument("--resume", action="store_true", help="go on with the run in the folder")
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


def run_train(chosen: argparse.Namespace) -> None:
    from gan_core.training.config import Run
    from gan_core.training.trainer import train

    changes = {name: getattr(chosen, name) for name in chosen.names if hasattr(chosen, name)}
    if chosen.resume:
        run, data = resumed_run(chosen, changes)
    elif chosen.data is None:
        raise InputError("--data is missing: a data set's name, or a folder or zip of pictures.")
    else:
        start = str(chosen.start.resolve()) if chosen.start else ""
        run = Run.from_preset(chosen.family, chosen.data, chosen.preset, start=start, **changes)
        run, data = fit_to_data(run, chosen, changes)
    stop: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: stop.append(received))
    reached = show_training(run, train(run, data, chosen.folder, resume=chosen.resume, should_stop=lambda: bool(stop)))
    if reached is None:
        print(f"Nothing to do: {chosen.folder} has reached {run.training.steps} steps; --steps sets a higher total.")
    elif reached < run.training.steps:
        print(f"Stopped at step {reached} of {run.training.steps}, saved in {chosen.folder}; go on with --resume.")
    else:
        print(f"Trained {reached} steps; the run is in {chosen.folder}.")


def show_training(run: Any, events: Any) -> int | None:
    """Drain the events under a progress bar; the step reached, None where there was nothing to do."""
    from gan_core.training.events import Diagnosis, Saved, Step

    reached = None
    with progress_bar(run.training.steps, "step") as bar:
        for event in events:
            match event:
                case Step(number=number, losses=losses, pictures_per_second=rate):
                    reached = number
                    bar.set_postfix(
                        {name: f"{loss:.3f}" for name, loss in losses.items()} | {"pictures/s": f"{rate:.0f}"}
                    )
                    bar.update(number - bar.n)
                case Saved(number=number):
                    reached = number
                case Diagnosis(text=text):
                    tqdm.write(text, file=sys.stderr)
    return reached


def resumed_run(chosen: argparse.Namespace, changes: dict[str, Any]) -> tuple[Any, Any]:
    """The run of the folder with its new total, and its data. Raises InputError on a change that would make it another
    run: to stay exact, a resumed training keeps its recipe."""
    from gan_core import data
    from gan_core.training.runs import RunFolder

    run = RunFolder(chosen.folder).read_config()
    kept = {"family": run.family, "preset": run.preset, "data": run.data, "start": run.start}
    asked = {"family": chosen.family, "preset": chosen.preset, "data": chosen.data and stored_name(chosen.data)}
    asked["start"] = chosen.start and str(chosen.start.resolve())
    settings = run.to_dict()
    known = settings["model"] | settings["training"] | settings["objective"]
    known["objective"] = settings["objective"]["name"]
    differing = [name for name, value in asked.items() if value is not None and value != kept[name]]
    differing += [name for name, value in changes.items() if name not in ANY_TIME and known.get(name) != value]
    if differing:
        name = differing[0]
        was = kept.get(name, known.get(name, "no such setting")) or "nothing"
        raise InputError(f"This run was started with {name.replace('_', ' ')} {was}; a resumed run keeps its recipe.")
    run = replace(run, training=replace(run.training, **{name: changes[name] for name in ANY_TIME & changes.keys()}))
    model = run.model
    return run, data.load(run.data, data_folder(chosen), size=model.image_size, channels=model.image_channels)


def fit_to_data(run: Any, chosen: argparse.Namespace, changes: dict[str, Any]) -> tuple[Any, Any]:
    """The run with channels and classes as its data have them, unless they were asked for; and the data."""
    from gan_core import data
    from gan_core.models import find_family

    loaded = data.load(run.data, data_folder(chosen), size=run.model.image_size, channels=changes.get("image_channels"))
    fitting: dict[str, Any] = {"image_channels": loaded.channels}
    if find_family(run.family).condition == "label" and "classes" not in changes and loaded.classes:
        fitting["classes"] = len(loaded.classes)
    return replace(run, model=replace(run.model, **fitting), data=stored_name(run.data)), loaded


def stored_name(data: str) -> str:
    """A named set as it is, a path as an absolute one: a run can be resumed from anywhere."""
    from gan_core.data import NAMED

    return str(Path(data).resolve()) if data not in NAMED and Path(data).exists() else data


# judge, evaluate, export, app ----------------------------------------------------------------------------------------


def add_judge(commands: Any) -> None:
    parser = add_command(commands, "judge", run_judge, "train the classifier that judges a data set's generators")
    parser.add_argument("data", metavar="DATA", help="mnist or fashion-mnist")
    parser.add_argument("--epochs", type=int, default=6, help="passes over the data; default 6")
    parser.add_argument("--seed", type=int, default=0, help="fixes all randomness; default 0")
    parser.add_argument("--force", action="store_true", help="overwrite checkpoints/judge-DATA")


def run_judge(chosen: argparse.Namespace) -> None:
    import torch

    from gan_core import data
    from gan_core.evaluation.judge import Classifier, save_judge, train_judge

    if not 1 <= chosen.epochs <= 1000:
        raise InputError(f"--epochs must lie between 1 and 1000, not be {chosen.epochs}.")
    if chosen.data not in data.NAMED:
        raise InputError(
            f"A judge can be trained for {', '.join(data.NAMED)}, which have test pictures; not {chosen.data}."
        )
    folder = root_of(chosen) / f"judge-{chosen.data}"
    if folder.exists() and not chosen.force:
        raise InputError(f"{folder} exists: overwrite it by --force.")
    train, test = (data.load(chosen.data, data_folder(chosen), size=28, split=split) for split in ("train", "test"))
    torch.manual_seed(chosen.seed)
    network = Classifier(train.channels, len(train.classes))
    epoch = None
    with progress_bar(chosen.epochs, "epoch") as bar:
        for epoch in train_judge(network, train, test, chosen.epochs, chosen.seed):
            bar.update()
            tqdm.write(f"epoch {epoch.number}: loss {epoch.loss:.4f}, {epoch.accuracy:.2%} of the test pictures")
    if epoch is not None:
        save_judge(folder, network, train, epoch, force=chosen.force)
        print(f"{folder}: {epoch.accuracy:.2%} on {len(test)} test pictures")


def add_evaluate(commands: Any) -> None:
    parser = add_command(commands, "evaluate", run_evaluate, "measure a model against the test pictures")
    parser.add_argument("model", metavar="MODEL", help="a name under checkpoints, or a folder")
    parser.add_argument("--data", metavar="NAME", help="the data set; by default the one it was trained on")
    parser.add_argument("--count", type=int, default=10_000, help="samples; default 10000")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--save", action="store_true", help="keep the scores in the checkpoint's config and card")


def run_evaluate(chosen: argparse.Namespace) -> None:
    from gan_core import checkpoints, data, sampling
    from gan_core.evaluation.evaluate import evaluate
    from gan_core.evaluation.judge import load_judge

    root = root_of(chosen)
    model = sampling.load(chosen.model, root)
    name = chosen.data or model.checkpoint.description.data["name"]
    if name not in data.NAMED:
        raise InputError(f"There is no judge for {name!r}; there are judges for {', '.join(data.NAMED)}.")
    judge = load_judge(f"judge-{name}", root)
    train, test = (data.load(name, data_folder(chosen), size=28, split=split) for split in ("train", "test"))
    with progress_bar(None, "picture") as bar:
        scores = evaluate(model, judge, train, test, chosen.count, lambda done, total: show(bar, done, total))
    if chosen.save:
        checkpoints.save_scores(model.checkpoint, scores)
    print(json.dumps(scores, indent=2) if chosen.json else score_lines(model.checkpoint.name, scores))


def show(bar: tqdm, done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)


def score_lines(name: str, scores: dict[str, Any]) -> str:
    """Scores for a person to read, the floor beside them."""
    floor = scores["floor"]
    lines = [f"{name}: {scores['count']} samples, {scores['reference']} test pictures, judge {scores['judge']}"]
    lines += [
        f"  {key:20} {scores[key]:8.3f}   real pictures {floor[key]:8.3f}" for key in ("frechet", "precision", "recall")
    ]
    if "accuracy" in scores:
        lines.append(f"  {'accuracy':20} {scores['accuracy']:8.2%}   real pictures {floor['accuracy']:8.2%}")
        lines.append(f"  {'at truncation 0.7':20} {scores['accuracy_truncated']:8.2%}")
        lines.append("  per class            " + " ".join(f"{share:.1%}" for share in scores["accuracy_per_class"]))
        lines.append("  confusion (row asked, column seen)")
        lines += ["    " + " ".join(f"{count:5d}" for count in row) for row in scores["confusion"]]
    lines.append("  share of each class  " + " ".join(f"{share:.1%}" for share in scores["shares"]))
    lines.append("  the same, real       " + " ".join(f"{share:.1%}" for share in floor["shares"]))
    return "\n".join(lines)


def add_export(commands: Any) -> None:
    parser = add_command(commands, "export", run_export, "make a run's EMA generator a model")
    parser.add_argument("folder", type=Path, metavar="RUN", help="the run's folder")
    parser.add_argument("name", metavar="NAME", help="the checkpoint's name")
    parser.add_argument("--critic", action="store_true", help="keep the discriminator beside it")
    parser.add_argument("--force", action="store_true", help="overwrite the checkpoint")


def run_export(chosen: argparse.Namespace) -> None:
    from gan_core.training.export import export

    made = export(chosen.folder, chosen.name, root_of(chosen), critic=chosen.critic, force=chosen.force)
    print(f"{made.folder}: {made.size / 1e6:.1f} MB, weights {made.weights_hash}")


def add_app(commands: Any) -> None:
    parser = add_command(commands, "app", run_app, "start the web app")
    parser.add_argument("--port", type=int, default=8501, help="default 8501")


def run_app(chosen: argparse.Namespace) -> None:
    script = Path(__file__).resolve().parent.parent / "streamlit_app.py"
    if not 1 <= chosen.port <= 65_535:
        raise InputError(f"--port must lie between 1 and 65535, not be {chosen.port}.")
    environment = {"GAN_CORE_CHECKPOINTS": chosen.checkpoints, "GAN_CORE_DATA": chosen.data_dir}
    os.environ.update({key: str(Path(value).resolve()) for key, value in environment.items() if value})
    os.chdir(script.parent)  # where .streamlit/config.toml lies
    command = [sys.executable, "-m", "pages.shared.server", "--port", str(chosen.port)]
    os.execv(sys.executable, command)
