"""What measures: judge trains a classifier, evaluate asks it about a model's samples."""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gan_core.commands.common import (
    add_command,
    checkpoint_root,
    data_folder,
    progress_bar,
    read_prompt_cases,
    resolve_model,
)
from gan_core.errors import UsageError

CAPTIONED_SIDE_PX = 64  # side of the pictures with captions that are judged


def add_commands(subparsers: Any) -> None:
    add_judge(subparsers)
    add_evaluate(subparsers)


def add_judge(subparsers: Any) -> None:
    parser = add_command(subparsers, "judge", run_judge, "train the network that judges a data set's generators")
    parser.add_argument("data", metavar="DATA", help="mnist, fashion-mnist, or any pictures, with captions or without")
    parser.add_argument("--epochs", type=int, default=6, help="passes over the data; default 6")
    parser.add_argument("--seed", type=int, default=0, help="fixes all randomness; default 0")
    parser.add_argument("--force", action="store_true", help="overwrite checkpoints/judge-DATA")


def run_judge(args: argparse.Namespace) -> None:
    import torch

    from gan_core.data import registry
    from gan_core.evaluation.classifier import ClassifierNetwork, save_feature_classifier, train_feature_classifier
    from gan_core.evaluation.protocol import CAPTIONED_SIDE_PX
    from gan_core.text import captions

    if not 1 <= args.epochs <= 1000:
        raise UsageError(f"--epochs must lie between 1 and 1000, not be {args.epochs}.")
    folder = checkpoint_root(args) / f"judge-{Path(args.data).stem}"
    if folder.exists() and not args.force:
        raise UsageError(f"{folder} exists: overwrite it by --force.")
    if args.data not in registry.TORCHVISION_DATASETS:
        dataset: Any = registry.load_dataset(args.data, data_folder(args), size=CAPTIONED_SIDE_PX)
        has_captions = any(captions.row_attributes(row) for row in dataset.rows)
        (run_caption_classifier if has_captions else run_instance_classifier)(args, folder, dataset)
        return
    train, test = (
        registry.load_dataset(args.data, data_folder(args), size=28, split=split) for split in ("train", "test")
    )
    torch.manual_seed(args.seed)
    network = ClassifierNetwork(train.channels, len(train.classes))
    epoch = run_epochs(
        train_feature_classifier(network, train, test, args.epochs, args.seed), args.epochs, "test pictures"
    )
    save_feature_classifier(folder, network, train, epoch, force=args.force)
    print(f"{folder}: {epoch.accuracy:.2%} on {len(test)} test pictures")


def run_epochs(epochs: Iterable[Any], total: int, test_images: str) -> Any:
    """Train to the end, telling of each epoch."""
    epoch = None
    with progress_bar(total, "epoch") as bar:
        for epoch in epochs:
            bar.update()
            tqdm.write(f"epoch {epoch.number}: loss {epoch.loss:.4f}, {epoch.accuracy:.2%} of the {test_images}")
    return epoch


def run_caption_classifier(args: argparse.Namespace, folder: Path, dataset: Any) -> None:
    """Of pictures with captions, tested on those that nothing is trained on."""
    import torch

    from gan_core.evaluation.caption_classifier import (  # fmt: skip
        WIDE_WIDTHS,
        AttributeNetwork,
        AttributeSchema,
        CaptionClassifier,
        attribute_accuracies,
        save_caption_classifier,
        train_caption_classifier,
    )
    from gan_core.evaluation.protocol import CAPTIONED_SIDE_PX, caption_split

    train, held_out = caption_split(dataset)
    schema = AttributeSchema.from_rows(train.rows)
    torch.manual_seed(args.seed)
    network = AttributeNetwork(
        train.channels, {name: len(values) for name, values in schema.columns.items()}, WIDE_WIDTHS
    )
    epochs = train_caption_classifier(network, schema, train, held_out, args.epochs, args.seed)
    epoch = run_epochs(epochs, args.epochs, "pictures held out")
    classifier = CaptionClassifier(
        folder.name, network, schema, CAPTIONED_SIDE_PX, attribute_accuracies(network, schema, held_out)
    )
    save_caption_classifier(folder, classifier, train, epoch, force=args.force)
    accuracies_text = ", ".join(f"{name} {share:.2%}" for name, share in classifier.accuracy.items())
    print(f"{folder}: {accuracies_text} on {len(held_out)} pictures held out")


def run_instance_classifier(args: argparse.Namespace, folder: Path, dataset: Any) -> None:
    """Of pictures that nobody said anything about, tested on a twentieth of them."""
    import torch

    from gan_core.evaluation.protocol import CAPTIONED_SIDE_PX
    from gan_core.evaluation.self_supervised import (  # fmt: skip
        ContrastiveNetwork,
        InstanceClassifier,
        save_instance_classifier,
        train_instance_classifier,
        train_test_split,
    )

    train, held_out = train_test_split(dataset)
    torch.manual_seed(args.seed)
    network = ContrastiveNetwork(train.channels)
    epochs = train_instance_classifier(network, train, held_out, args.epochs, args.seed)
    epoch = run_epochs(epochs, args.epochs, "pictures held out known again")
    classifier = InstanceClassifier(folder.name, network, CAPTIONED_SIDE_PX, epoch.accuracy)
    save_instance_classifier(folder, classifier, train, epoch, force=args.force)
    print(f"{folder}: {classifier.accuracy:.2%} of {len(held_out)} pictures held out known again")


def add_evaluate(subparsers: Any) -> None:
    parser = add_command(subparsers, "evaluate", run_evaluate, "measure a model against the test pictures")
    parser.add_argument("model", metavar="MODEL", help="a name under checkpoints, a folder, or hub:OWNER/NAME")
    parser.add_argument(
        "--data",
        metavar="NAME",
        help="the data set, by default the one it was trained on; for super-resolution a benchmark or folder",
    )
    parser.add_argument("--count", type=int, help="samples; default 10000, or 2000 prompts, or half of the pictures")
    parser.add_argument(
        "--neighbours", type=Path, metavar="FILE.png", help="write the samples closest to training pictures beside them"
    )
    parser.add_argument(
        "--try", dest="prompts", type=Path, metavar="FILE", help="JSON lines of prompt, articles, colours, besides"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--save", action="store_true", help="keep the scores in the checkpoint's config and card")


def run_evaluate(args: argparse.Namespace) -> None:
    from gan_core.checkpoints import store
    from gan_core.evaluation.protocol import run_evaluation, save_evaluation
    from gan_core.images import tensors
    from gan_core.images.encoding import encode_png

    prompt_cases = read_prompt_cases(args.prompts) if args.prompts else []
    if args.neighbours and args.neighbours.suffix.lower() != ".png":
        raise UsageError(f"--neighbours writes a PNG: {args.neighbours} must end in .png.")
    root = checkpoint_root(args)
    checkpoint = store.find_checkpoint(resolve_model(args.model), root)
    with progress_bar(None, "image") as bar:
        evaluation = run_evaluation(
            checkpoint,
            data=args.data,
            count=args.count,
            data_dir=data_folder(args),
            root=root,
            progress=lambda done, total: set_progress(bar, done, total),
            prompt_cases=prompt_cases,
            with_neighbours=bool(args.neighbours),
        )
    scores = evaluation.scores
    if evaluation.neighbour_sheet is not None:
        args.neighbours.write_bytes(encode_png(tensors.to_pil(evaluation.neighbour_sheet)))
    if args.save:
        save_evaluation(checkpoint, scores)
    if args.json:
        print(json.dumps(scores["benchmarks"][args.data] if "benchmarks" in scores and args.data else scores, indent=2))
    else:
        print(score_lines(checkpoint.name, scores))


def score_lines(name: str, scores: dict[str, Any]) -> str:
    """Scores for a person to read, each beside that of real images or of bicubic interpolation."""
    if "benchmarks" in scores:
        return benchmark_lines(name, scores["benchmarks"])
    if "captions" in scores:
        return text_to_image_lines(name, scores["captions"])
    return labelled_lines(name, scores) if "class_names" in scores else unlabelled_lines(name, scores)


def benchmark_lines(name: str, benchmarks: dict[str, Any]) -> str:
    lines = [f"{name}, on luma; bicubic in brackets"]
    for benchmark, scores in benchmarks.items():
        columns = (
            f"{key.upper()} {scores[key]:.3f} ({scores['bicubic'][key]:.3f})" for key in ("psnr", "ssim", "sharpness")
        )
        lines.append(f"  {benchmark}, {scores['pictures']} pictures: {', '.join(columns)}")
    return "\n".join(lines)


def text_to_image_lines(name: str, scores: dict[str, Any]) -> str:
    """Scores for a person to read, those of real photos beside them."""
    baseline = scores["floor"]
    lines = [f"{name}: {scores['count']} captions held out, judge {scores['judge']}"]
    rows = [(f"{column} as asked", share, baseline["accuracy"][column]) for column, share in scores["accuracy"].items()]
    rows.append(("R-precision", scores["r_precision"], baseline["r_precision"]))
    lines += [f"  {title:20} {share:8.2%}   real photos {real:8.2%}" for title, share, real in rows]
    lines += [
        f"  {score:20} {scores[score]:8.3f}   real photos {baseline[score]:8.3f}" for score in ("frechet", "variety")
    ]
    lines += [
        f"  {f'nearest, {which}':20} {scores['nearest'][which]:8.3f}   real photos {baseline['nearest'][which]:8.3f}"
        for which in ("median", "closest")
    ]
    if everyday := scores.get("everyday"):
        columns = ", ".join(f"{name} {everyday[name]:.1%}" for name in scores["accuracy"] if name in everyday)
        lines.append(f"  {everyday['prompts']} everyday prompts: {everyday['right']:.1%} right ({columns})")
        lines.append(f"    mostly wrong: {'; '.join(everyday['mostly_wrong']) or 'none'}")
    return "\n".join(lines)


def unlabelled_lines(name: str, scores: dict[str, Any]) -> str:
    """Scores for a person to read, those of real pictures beside them."""
    baseline, count = scores["floor"], scores["count"]
    lines = [f"{name}: {count} samples, {count} pictures, judge {scores['judge']}"]
    rows = [(key, scores[key], baseline[key]) for key in ("frechet", "precision", "recall")]
    rows += [
        (f"nearest, {which}", scores["nearest"][which], baseline["nearest"][which]) for which in baseline["nearest"]
    ]
    lines += [f"  {title:20} {score:8.3f}   real pictures {real:8.3f}" for title, score, real in rows]
    return "\n".join([*lines, f"  {'frechet / floor':20} {scores['frechet'] / max(baseline['frechet'], 1e-9):8.2f}"])


def set_progress(bar: tqdm, done: int, total: int | None) -> None:
    bar.total = total
    bar.update(done - bar.n)


def labelled_lines(name: str, scores: dict[str, Any]) -> str:
    """Scores for a person to read, the floor beside them."""
    baseline = scores["floor"]
    lines = [f"{name}: {scores['count']} samples, {scores['reference']} test pictures, judge {scores['judge']}"]
    lines += [
        f"  {key:20} {scores[key]:8.3f}   real pictures {baseline[key]:8.3f}"
        for key in ("frechet", "precision", "recall")
    ]
    if "accuracy" in scores:
        lines.append(f"  {'accuracy':20} {scores['accuracy']:8.2%}   real pictures {baseline['accuracy']:8.2%}")
        lines.append(f"  {'at truncation 0.7':20} {scores['accuracy_truncated']:8.2%}")
        lines.append("  per class            " + " ".join(f"{share:.1%}" for share in scores["accuracy_per_class"]))
        lines.append("  confusion (row asked, column seen)")
        lines += ["    " + " ".join(f"{count:5d}" for count in row) for row in scores["confusion"]]
    lines.append("  share of each class  " + " ".join(f"{share:.1%}" for share in scores["shares"]))
    lines.append("  the same, real       " + " ".join(f"{share:.1%}" for share in baseline["shares"]))
    return "\n".join(lines)
