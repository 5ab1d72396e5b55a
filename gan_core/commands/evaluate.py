"""The command `evaluate`: scores of a model, as text or as JSON."""

import argparse
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from gan_core.checkpoints.score_basis import score_warnings
from gan_core.commands.common import (
    MODEL_HELP,
    add_command,
    checkpoint_root,
    data_folder,
    print_notes,
    progress_bar,
    read_prompt_cases,
    resolve_model,
)
from gan_core.errors import UsageError
from gan_core.files import write_atomically

WEAKEST_COUNT = 6  # names of each column that are drawn worst, as the command prints them


def add_commands(subparsers: Any) -> None:
    parser = add_command(subparsers, "evaluate", run_evaluate, "compare a model's images with those of a data set")
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument(
        "--data",
        metavar="NAME",
        help="the data set, by default the one it was trained on; for super-resolution a benchmark or folder",
    )
    parser.add_argument(
        "--count",
        type=int,
        metavar="N",
        help="samples; default 10000, or 2000 prompts, or half as many as there are images",
    )
    parser.add_argument(
        "--neighbours", type=Path, metavar="FILE.png",
        help="write the samples closest to training images beside these, for data sets without labels",
    )  # fmt: skip
    parser.add_argument(
        "--try", dest="prompts", type=Path, metavar="FILE",
        help="evaluate on these prompts as well: JSON lines of prompt, articles, colours",
    )  # fmt: skip
    parser.add_argument(
        "--judge", metavar="NAME",
        help="use the features of this classifier, such as judge-flowers102, for data that have none of their own",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--save", action="store_true", help="store the scores in the checkpoint's config and card")


def run_evaluate(args: argparse.Namespace) -> None:
    from gan_core.checkpoints import store
    from gan_core.evaluation.protocol import run_evaluation, save_evaluation
    from gan_core.images import tensors
    from gan_core.images.encoding import encode_png
    from gan_core.runs.scoring import report_scoring

    prompt_cases = read_prompt_cases(args.prompts) if args.prompts else []
    if args.neighbours and args.neighbours.suffix.lower() != ".png":
        raise UsageError(f"--neighbours writes a PNG: {args.neighbours} must end in .png.")
    root = checkpoint_root(args)
    checkpoint = store.find_checkpoint(resolve_model(args.model), root)
    is_saved = args.save and not checkpoint.source
    with report_scoring(checkpoint) if is_saved else nullcontext(lambda *_: None) as report:
        with progress_bar(None, "image") as bar:

            def show_progress(done: int, total: int | None) -> None:
                bar.update_to(done, total)
                report(done, total)

            evaluation = run_evaluation(
                checkpoint,
                data=args.data,
                count=args.count,
                data_dir=data_folder(args),
                root=root,
                progress=show_progress,
                prompt_cases=prompt_cases,
                with_neighbours=bool(args.neighbours),
                judge=args.judge,
            )
        scores = evaluation.scores
        print_notes(evaluation.notes)
        if args.save:
            save_evaluation(checkpoint, scores)
    if evaluation.neighbour_sheet is not None:
        png = encode_png(tensors.to_pil(evaluation.neighbour_sheet))
        write_atomically(args.neighbours, lambda partial: partial.write_bytes(png))
    if args.json:
        print_notes(f"warning: {warning}" for warning in score_warnings(scores))
        print(json.dumps(scores.get("benchmarks", {}).get(args.data, scores), indent=2))
    else:
        print(score_lines(checkpoint.name, scores))


# Scores as text ------------------------------------------------------------------------------------------------------


def score_lines(name: str, scores: dict[str, Any]) -> str:
    """Scores as lines of text, each beside that of real images or of bicubic interpolation."""
    if "benchmarks" in scores:
        return benchmark_lines(name, scores["benchmarks"])
    if "captions" in scores:
        text = text_to_image_lines(name, scores["captions"])
    else:
        text = labelled_lines(name, scores) if "class_names" in scores else unlabelled_lines(name, scores)
    return "\n".join([text, *(f"  warning: {warning}" for warning in score_warnings(scores))])


def benchmark_lines(name: str, benchmarks: dict[str, Any]) -> str:
    lines = [f"{name}, on luma; bicubic in brackets"]
    for benchmark, scores in benchmarks.items():
        columns = (
            f"{key.upper()} {scores[key]:.3f} ({scores['bicubic'][key]:.3f})" for key in ("psnr", "ssim", "sharpness")
        )
        lines.append(f"  {benchmark}, {scores['pictures']} images: {', '.join(columns)}")
    return "\n".join(lines)


def text_to_image_lines(name: str, scores: dict[str, Any]) -> str:
    baseline = scores["floor"]
    lines = [f"{name}: {scores['count']} captions held out, classifier {scores['judge']}"]
    rows = [(f"{column} as asked", share, baseline["accuracy"][column]) for column, share in scores["accuracy"].items()]
    rows.append(("R-precision", scores["r_precision"], baseline["r_precision"]))
    lines += [score_line(title, score, real, ".2%") for title, score, real in rows]
    lines += [
        score_line(title, scores[key], baseline[key]) for title, key in (("frechet",) * 2, ("diversity", "variety"))
    ]
    lines += [
        score_line(f"nearest, {which}", scores["nearest"][which], baseline["nearest"][which])
        for which in ("median", "closest")
    ]
    lines += weakest_lines(scores.get("by_value", {}))
    if everyday := scores.get("everyday"):
        columns = ", ".join(f"{name} {everyday[name]:.1%}" for name in scores["accuracy"] if name in everyday)
        lines.append(f"  {everyday['prompts']} everyday prompts: {everyday['right']:.1%} right ({columns})")
        lines.append(f"    mostly wrong: {'; '.join(everyday['mostly_wrong']) or 'none'}")
    return "\n".join(lines)


def weakest_lines(shares: dict[str, Any]) -> list[str]:
    """For each column the values that are recognised least often, beside the share of real images where it is known."""
    lines = []
    for column, values in shares.items():
        if column in ("draws", "floor"):
            continue
        weakest = sorted(values, key=values.__getitem__)[:WEAKEST_COUNT]
        real = shares["floor"][column]
        shown = (
            f"{value} {values[value]:.0%} ({real[value]:.0%})" if value in real else f"{value} {values[value]:.0%}"
            for value in weakest
        )
        lines.append(f"  weakest {column + 's':12} {', '.join(shown)}")
    return lines


def unlabelled_lines(name: str, scores: dict[str, Any]) -> str:
    baseline, count = scores["floor"], scores["count"]
    lines = [f"{name}: {count} samples, {count} images, classifier {scores['judge']}"]
    rows = [(key, scores[key], baseline[key]) for key in ("frechet", "precision", "recall")]
    rows += [
        (f"nearest, {which}", scores["nearest"][which], baseline["nearest"][which]) for which in baseline["nearest"]
    ]
    lines += [score_line(*row) for row in rows]
    return "\n".join([*lines, f"  {'frechet / floor':20} {scores['frechet'] / max(baseline['frechet'], 1e-9):8.2f}"])


def labelled_lines(name: str, scores: dict[str, Any]) -> str:
    baseline = scores["floor"]
    lines = [f"{name}: {scores['count']} samples, {scores['reference']} test images, classifier {scores['judge']}"]
    lines += [score_line(key, scores[key], baseline[key]) for key in ("frechet", "precision", "recall")]
    if "accuracy" in scores:
        lines.append(score_line("accuracy", scores["accuracy"], baseline["accuracy"], ".2%"))
        lines.append(f"  {'at truncation 0.7':20} {scores['accuracy_truncated']:8.2%}")
        lines.append("  per class            " + " ".join(f"{share:.1%}" for share in scores["accuracy_per_class"]))
        lines.append("  confusion matrix (row: label asked for, column: class predicted)")
        lines += ["    " + " ".join(f"{count:5d}" for count in row) for row in scores["confusion"]]
    lines.append("  share of each class  " + " ".join(f"{share:.1%}" for share in scores["shares"]))
    lines.append("  the same, real       " + " ".join(f"{share:.1%}" for share in baseline["shares"]))
    return "\n".join(lines)


def score_line(title: str, score: float, real: float, format: str = ".3f") -> str:
    """A score beside the same score of real images."""
    return f"  {title:20} {score:{'8' + format}}   real images {real:{'8' + format}}"
