"""Reads and writes the folders of classifiers: config.json, README.md and model.safetensors, as checkpoints have."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from gan_core.checkpoints.checkpoint import load_network
from gan_core.checkpoints.description import CARD_FILE, CONFIG_FILE, WEIGHTS_FILE
from gan_core.checkpoints.store import atomic_folder, save_weights
from gan_core.data.registry import dataset_info
from gan_core.errors import UsageError
from gan_core.evaluation.classifier_training import BATCH_SIZE, Epoch
from gan_core.json_text import parse_json

Classifier = TypeVar("Classifier")
MAX_SIZES = {"channels": 4, "widths": 4096, "size": 4096}
# What a network raises that is built with sizes which somebody has edited, besides what cannot be read at all
ODD_CONFIG_ERRORS = (ValueError, TypeError, AttributeError, RuntimeError, OverflowError, MemoryError, OSError)


def load_classifier_folder(name: str, root: Path, build: Callable[[dict[str, Any]], Classifier]) -> Classifier:
    """The classifier in `root`/`name`: what `build` makes of its config, its `network` with the weights beside it.

    Raises UsageError where there is no classifier, its config cannot be used or the weights do not fit.
    """
    file = root / name / CONFIG_FILE
    try:
        config = parse_json(file.read_bytes())
        require_sane_sizes(config)
        classifier: Any = build(config)
    except FileNotFoundError as error:
        raise UsageError(f"There is no classifier {name} in {root}: train it by `python -m gan_core judge`.") from error
    except KeyError as error:
        raise UsageError(f"{file} is no classifier's config: it lacks {error.args[0]}.") from error
    except ODD_CONFIG_ERRORS as error:
        raise UsageError(f"{file} is no classifier's config: {error}.") from error
    load_network(classifier.network, root / name / WEIGHTS_FILE)
    return classifier


def require_sane_sizes(config: dict[str, Any]) -> None:
    """Raises ValueError where a network of these sizes would take all memory."""
    sizes = {"channels": [config["channels"]], "widths": config.get("widths", []), "size": [config.get("size", 1)]}
    for name, values in sizes.items():
        if not all(isinstance(value, int) and 1 <= value <= MAX_SIZES[name] for value in values):
            raise ValueError(f"its {name} must be whole numbers from 1 to {MAX_SIZES[name]}")


def save_classifier_folder(
    folder: Path,
    network: nn.Module,
    train: Any,
    epoch: Epoch,
    *,
    kind: str,
    settings: dict[str, Any],
    about: str,
    scope: str,
    learning_rate: float,
    force: bool,
) -> None:
    """Writes a classifier that was trained on `train` up to `epoch`.

    `kind` names the type of classifier and `settings` are its own keys in config.json; `about` is the first paragraph
    of the card and `scope` what the classifier is limited to, such as "classes".
    Raises UsageError where the folder exists, unless `force`.
    """
    info = dataset_info(train.name)
    fingerprint = getattr(train, "fingerprint", None)
    kept = (
        {"fingerprint": fingerprint.short} if fingerprint else {}
    )  # `judges` finds the classifier of a data set by it
    config = {
        "format": 1,
        "kind": kind,
        "name": folder.name,
        "data": info | {"pictures": len(train)} | kept,
        **settings,
        "training": asdict(epoch) | {"batch_size": BATCH_SIZE, "rate": learning_rate},
    }
    text = json.dumps(config, indent=2) + "\n"
    card = (
        "---\nlicense: mit\nlibrary_name: gan-core\npipeline_tag: image-classification\n---\n\n"
        f"# {folder.name}\n\n{about}\n\n"
        f"Data licence, as its source states it: {info.get('licence', 'not known')}.\n\n"
        f"Made by `python -m gan_core judge {train.name} --epochs {epoch.number}`. "
        f"Limits: it knows these {scope} only, and its confidence is high even for images that show none of them.\n"
    )
    with atomic_folder(folder, force=force) as partial:
        (partial / CONFIG_FILE).write_text(text, encoding="utf-8")
        (partial / CARD_FILE).write_text(card, encoding="utf-8", errors="backslashreplace")
        save_weights(network.state_dict(), partial / WEIGHTS_FILE, text)
