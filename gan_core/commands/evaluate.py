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


def caption_split(dataset: Any) -> tuple[Any, Any]:
    """Pictures with captions: those to train on, and those held out."""
    from gan_core.text import captions

    dataset = captions.drop_uncaptioned(dataset)
    return captions.select_split(dataset, "train"), captions.select_split(dataset, "held-out")


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

    args.model = resolve_model(args.model)
    checkpoint = store.find_checkpoint(args.model, checkpoint_root(args))
    if checkpoint.family.task == "picture":
        evaluate_super_resolution(args, checkpoint)
    elif checkpoint.family.task == "text":
        evaluate_text_to_image(args)
    else:
        evaluate_labelled(args)


def evaluate_super_resolution(args: argparse.Namespace, checkpoint: Any) -> None:
    """PSNR, SSIM and sharpness on one benchmark or folder, or on all benchmarks."""
    from gan_core.checkpoints import store
    from gan_core.data import super_resolution
    from gan_core.evaluation.super_resolution import network_upscaler, score_super_resolution
    from gan_core.upscaling.upscaler import load_native_upscaler

    loaded_upscaler = load_native_upscaler(checkpoint)
    upscale, scale = network_upscaler(loaded_upscaler.network, loaded_upscaler.device), loaded_upscaler.scale
    scores = {}
    for name in [args.data] if args.data else super_resolution.BENCHMARKS:
        with progress_bar(None, "picture") as bar:
            pairs = super_resolution.benchmark_pairs(name, data_folder(args), scale)
            scores[name] = score_super_resolution(
                upscale, scale, pairs, lambda _, bar=bar: set_progress(bar, bar.n + 1, None)
            )
    if args.save:
        summaries = {
            name: {key: value for key, value in benchmark_scores.items() if key != "each"}
            for name, benchmark_scores in scores.items()
        }
        stored = checkpoint.description.scores.get("benchmarks", {})
        store.save_scores(checkpoint, {"benchmarks": stored | summaries})
    if args.json:
        print(json.dumps(scores[args.data] if args.data else {"benchmarks": scores}, indent=2))
        return
    print(f"{checkpoint.name}, x{scale}, on luma; bicubic in brackets")
    for name, benchmark_scores in scores.items():
        columns = (
            f"{key.upper()} {benchmark_scores[key]:.3f} ({benchmark_scores['bicubic'][key]:.3f})"
            for key in ("psnr", "ssim", "sharpness")
        )
        print(f"  {name}, {benchmark_scores['pictures']} pictures: {', '.join(columns)}")


def evaluate_text_to_image(args: argparse.Namespace) -> None:
    """A model that draws sentences, by captions held out and, if asked, by everyday prompts."""
    from gan_core import sampling
    from gan_core.checkpoints import store
    from gan_core.data import registry
    from gan_core.evaluation.caption_classifier import load_caption_classifier
    from gan_core.evaluation.text_to_image import score_prompts, score_text_to_image

    cases = read_prompt_cases(args.prompts) if args.prompts else []  # first: what cannot be read is said at once
    root = checkpoint_root(args)
    model = sampling.load_model(args.model, root)
    name = args.data or model.checkpoint.description.data["name"]
    classifier = load_caption_classifier(f"judge-{Path(name).stem}", root)
    train, held_out = caption_split(registry.load_dataset(name, data_folder(args), size=CAPTIONED_SIDE_PX))
    with progress_bar(None, "picture") as bar:
        count = min(2000, len(held_out)) if args.count is None else args.count
        scores = score_text_to_image(
            model, classifier, train, held_out, count, lambda done, total: set_progress(bar, done, total)
        )
    if cases:
        scores["everyday"] = score_prompts(model, classifier, cases)
    if args.save:
        store.save_scores(model.checkpoint, {"captions": scores})
    print(
        json.dumps({"captions": scores}, indent=2) if args.json else text_to_image_lines(model.checkpoint.name, scores)
    )


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


def evaluate_labelled(args: argparse.Namespace) -> None:
    """A generator's samples, as its data set's judge sees them."""
    from gan_core import sampling
    from gan_core.checkpoints import store
    from gan_core.data import registry
    from gan_core.evaluation.class_conditional import score_labelled
    from gan_core.evaluation.classifier import load_feature_classifier

    root = checkpoint_root(args)
    model = sampling.load_model(args.model, root)
    name = args.data or model.checkpoint.description.data["name"]
    if name not in registry.TORCHVISION_DATASETS:
        evaluate_unlabelled(args, model, name)
        return
    classifier = load_feature_classifier(f"judge-{name}", root)
    train, test = (registry.load_dataset(name, data_folder(args), size=28, split=split) for split in ("train", "test"))
    with progress_bar(None, "picture") as bar:
        count = 10_000 if args.count is None else args.count
        scores = score_labelled(
            model, classifier, train, test, count, lambda done, total: set_progress(bar, done, total)
        )
    if args.save:
        store.save_scores(model.checkpoint, scores)
    print(json.dumps(scores, indent=2) if args.json else labelled_lines(model.checkpoint.name, scores))


def evaluate_unlabelled(args: argparse.Namespace, model: Any, name: str) -> None:
    """A generator's samples against the pictures it was trained on, as the judge of such pictures sees them."""
    from gan_core.checkpoints import store
    from gan_core.data import registry
    from gan_core.evaluation.unlabelled import load_classifier, neighbour_sheet, score_unlabelled
    from gan_core.images import tensors

    if args.neighbours and args.neighbours.suffix.lower() != ".png":
        raise UsageError(f"--neighbours writes a PNG: {args.neighbours} must end in .png.")
    classifier, channels = (
        load_classifier(f"judge-{Path(name).stem}", checkpoint_root(args)),
        model.checkpoint.config.image_channels,
    )
    dataset = registry.load_dataset(name, data_folder(args), size=classifier.size, channels=channels)
    with progress_bar(None, "picture") as bar:
        scores, closest = score_unlabelled(
            model, classifier, dataset, args.count, lambda done, total: set_progress(bar, done, total)
        )
    if args.neighbours:
        sheet = tensors.to_pil(neighbour_sheet(model, dataset, closest))
        args.neighbours.write_bytes(tensors.encode_png(sheet))
    if args.save:
        store.save_scores(model.checkpoint, scores)
    print(json.dumps(scores, indent=2) if args.json else unlabelled_lines(model.checkpoint.name, scores))


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
