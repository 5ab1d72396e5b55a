"""What draws: models, sample, interpolate, blend."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gan_core.commands.common import Parser, add_command, local, progress_bar, root_of
from gan_core.errors import InputError

MAX_COUNT = 1_000_000
PICTURE_SUFFIXES = {".png", ".npz"}


def add_commands(commands: Any) -> None:
    for add in (add_models, add_sample, add_interpolate, add_blend):
        add(commands)


def add_models(commands: Any) -> None:
    parser = add_command(commands, "models", run_models, "list the models that can be used")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run_models(chosen: argparse.Namespace) -> None:
    from gan_core.checkpoints.store import everything

    rows = [
        {
            "name": each.name,
            "family": each.description.family,
            "data": each.description.data["name"],
            "classes": list(each.description.classes),
            "image_size": each.config.image_size,
            "size": each.size,
            "scores": each.description.scores,
            "source": each.source.reference if each.source else str(each.folder),
            "folder": str(each.folder),
            "licence": each.licence,
            "weights": each.weights_hash,
            "critic": each.has_critic,
        }
        for each in everything(root_of(chosen))
    ]
    if chosen.json:
        print(json.dumps(rows, indent=2))
        return
    if not rows:
        print(f"No models in {root_of(chosen)}: train one by `train` and `export` it, or `fetch` one from the Hub.")
        return
    width, kinds = (max(len(row[key]) for row in rows) for key in ("name", "family"))
    print(f"{'name':{width}}  {'family':{kinds}} {'data':14} {'size':>7}  {'accuracy':>8}  {'Fréchet':>7}  source")
    for row in rows:
        accuracy = f"{row['scores']['accuracy']:.2%}" if "accuracy" in row["scores"] else "-"
        frechet = f"{row['scores']['frechet']:.2f}" if "frechet" in row["scores"] else "-"
        size = f"{row['size'] / 1e6:.1f} MB"
        facts = f"{row['name']:{width}}  {row['family']:{kinds}} {row['data']:14} {size:>7}"
        print(f"{facts}  {accuracy:>8}  {frechet:>7}  {row['source']}")


def add_sample(commands: Any) -> None:
    parser = add_drawing(commands, "sample", run_sample, "draw pictures: one for each seed S, S+1, ...")
    parser.add_argument("--count", type=int, help="how many pictures; default 16")
    parser.add_argument("--label", help="a label or several, comma-separated and dealt in turn: 7 or 0,1,2 or dress")
    prompts = parser.add_mutually_exclusive_group()
    prompts.add_argument("--prompt", help="what to draw, for a text-to-image model")
    prompts.add_argument("--prompts", type=Path, metavar="FILE", help="a file of prompts, one a line, dealt in turn")


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
    parser.add_argument("model", metavar="MODEL", help="a name under checkpoints, a folder, or hub:OWNER/NAME")
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
    model = sampling.load(local(chosen.model), root_of(chosen))
    prompts = prompts_for(chosen, model)
    if chosen.count is None and chosen.prompts is not None:
        count = len(prompts)
    seeds = list(range(chosen.seed, chosen.seed + count))
    labels = sampling.labels_for(model, seeds, parse_labels(model.classes, chosen.label))
    dealt = [prompts[index % len(prompts)] for index in range(count)] if prompts else None
    parts = []
    with progress_bar(count, "picture") as bar:
        for first in range(0, count, 512):
            span = slice(first, first + 512)
            told = dealt and dealt[span]
            parts.append(sampling.sample(model, seeds[span], labels and labels[span], chosen.truncation, told))
            bar.update(len(parts[-1]))
    write_pictures(chosen, model, parts, seeds, labels, dealt)


def prompts_for(chosen: argparse.Namespace, model: Any) -> list[str]:
    """The prompts asked for; words that the model does not know are named on standard error.

    Raises InputError where the model takes none or needs one, or the file holds none.
    """
    if chosen.prompt is None and chosen.prompts is None:
        return []
    if model.encoder is None:
        raise InputError(f"{model.checkpoint.name} takes no prompt: it is no text-to-image model.")
    prompts: list[str] = read_prompts(chosen.prompts) if chosen.prompts is not None else [str(chosen.prompt)]
    unknown = list(dict.fromkeys(word for prompt in prompts for word in model.encoder.unknown(prompt)))
    if unknown:
        shown = ", ".join(unknown[:20]) + (", ..." if len(unknown) > 20 else "")
        print(f"gan_core: {model.checkpoint.name} does not know, and leaves out: {shown}", file=sys.stderr)
    for prompt in list(dict.fromkeys(prompts))[:20]:
        if name := model.encoder.read_as(prompt):
            print(f"gan_core: {model.checkpoint.name} reads {prompt!r} as {name!r}", file=sys.stderr)
    return prompts


def read_prompts(file: Path) -> list[str]:
    """The lines of a file of prompts, without empty ones. Raises InputError where it is no text, or holds none."""
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read as a file of prompts: {error}.") from error
    if not any(lines):
        raise InputError(f"{file} holds no prompt: write one a line.")
    return [line for line in lines if line]


def run_interpolate(chosen: argparse.Namespace) -> None:
    from gan_core import sampling

    check_out(chosen.out)
    check_steps(chosen.steps)
    model = sampling.load(local(chosen.model), root_of(chosen))
    labels = parse_labels(model.classes, chosen.label)
    ends = (labels[0], labels[-1]) if labels else None
    pixels = sampling.interpolate(model, chosen.seed, chosen.to, chosen.steps, ends, chosen.truncation)
    write_pictures(chosen, model, [pixels], [chosen.seed] * chosen.steps, None)


def run_blend(chosen: argparse.Namespace) -> None:
    from gan_core import sampling

    check_out(chosen.out)
    check_steps(chosen.steps)
    model = sampling.load(local(chosen.model), root_of(chosen))
    labels = parse_labels(model.classes, chosen.labels)
    if len(labels) != 2:
        raise InputError(f"--labels takes two labels, such as 3,8; not {chosen.labels}.")
    shares = [step / (chosen.steps - 1) for step in range(chosen.steps)]
    seeds = [chosen.seed] * chosen.steps
    pixels = sampling.blend(model, seeds, (labels[0], labels[1]), shares, chosen.truncation)
    write_pictures(chosen, model, [pixels], seeds, None)


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
    chosen: argparse.Namespace,
    model: Any,
    parts: list[Any],
    seeds: list[int],
    labels: list[int] | None,
    prompts: list[str] | None = None,
) -> None:
    """Pictures as a grid, as arrays or as a folder of files, by the form of --out."""
    import numpy as np

    from gan_core.images import tensors

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
        arrays |= {} if prompts is None else {"prompts": np.array(prompts)}
        np.savez_compressed(out, **arrays)
    elif out.suffix.lower() == ".png":
        shown = {"seed": str(seeds[0]), "count": str(len(seeds))}
        shown |= {} if labels is None else {"label": ",".join(map(str, dict.fromkeys(labels)))}
        shown |= {} if prompts is None else {"prompt": "; ".join(dict.fromkeys(prompts))[:1000]}
        out.write_bytes(tensors.png_bytes(tensors.to_pil(tensors.grid(pixels)), facts | shown))
    else:
        out.mkdir(parents=True, exist_ok=True)
        for index, (picture, seed) in enumerate(zip(pixels, seeds, strict=True)):
            label = None if labels is None else labels[index]
            own = {"seed": str(seed)} | ({} if label is None else {"label": str(label)})
            own |= {} if prompts is None else {"prompt": prompts[index][:1000]}
            name = f"{index:05d}-seed-{seed}" + ("" if label is None else f"-label-{label}")
            (out / f"{name}.png").write_bytes(tensors.png_bytes(tensors.to_pil(picture), facts | own))
    print(f"{len(pixels)} pictures of {model.checkpoint.name} in {out}")
