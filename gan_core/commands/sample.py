"""The commands that generate images from seeds: `sample`, `interpolate` and `blend`."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gan_core.commands.common import (
    MODEL_HELP,
    Parser,
    add_command,
    checkpoint_root,
    print_notes,
    progress_bar,
    resolve_model,
)
from gan_core.commands.image_output import validate_output, write_images
from gan_core.data.class_names import are_numbers, find_class, list_names
from gan_core.errors import UsageError

DEFAULT_COUNT = 16
MAX_COUNT = 1_000_000
MAX_STEPS = 10_000
MAX_DIGITS = 9  # of an index in --label
IMAGES_PER_UPDATE = 512  # images between two updates of the progress bar


def add_commands(subparsers: Any) -> None:
    for add_subparser in (add_sample, add_interpolate, add_blend):
        add_subparser(subparsers)


def add_sample(subparsers: Any) -> None:
    parser = add_sampling_command(
        subparsers, "sample", run_sample, "generate one image for each seed: --seed and those that follow it"
    )
    parser.add_argument("--count", type=int, metavar="N", help=f"the number of images; default {DEFAULT_COUNT}")
    parser.add_argument(
        "--label",
        help="a class by its name, or by its index where not all names are numbers; or several, comma-separated and "
        "dealt in turn: 7 or 0,1,2 or dress; default seed modulo classes",
    )
    prompts = parser.add_mutually_exclusive_group()
    prompts.add_argument("--prompt", metavar="TEXT", help="the prompt of a text-to-image model")
    prompts.add_argument(
        "--prompts", type=Path, metavar="FILE", help="a file of prompts, one a line, dealt in turn; sets --count"
    )


def add_interpolate(subparsers: Any) -> None:
    parser = add_sampling_command(
        subparsers, "interpolate", run_interpolate, "generate images on the way from one seed to another"
    )
    parser.add_argument("--to", type=int, required=True, metavar="SEED", help="the last seed; --seed is the first")
    parser.add_argument("--steps", type=int, metavar="N", default=16, help="the number of images; default 16")
    parser.add_argument("--label", help="the class, or those of the first and the last image: 3 or 3,8")
    parser.add_argument("--prompt", metavar="TEXT", help="the prompt of a text-to-image model")


def add_blend(subparsers: Any) -> None:
    parser = add_sampling_command(
        subparsers, "blend", run_blend, "generate images of one seed on the way from one class to another"
    )
    parser.add_argument("--labels", metavar="LABEL,LABEL", required=True, help="the two classes: 3,8")
    parser.add_argument("--steps", type=int, metavar="N", default=9, help="the number of images; default 9")


def add_sampling_command(subparsers: Any, name: str, run: Callable[[argparse.Namespace], None], help: str) -> Parser:
    """Adds a command with the options of all three."""
    parser = add_command(subparsers, name, run, help)
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument(
        "--out", type=Path, metavar="PATH", required=True, help="x.png: a grid; x.npz: arrays; else a folder of PNGs"
    )
    parser.add_argument("--seed", type=int, metavar="S", default=0, help="the first seed; default 0")
    parser.add_argument(
        "--truncation", type=float, metavar="T", default=1.0, help="multiplies the latents: 0 to 2; default 1"
    )
    return parser


def run_sample(args: argparse.Namespace) -> None:
    from gan_core import sampling

    validate_output(args.out)
    count = DEFAULT_COUNT if args.count is None else args.count
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
    with progress_bar(count, "image") as bar:
        for start in range(0, count, IMAGES_PER_UPDATE):
            part = slice(start, start + IMAGES_PER_UPDATE)
            part_prompts = seed_prompts and seed_prompts[part]
            parts.append(sampling.sample(model, seeds[part], labels and labels[part], args.truncation, part_prompts))
            bar.update(len(parts[-1]))
    write_and_report(args, model, parts, seeds, labels, seed_prompts)


def run_interpolate(args: argparse.Namespace) -> None:
    from gan_core import sampling

    validate_output(args.out)
    validate_steps(args.steps)
    model = sampling.load_model(resolve_model(args.model), checkpoint_root(args))
    labels, prompts = parse_labels(model.classes, args.label), resolve_prompts(args, model)
    label_ends = (labels[0], labels[-1]) if labels else None
    prompt_ends = (prompts[0], prompts[-1]) if prompts else None
    if label_ends and prompt_ends:
        raise UsageError(
            "--label is for class-conditional models, --prompt for text-to-image models: give one of them."
        )
    pixels = sampling.interpolate(model, args.seed, args.to, args.steps, label_ends, args.truncation, prompt_ends)
    seed_prompts = prompts * args.steps if prompts else None
    write_and_report(args, model, [pixels], [args.seed] * args.steps, prompts=seed_prompts)


def run_blend(args: argparse.Namespace) -> None:
    from gan_core import sampling

    validate_output(args.out)
    validate_steps(args.steps)
    model = sampling.load_model(resolve_model(args.model), checkpoint_root(args))
    labels = parse_labels(model.classes, args.labels)
    if len(labels) != 2:
        raise UsageError(f"--labels takes two labels, such as 3,8; not {args.labels}.")
    weights = [step / (args.steps - 1) for step in range(args.steps)]
    seeds = [args.seed] * args.steps
    pixels = sampling.blend(model, seeds, (labels[0], labels[1]), weights, args.truncation)
    write_and_report(args, model, [pixels], seeds)


def write_and_report(
    args: argparse.Namespace,
    model: Any,
    parts: list[Any],
    seeds: list[int],
    labels: list[int] | None = None,
    prompts: list[str] | None = None,
) -> None:
    """Writes images, arrays (N, H, W, C) in parts, to --out and prints how many there are."""
    import numpy as np

    checkpoint = model.checkpoint
    metadata = {
        "model": checkpoint.name, "weights": checkpoint.weights_hash, "truncation": f"{args.truncation:g}",
    }  # fmt: skip
    write_images(args.out, np.concatenate(parts), seeds, metadata, labels, prompts, model.classes)
    print(f"{len(seeds)} images of {checkpoint.name} in {args.out}")


# Arguments -----------------------------------------------------------------------------------------------------------


def validate_steps(steps: int) -> None:
    if not 2 <= steps <= MAX_STEPS:
        raise UsageError(f"--steps must lie between 2 and {MAX_STEPS}, not be {steps}.")


def parse_labels(classes: Sequence[str], text: str | None) -> list[int]:
    """The indices of classes in a text such as "0,1,2" or "dress"; none for None.

    A name wins over an index; where all classes are named by numbers, a number is a name. Raises UsageError for what is
    neither.
    """
    if text is None:
        return []
    labels = []
    for part in [text] if text in classes else text.split(","):  # a name may hold commas
        part = part.strip()
        label = find_class(classes, part)
        if label is None and part.isdecimal() and len(part) <= MAX_DIGITS and not are_numbers(classes):
            label = int(part)
        if label is None:
            raise UsageError(f"--label {part!r} is no label; there are {list_names(classes)}.")
        labels.append(label)
    return labels


def resolve_prompts(args: argparse.Namespace, model: Any) -> list[str]:
    """The prompts of --prompt or --prompts; prints on standard error what the model does not know of them.

    Raises UsageError where the model takes no prompts, or the file holds none.
    """
    file: Path | None = getattr(args, "prompts", None)
    if args.prompt is None and file is None:
        return []
    from gan_core.api.model import prompt_notes

    prompts = [str(args.prompt)] if file is None else read_prompts(file)
    print_notes(prompt_notes(model, prompts))
    return prompts


def read_prompts(file: Path) -> list[str]:
    """The lines of a text file, without empty ones. Raises UsageError where it is no text, or has none."""
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as a file of prompts: {error}.") from error
    if not any(lines):
        raise UsageError(f"{file} holds no prompt: write one a line.")
    return [line for line in lines if line]
