"""What draws: models, sample, interpolate, blend."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gan_core.commands.common import Parser, add_command, checkpoint_root, progress_bar, resolve_model
from gan_core.errors import UsageError

MAX_COUNT = 1_000_000
IMAGE_SUFFIXES = {".png", ".npz"}


def add_commands(subparsers: Any) -> None:
    for add_subparser in (add_models, add_sample, add_interpolate, add_blend):
        add_subparser(subparsers)


def add_models(subparsers: Any) -> None:
    parser = add_command(subparsers, "models", run_models, "list the models that can be used")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run_models(args: argparse.Namespace) -> None:
    from gan_core.checkpoints.store import list_all_checkpoints

    rows = [
        {
            "name": checkpoint.name,
            "family": checkpoint.description.family,
            "data": checkpoint.description.data["name"],
            "classes": list(checkpoint.description.classes),
            "image_size": checkpoint.config.image_size,
            "size": checkpoint.weights_bytes,
            "scores": checkpoint.description.scores,
            "source": checkpoint.source.reference if checkpoint.source else str(checkpoint.folder),
            "folder": str(checkpoint.folder),
            "licence": checkpoint.licence,
            "weights": checkpoint.weights_hash,
            "critic": checkpoint.has_discriminator,
        }
        for checkpoint in list_all_checkpoints(checkpoint_root(args))
    ]
    if args.json:
        print(json.dumps(rows, indent=2))
        return
    if not rows:
        print(
            f"No models in {checkpoint_root(args)}: train one by `train` and `export` it, or `fetch` one from the Hub."
        )
        return
    name_width, family_width = (max(len(row[key]) for row in rows) for key in ("name", "family"))
    print(
        f"{'name':{name_width}}  {'family':{family_width}} {'data':14} {'size':>7}  {'accuracy':>8}  {'Fréchet':>7}  source"
    )
    for row in rows:
        accuracy = f"{row['scores']['accuracy']:.2%}" if "accuracy" in row["scores"] else "-"
        frechet = f"{row['scores']['frechet']:.2f}" if "frechet" in row["scores"] else "-"
        size = f"{row['size'] / 1e6:.1f} MB"
        columns = f"{row['name']:{name_width}}  {row['family']:{family_width}} {row['data']:14} {size:>7}"
        print(f"{columns}  {accuracy:>8}  {frechet:>7}  {row['source']}")


def add_sample(subparsers: Any) -> None:
    parser = add_sampling_command(subparsers, "sample", run_sample, "draw pictures: one for each seed S, S+1, ...")
    parser.add_argument("--count", type=int, help="how many pictures; default 16")
    parser.add_argument("--label", help="a label or several, comma-separated and dealt in turn: 7 or 0,1,2 or dress")
    prompts = parser.add_mutually_exclusive_group()
    prompts.add_argument("--prompt", help="what to draw, for a text-to-image model")
    prompts.add_argument("--prompts", type=Path, metavar="FILE", help="a file of prompts, one a line, dealt in turn")


def add_interpolate(subparsers: Any) -> None:
    parser = add_sampling_command(
        subparsers, "interpolate", run_interpolate, "draw the way from one seed's picture to another's"
    )
    parser.add_argument("--to", type=int, required=True, metavar="SEED", help="the last seed; --seed is the first")
    parser.add_argument("--steps", type=int, default=16, help="how many pictures; default 16")
    parser.add_argument("--label", help="the label, or two for first and last: 3 or 3,8")


def add_blend(subparsers: Any) -> None:
    parser = add_sampling_command(
        subparsers, "blend", run_blend, "draw the way from one label to another, in one handwriting"
    )
    parser.add_argument("--labels", required=True, help="the two labels: 3,8")
    parser.add_argument("--steps", type=int, default=9, help="how many pictures; default 9")


def add_sampling_command(subparsers: Any, name: str, run: Callable[[argparse.Namespace], None], help: str) -> Parser:
    """What all drawing commands share."""
    parser = add_command(subparsers, name, run, help)
    parser.add_argument("model", metavar="MODEL", help="a name under checkpoints, a folder, or hub:OWNER/NAME")
    parser.add_argument("--out", type=Path, required=True, help="x.png: a grid; x.npz: arrays; else a folder of PNGs")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; default 0")
    parser.add_argument("--truncation", type=float, default=1.0, help="multiplies the latents: 0 to 2; default 1")
    return parser


def run_sample(args: argparse.Namespace) -> None:
    from gan_core import sampling

    validate_output(args.out)
    count = 16 if args.count is None else args.count
    if not 1 <= count <= MAX_COUNT:
        raise UsageError(f"--count must lie between 1 and {MAX_COUNT}, not be {count}.")
    model = sampling.load_model(resolve_model(args.model), checkpoint_root(args))
    prompts = resolve_prompts(args, model)
    if args.count is None and args.prompts is not None:
        count = len(prompts)
    seeds = list(range(args.seed, args.seed + count))
    labels = sampling.labels_for(model, seeds, parse_labels(model.classes, args.label))
    seed_prompts = [prompts[index % len(prompts)] for index in range(count)] if prompts else None
    parts = []
    with progress_bar(count, "picture") as bar:
        for start in range(0, count, 512):
            part = slice(start, start + 512)
            part_prompts = seed_prompts and seed_prompts[part]
            parts.append(sampling.sample(model, seeds[part], labels and labels[part], args.truncation, part_prompts))
            bar.update(len(parts[-1]))
    write_images(args, model, parts, seeds, labels, seed_prompts)


def resolve_prompts(args: argparse.Namespace, model: Any) -> list[str]:
    """The prompts asked for; words that the model does not know are named on standard error.

    Raises InputError where the model takes none or needs one, or the file holds none.
    """
    if args.prompt is None and args.prompts is None:
        return []
    if model.text_encoder is None:
        raise UsageError(f"{model.checkpoint.name} takes no prompt: it is no text-to-image model.")
    prompts: list[str] = read_prompts(args.prompts) if args.prompts is not None else [str(args.prompt)]
    unknown = list(dict.fromkeys(word for prompt in prompts for word in model.text_encoder.unknown_words(prompt)))
    if unknown:
        unknown_text = ", ".join(unknown[:20]) + (", ..." if len(unknown) > 20 else "")
        print(f"gan_core: {model.checkpoint.name} does not know, and leaves out: {unknown_text}", file=sys.stderr)
    for prompt in list(dict.fromkeys(prompts))[:20]:
        if name := model.text_encoder.nearest_prototype(prompt):
            print(f"gan_core: {model.checkpoint.name} reads {prompt!r} as {name!r}", file=sys.stderr)
    return prompts


def read_prompts(file: Path) -> list[str]:
    """The lines of a file of prompts, without empty ones. Raises InputError where it is no text, or holds none."""
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as a file of prompts: {error}.") from error
    if not any(lines):
        raise UsageError(f"{file} holds no prompt: write one a line.")
    return [line for line in lines if line]


def run_interpolate(args: argparse.Namespace) -> None:
    from gan_core import sampling

    validate_output(args.out)
    validate_steps(args.steps)
    model = sampling.load_model(resolve_model(args.model), checkpoint_root(args))
    labels = parse_labels(model.classes, args.label)
    end_labels = (labels[0], labels[-1]) if labels else None
    pixels = sampling.interpolate(model, args.seed, args.to, args.steps, end_labels, args.truncation)
    write_images(args, model, [pixels], [args.seed] * args.steps, None)


def run_blend(args: argparse.Namespace) -> None:
    from gan_core import sampling

    validate_output(args.out)
    validate_steps(args.steps)
    model = sampling.load_model(resolve_model(args.model), checkpoint_root(args))
    labels = parse_labels(model.classes, args.labels)
    if len(labels) != 2:
        raise UsageError(f"--labels takes two labels, such as 3,8; not {args.labels}.")
    shares = [step / (args.steps - 1) for step in range(args.steps)]
    seeds = [args.seed] * args.steps
    pixels = sampling.blend(model, seeds, (labels[0], labels[1]), shares, args.truncation)
    write_images(args, model, [pixels], seeds, None)


def validate_output(out: Path) -> None:
    """Refuse what would be misunderstood before anything is computed."""
    if out.suffix and out.suffix.lower() not in IMAGE_SUFFIXES and not out.is_dir():
        raise UsageError(f"--out {out} must end in .png (a grid) or .npz (arrays), or name a folder without a suffix.")
    if out.suffix.lower() in IMAGE_SUFFIXES and out.is_dir():
        raise UsageError(f"--out {out} is a folder; give it a name without suffix, or another file.")
    if not out.suffix and out.is_file():
        raise UsageError(f"--out {out} is a file; to write there name it .png or .npz, or choose a folder.")


def validate_steps(steps: int) -> None:
    if not 2 <= steps <= 10_000:
        raise UsageError(f"--steps must lie between 2 and 10000, not be {steps}.")


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
            raise UsageError(f"--label {part!r} is no label; there are {', '.join(classes) or 'none'}.")
    return labels


def write_images(
    args: argparse.Namespace,
    model: Any,
    parts: list[Any],
    seeds: list[int],
    labels: list[int] | None,
    prompts: list[str] | None = None,
) -> None:
    """Pictures as a grid, as arrays or as a folder of files, by the form of --out."""
    import numpy as np

    from gan_core.images import tensors

    pixels, out = np.concatenate(parts), args.out
    metadata = {
        "model": model.checkpoint.name,
        "weights": model.checkpoint.weights_hash,
        "truncation": f"{args.truncation:g}",
    }
    if out.suffix.lower() in IMAGE_SUFFIXES:
        out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix.lower() == ".npz":
        arrays: dict[str, Any] = {"images": pixels, "seeds": np.array(seeds)}
        arrays |= {} if labels is None else {"labels": np.array(labels)}
        arrays |= {} if prompts is None else {"prompts": np.array(prompts)}
        np.savez_compressed(out, **arrays)
    elif out.suffix.lower() == ".png":
        grid_metadata = {"seed": str(seeds[0]), "count": str(len(seeds))}
        grid_metadata |= {} if labels is None else {"label": ",".join(map(str, dict.fromkeys(labels)))}
        grid_metadata |= {} if prompts is None else {"prompt": "; ".join(dict.fromkeys(prompts))[:1000]}
        out.write_bytes(tensors.encode_png(tensors.to_pil(tensors.make_grid(pixels)), metadata | grid_metadata))
    else:
        out.mkdir(parents=True, exist_ok=True)
        for index, (image, seed) in enumerate(zip(pixels, seeds, strict=True)):
            label = None if labels is None else labels[index]
            image_metadata = {"seed": str(seed)} | ({} if label is None else {"label": str(label)})
            image_metadata |= {} if prompts is None else {"prompt": prompts[index][:1000]}
            name = f"{index:05d}-seed-{seed}" + ("" if label is None else f"-label-{label}")
            (out / f"{name}.png").write_bytes(tensors.encode_png(tensors.to_pil(image), metadata | image_metadata))
    print(f"{len(pixels)} pictures of {model.checkpoint.name} in {out}")
