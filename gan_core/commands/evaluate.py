"""What measures: judge trains a classifier, evaluate asks it about a model's samples."""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gan_core.commands.common import add_command, data_folder, local, progress_bar, read_cases, root_of
from gan_core.errors import InputError

TOLD_SIZE = 64  # side of the pictures with captions that are judged


def add_commands(commands: Any) -> None:
    add_judge(commands)
    add_evaluate(commands)


def add_judge(commands: Any) -> None:
    parser = add_command(commands, "judge", run_judge, "train the network that judges a data set's generators")
    parser.add_argument("data", metavar="DATA", help="mnist, fashion-mnist, or any pictures, with captions or without")
    parser.add_argument("--epochs", type=int, default=6, help="passes over the data; default 6")
    parser.add_argument("--seed", type=int, default=0, help="fixes all randomness; default 0")
    parser.add_argument("--force", action="store_true", help="overwrite checkpoints/judge-DATA")


def run_judge(chosen: argparse.Namespace) -> None:
    import torch

    from gan_core.data import registry
    from gan_core.evaluation.classifier import Classifier, save_judge, train_judge
    from gan_core.text import captions

    if not 1 <= chosen.epochs <= 1000:
        raise InputError(f"--epochs must lie between 1 and 1000, not be {chosen.epochs}.")
    folder = root_of(chosen) / f"judge-{Path(chosen.data).stem}"
    if folder.exists() and not chosen.force:
        raise InputError(f"{folder} exists: overwrite it by --force.")
    if chosen.data not in registry.TORCHVISION_DATASETS:
        found: Any = registry.load_dataset(chosen.data, data_folder(chosen), size=TOLD_SIZE)
        told = any(captions.row_attributes(row) for row in found.rows)
        (run_caption_judge if told else run_instance_judge)(chosen, folder, found)
        return
    train, test = (registry.load_dataset(chosen.data, data_folder(chosen), size=28, split=split) for split in ("train", "test"))
    torch.manual_seed(chosen.seed)
    network = Classifier(train.channels, len(train.classes))
    epoch = last_epoch(train_judge(network, train, test, chosen.epochs, chosen.seed), chosen.epochs, "test pictures")
    save_judge(folder, network, train, epoch, force=chosen.force)
    print(f"{folder}: {epoch.accuracy:.2%} on {len(test)} test pictures")


def last_epoch(epochs: Iterable[Any], total: int, tested: str) -> Any:
    """Train to the end, telling of each epoch."""
    epoch = None
    with progress_bar(total, "epoch") as bar:
        for epoch in epochs:
            bar.update()
            tqdm.write(f"epoch {epoch.number}: loss {epoch.loss:.4f}, {epoch.accuracy:.2%} of the {tested}")
    return epoch


def run_caption_judge(chosen: argparse.Namespace, folder: Path, found: Any) -> None:
    """Of pictures with captions, tested on those that nothing is trained on."""
    import torch

    from gan_core.evaluation.caption_classifier import (  # fmt: skip
        WIDER,
        CaptionJudge,
        Classifier,
        Kinds,
        accuracies,
        save_caption_judge,
        train_caption_judge,
    )

    train, held = told_pictures(found)
    kinds = Kinds.of(train.rows)
    torch.manual_seed(chosen.seed)
    network = Classifier(train.channels, {name: len(each) for name, each in kinds.columns.items()}, WIDER)
    epochs = train_caption_judge(network, kinds, train, held, chosen.epochs, chosen.seed)
    epoch = last_epoch(epochs, chosen.epochs, "pictures held out")
    judge = CaptionJudge(folder.name, network, kinds, TOLD_SIZE, accuracies(network, kinds, held))
    save_caption_judge(folder, judge, train, epoch, force=chosen.force)
    told = ", ".join(f"{name} {share:.2%}" for name, share in judge.accuracy.items())
    print(f"{folder}: {told} on {len(held)} pictures held out")


def run_instance_judge(chosen: argparse.Namespace, folder: Path, found: Any) -> None:
    """Of pictures that nobody said anything about, tested on a twentieth of them."""
    import torch

    from gan_core.evaluation.self_supervised import (  # fmt: skip
        InstanceJudge,
        Network,
        save_instance_judge,
        split,
        train_instance_judge,
    )

    train, held = split(found)
    torch.manual_seed(chosen.seed)
    network = Network(train.channels)
    epochs = train_instance_judge(network, train, held, chosen.epochs, chosen.seed)
    epoch = last_epoch(epochs, chosen.epochs, "pictures held out known again")
    judge = InstanceJudge(folder.name, network, TOLD_SIZE, epoch.accuracy)
    save_instance_judge(folder, judge, train, epoch, force=chosen.force)
    print(f"{folder}: {judge.accuracy:.2%} of {len(held)} pictures held out known again")


def told_pictures(found: Any) -> tuple[Any, Any]:
    """Pictures with captions: those to train on, and those held out."""
    from gan_core.text import captions

    found = captions.drop_uncaptioned(found)
    return captions.select_split(found, "train"), captions.select_split(found, "held-out")


def add_evaluate(commands: Any) -> None:
    parser = add_command(commands, "evaluate", run_evaluate, "measure a model against the test pictures")
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


def run_evaluate(chosen: argparse.Namespace) -> None:
    from gan_core.checkpoints import store

    chosen.model = local(chosen.model)
    checkpoint = store.find(chosen.model, root_of(chosen))
    if checkpoint.family.condition == "picture":
        evaluate_upscaler(chosen, checkpoint)
    elif checkpoint.family.condition == "text":
        evaluate_painter(chosen)
    else:
        evaluate_drawer(chosen)


def evaluate_upscaler(chosen: argparse.Namespace, checkpoint: Any) -> None:
    """PSNR, SSIM and sharpness on one benchmark or folder, or on all benchmarks."""
    from gan_core.checkpoints import store
    from gan_core.data import super_resolution
    from gan_core.evaluation.super_resolution import by_network, evaluate_restoration
    from gan_core.upscaling.upscaler import load_checkpoint

    network = load_checkpoint(checkpoint)
    upscale, scale = by_network(network.network, network.device), network.scale
    scores = {}
    for name in [chosen.data] if chosen.data else super_resolution.BENCHMARKS:
        with progress_bar(None, "picture") as bar:
            pairs = super_resolution.benchmark_pairs(name, data_folder(chosen), scale)
            scores[name] = evaluate_restoration(upscale, scale, pairs, lambda _, bar=bar: show(bar, bar.n + 1, None))
    if chosen.save:
        short = {name: {key: value for key, value in each.items() if key != "each"} for name, each in scores.items()}
        known = checkpoint.description.scores.get("benchmarks", {})
        store.save_scores(checkpoint, {"benchmarks": known | short})
    if chosen.json:
        print(json.dumps(scores[chosen.data] if chosen.data else {"benchmarks": scores}, indent=2))
        return
    print(f"{checkpoint.name}, x{scale}, on luma; bicubic in brackets")
    for name, each in scores.items():
        both = (f"{key.upper()} {each[key]:.3f} ({each['bicubic'][key]:.3f})" for key in ("psnr", "ssim", "sharpness"))
        print(f"  {name}, {each['pictures']} pictures: {', '.join(both)}")


def evaluate_painter(chosen: argparse.Namespace) -> None:
    """A model that draws sentences, by captions held out and, if asked, by everyday prompts."""
    from gan_core import sampling
    from gan_core.checkpoints import store
    from gan_core.data import registry
    from gan_core.evaluation.caption_classifier import load_caption_judge
    from gan_core.evaluation.text_to_image import evaluate_prompts, evaluate_text

    cases = read_cases(chosen.prompts) if chosen.prompts else []  # first: what cannot be read is said at once
    root = root_of(chosen)
    model = sampling.load(chosen.model, root)
    name = chosen.data or model.checkpoint.description.data["name"]
    judge = load_caption_judge(f"judge-{Path(name).stem}", root)
    train, held = told_pictures(registry.load_dataset(name, data_folder(chosen), size=TOLD_SIZE))
    with progress_bar(None, "picture") as bar:
        count = min(2000, len(held)) if chosen.count is None else chosen.count
        scores = evaluate_text(model, judge, train, held, count, lambda done, total: show(bar, done, total))
    if cases:
        scores["everyday"] = evaluate_prompts(model, judge, cases)
    if chosen.save:
        store.save_scores(model.checkpoint, {"captions": scores})
    print(json.dumps({"captions": scores}, indent=2) if chosen.json else painter_lines(model.checkpoint.name, scores))


def painter_lines(name: str, scores: dict[str, Any]) -> str:
    """Scores for a person to read, those of real photos beside them."""
    floor = scores["floor"]
    lines = [f"{name}: {scores['count']} captions held out, judge {scores['judge']}"]
    rows = [(f"{column} as asked", share, floor["accuracy"][column]) for column, share in scores["accuracy"].items()]
    rows.append(("R-precision", scores["r_precision"], floor["r_precision"]))
    lines += [f"  {title:20} {share:8.2%}   real photos {real:8.2%}" for title, share, real in rows]
    lines += [
        f"  {score:20} {scores[score]:8.3f}   real photos {floor[score]:8.3f}" for score in ("frechet", "variety")
    ]
    lines += [
        f"  {f'nearest, {which}':20} {scores['nearest'][which]:8.3f}   real photos {floor['nearest'][which]:8.3f}"
        for which in ("median", "closest")
    ]
    if everyday := scores.get("everyday"):
        columns = ", ".join(f"{name} {everyday[name]:.1%}" for name in scores["accuracy"] if name in everyday)
        lines.append(f"  {everyday['prompts']} everyday prompts: {everyday['right']:.1%} right ({columns})")
        lines.append(f"    mostly wrong: {'; '.join(everyday['mostly_wrong']) or 'none'}")
    return "\n".join(lines)


def evaluate_drawer(chosen: argparse.Namespace) -> None:
    """A generator's samples, as its data set's judge sees them."""
    from gan_core import sampling
    from gan_core.checkpoints import store
    from gan_core.data import registry
    from gan_core.evaluation.class_conditional import evaluate
    from gan_core.evaluation.classifier import load_judge

    root = root_of(chosen)
    model = sampling.load(chosen.model, root)
    name = chosen.data or model.checkpoint.description.data["name"]
    if name not in registry.TORCHVISION_DATASETS:
        evaluate_seen(chosen, model, name)
        return
    judge = load_judge(f"judge-{name}", root)
    train, test = (registry.load_dataset(name, data_folder(chosen), size=28, split=split) for split in ("train", "test"))
    with progress_bar(None, "picture") as bar:
        count = 10_000 if chosen.count is None else chosen.count
        scores = evaluate(model, judge, train, test, count, lambda done, total: show(bar, done, total))
    if chosen.save:
        store.save_scores(model.checkpoint, scores)
    print(json.dumps(scores, indent=2) if chosen.json else score_lines(model.checkpoint.name, scores))


def evaluate_seen(chosen: argparse.Namespace, model: Any, name: str) -> None:
    """A generator's samples against the pictures it was trained on, as the judge of such pictures sees them."""
    from gan_core.checkpoints import store
    from gan_core.data import registry
    from gan_core.evaluation.unlabelled import evaluate_likeness, load_seeing, side_by_side
    from gan_core.images import tensors

    if chosen.neighbours and chosen.neighbours.suffix.lower() != ".png":
        raise InputError(f"--neighbours writes a PNG: {chosen.neighbours} must end in .png.")
    judge, channels = load_seeing(f"judge-{Path(name).stem}", root_of(chosen)), model.checkpoint.config.image_channels
    pictures = registry.load_dataset(name, data_folder(chosen), size=judge.size, channels=channels)
    with progress_bar(None, "picture") as bar:
        scores, closest = evaluate_likeness(
            model, judge, pictures, chosen.count, lambda done, total: show(bar, done, total)
        )
    if chosen.neighbours:
        sheet = tensors.to_pil(side_by_side(model, pictures, closest))
        chosen.neighbours.write_bytes(tensors.png_bytes(sheet))
    if chosen.save:
        store.save_scores(model.checkpoint, scores)
    print(json.dumps(scores, indent=2) if chosen.json else likeness_lines(model.checkpoint.name, scores))


def likeness_lines(name: str, scores: dict[str, Any]) -> str:
    """Scores for a person to read, those of real pictures beside them."""
    floor, count = scores["floor"], scores["count"]
    lines = [f"{name}: {count} samples, {count} pictures, judge {scores['judge']}"]
    rows = [(key, scores[key], floor[key]) for key in ("frechet", "precision", "recall")]
    rows += [(f"nearest, {which}", scores["nearest"][which], floor["nearest"][which]) for which in floor["nearest"]]
    lines += [f"  {title:20} {ours:8.3f}   real pictures {real:8.3f}" for title, ours, real in rows]
    return "\n".join([*lines, f"  {'frechet / floor':20} {scores['frechet'] / max(floor['frechet'], 1e-9):8.2f}"])


def show(bar: tqdm, done: int, total: int | None) -> None:
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
