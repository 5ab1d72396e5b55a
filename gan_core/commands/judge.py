"""The command `judge`: trains the classifier that `evaluate` needs for a data set."""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gan_core.commands.common import add_command, checkpoint_root, data_folder, print_notes, progress_bar
from gan_core.errors import UsageError

MAX_EPOCHS = 1000


def add_commands(subparsers: Any) -> None:
    parser = add_command(subparsers, "judge", run_judge, "train the classifier that evaluates a data set's generators")
    parser.add_argument("data", metavar="DATA", help="mnist, fashion-mnist, or any data set, with captions or without")
    parser.add_argument("--epochs", type=int, metavar="N", default=6, help="passes over the data; default 6")
    parser.add_argument("--seed", type=int, metavar="S", default=0, help="fixes all randomness; default 0")
    parser.add_argument("--force", action="store_true", help="overwrite checkpoints/judge-DATA")


def run_judge(args: argparse.Namespace) -> None:
    from gan_core.data import registry
    from gan_core.evaluation import classifier
    from gan_core.evaluation.judges import candidates, classifier_name, new_judge_name
    from gan_core.evaluation.protocol import CAPTIONED_SIDE_PX
    from gan_core.text import captions

    if not 1 <= args.epochs <= MAX_EPOCHS:
        raise UsageError(f"--epochs must lie between 1 and {MAX_EPOCHS}, not be {args.epochs}.")
    root = checkpoint_root(args)
    if not candidates(args.data, root):  # one without a config is of no data set that could be told
        require_new(root / classifier_name(args.data), args)
    is_labelled = args.data in registry.TORCHVISION_DATASETS
    size = classifier.SIDE_PX if is_labelled else CAPTIONED_SIDE_PX
    dataset: Any = registry.load_dataset(args.data, data_folder(args), size=size)
    print_notes(dataset.warnings)
    folder = root / new_judge_name(args.data, dataset, root)
    require_new(folder, args)
    if folder.name != classifier_name(args.data):
        print_notes([f"{classifier_name(args.data)} is of another data set of this name: this one is {folder.name}"])
    if is_labelled:
        train_on_labels(args, folder, dataset)
        return
    has_captions = any(captions.row_attributes(row) for row in dataset.rows)
    (train_on_captions if has_captions else train_self_supervised)(args, folder, dataset)


def require_new(folder: Path, args: argparse.Namespace) -> None:
    """Raises UsageError where the classifier's folder exists, unless it may be overwritten."""
    if folder.exists() and not args.force:
        raise UsageError(f"{folder} exists: overwrite it by --force.")


def train_on_labels(args: argparse.Namespace, folder: Path, train: Any) -> None:
    """A classifier of the labels of MNIST or Fashion-MNIST, tested on their test set."""
    import torch

    from gan_core.data import registry
    from gan_core.evaluation import classifier

    test = registry.load_dataset(args.data, data_folder(args), size=classifier.SIDE_PX, split="test")
    torch.manual_seed(args.seed)
    network = classifier.ClassifierNetwork(train.channels, len(train.classes))
    epochs = classifier.train_feature_classifier(network, train, test, args.epochs, args.seed)
    epoch = run_epochs(epochs, args.epochs, "test images")
    classifier.save_feature_classifier(folder, network, train, epoch, force=args.force)
    print(f"{folder}: {epoch.accuracy:.2%} on {len(test)} test images")


def train_on_captions(args: argparse.Namespace, folder: Path, dataset: Any) -> None:
    """A classifier of the attributes of captioned images, tested on the images held out."""
    import torch

    from gan_core.evaluation import caption_classifier
    from gan_core.evaluation.protocol import CAPTIONED_SIDE_PX, caption_split

    train, held_out = caption_split(dataset)
    schema = caption_classifier.AttributeSchema.from_rows(train.rows)
    class_counts = {name: len(values) for name, values in schema.columns.items()}
    torch.manual_seed(args.seed)
    network = caption_classifier.AttributeNetwork(train.channels, class_counts, caption_classifier.WIDE_WIDTHS)
    epochs = caption_classifier.train_caption_classifier(network, schema, train, held_out, args.epochs, args.seed)
    epoch = run_epochs(epochs, args.epochs, "images held out")
    accuracy = caption_classifier.attribute_accuracies(network, schema, held_out)
    classifier = caption_classifier.CaptionClassifier(folder.name, network, schema, CAPTIONED_SIDE_PX, accuracy)
    caption_classifier.save_caption_classifier(folder, classifier, train, epoch, force=args.force)
    shares = ", ".join(f"{name} {share:.2%}" for name, share in classifier.accuracy.items())
    print(f"{folder}: {shares} on {len(held_out)} images held out")


def train_self_supervised(args: argparse.Namespace, folder: Path, dataset: Any) -> None:
    """A contrastive network for images without labels and captions, tested by retrieval among a twentieth of them."""
    import torch

    from gan_core.evaluation import self_supervised
    from gan_core.evaluation.protocol import CAPTIONED_SIDE_PX

    train, held_out = self_supervised.train_test_split(dataset)
    torch.manual_seed(args.seed)
    network = self_supervised.ContrastiveNetwork(train.channels)
    epochs = self_supervised.train_instance_classifier(network, train, held_out, args.epochs, args.seed)
    epoch = run_epochs(epochs, args.epochs, "images held out retrieved")
    classifier = self_supervised.InstanceClassifier(folder.name, network, CAPTIONED_SIDE_PX, epoch.accuracy)
    self_supervised.save_instance_classifier(folder, classifier, train, epoch, force=args.force)
    print(f"{folder}: {classifier.accuracy:.2%} of {len(held_out)} images held out retrieved")


def run_epochs(epochs: Iterable[Any], total: int, tested_on: str) -> Any:
    """Trains to the end, with a line for each epoch; returns the last one."""
    epoch = None
    with progress_bar(total, "epoch") as bar:
        for epoch in epochs:
            bar.update()
            tqdm.write(f"epoch {epoch.number}: loss {epoch.loss:.4f}, {epoch.accuracy:.2%} of the {tested_on}")
    return epoch
