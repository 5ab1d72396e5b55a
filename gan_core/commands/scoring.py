"""What measures: judge trains a classifier, evaluate asks it about a model's samples."""

import argparse
import json
from typing import Any

from tqdm import tqdm

from gan_core.commands.common import add_command, data_folder, local, progress_bar, root_of
from gan_core.errors import InputError


def add_commands(commands: Any) -> None:
    add_judge(commands)
    add_evaluate(commands)


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
    parser.add_argument("model", metavar="MODEL", help="a name under checkpoints, a folder, or hub:OWNER/NAME")
    parser.add_argument(
        "--data",
        metavar="NAME",
        help="the data set, by default the one it was trained on; for super-resolution a benchmark or folder",
    )
    parser.add_argument("--count", type=int, default=10_000, help="samples; default 10000")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--save", action="store_true", help="keep the scores in the checkpoint's config and card")


def run_evaluate(chosen: argparse.Namespace) -> None:
    from gan_core import checkpoints

    chosen.model = local(chosen.model)
    checkpoint = checkpoints.find(chosen.model, root_of(chosen))
    if checkpoint.family.condition == "picture":
        evaluate_upscaler(chosen, checkpoint)
    else:
        evaluate_drawer(chosen)


def evaluate_upscaler(chosen: argparse.Namespace, checkpoint: Any) -> None:
    """PSNR, SSIM and sharpness on one benchmark or folder, or on all benchmarks."""
    from gan_core import checkpoints, photos
    from gan_core.evaluation.restoration import by_network, evaluate_restoration
    from gan_core.upscalers import load_checkpoint

    network = load_checkpoint(checkpoint)
    upscale, scale = by_network(network.network, network.device), network.scale
    scores = {}
    for name in [chosen.data] if chosen.data else photos.BENCHMARKS:
        with progress_bar(None, "picture") as bar:
            pairs = photos.pairs(name, data_folder(chosen), scale)
            scores[name] = evaluate_restoration(upscale, scale, pairs, lambda _, bar=bar: show(bar, bar.n + 1, None))
    if chosen.save:
        short = {name: {key: value for key, value in each.items() if key != "each"} for name, each in scores.items()}
        known = checkpoint.description.scores.get("benchmarks", {})
        checkpoints.save_scores(checkpoint, {"benchmarks": known | short})
    if chosen.json:
        print(json.dumps(scores[chosen.data] if chosen.data else {"benchmarks": scores}, indent=2))
        return
    print(f"{checkpoint.name}, x{scale}, on luma; bicubic in brackets")
    for name, each in scores.items():
        both = (f"{key.upper()} {each[key]:.3f} ({each['bicubic'][key]:.3f})" for key in ("psnr", "ssim", "sharpness"))
        print(f"  {name}, {each['pictures']} pictures: {', '.join(both)}")


def evaluate_drawer(chosen: argparse.Namespace) -> None:
    """A generator's samples, as its data set's judge sees them."""
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
