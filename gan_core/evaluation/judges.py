"""Finds the classifier of a data set, the "judge", by the set's fingerprint: two sets of one name have two.

The classifier of the data set NAME is the folder judge-NAME; that of another set of this name is judge-NAME-HASH, with
the start of its fingerprint. One that was trained by an earlier version has no fingerprint: it is told by its name, and
for all but the data sets that the project names by the number of images that it learned.
"""

import glob
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gan_core.checkpoints.description import CONFIG_FILE
from gan_core.data.registry import DATASET_INFO, TORCHVISION_DATASETS
from gan_core.errors import UsageError
from gan_core.evaluation.self_supervised import HOLDOUT_STRIDE
from gan_core.json_text import parse_json
from gan_core.text.captions import drop_uncaptioned, is_held_out

NAMED_SETS = frozenset({*TORCHVISION_DATASETS, *DATASET_INFO, "fashion-products"})  # the classifiers of the project's
SUFFIX_LENGTH = 6  # characters of the fingerprint in the name of a second classifier


def classifier_name(data: str) -> str:
    """The name of the checkpoint that holds the classifier of a data set, given by name or path."""
    return f"judge-{Path(data).stem}"


def candidates(data: str, root: Path) -> list[str]:
    """The classifiers of data sets of this name under `root`, the plain name first."""
    name = classifier_name(data)
    others = sorted(file.parent.name for file in root.glob(f"{glob.escape(name)}-*/{CONFIG_FILE}"))
    others = [other for other in others if len(other) == len(name) + 1 + SUFFIX_LENGTH]
    return [name, *others] if (root / name / CONFIG_FILE).is_file() else others


def require_judge(data: str, root: Path) -> None:
    """Raises UsageError where there is no classifier of any data set of this name."""
    if not candidates(data, root):
        name = classifier_name(data)
        raise UsageError(f"There is no classifier {name} in {root}: train it by `python -m gan_core judge`.")


def is_judge_of(name: str, data: str, dataset: Any, root: Path) -> bool:
    """Whether a classifier was trained on this data set, which `data` names."""
    config = read_config(name, root)
    return name in candidates(data, root) and (is_of(config, dataset) or may_be_of(config, dataset, data))


def find_judge(data: str, dataset: Any, root: Path) -> str:
    """The name of the classifier that was trained on this data set, which `data` names.

    Raises UsageError where there is none, or those of that name were trained on others.
    """
    require_judge(data, root)
    configs = {name: read_config(name, root) for name in candidates(data, root)}
    matching = [name for name, config in configs.items() if is_of(config, dataset)]
    matching += [name for name, config in configs.items() if may_be_of(config, dataset, data)]
    if matching:
        return matching[0]
    learned = ", ".join(f"{name} on {learned_images(config)}" for name, config in configs.items())
    raise UsageError(
        f"There is no classifier of this data set ({len(dataset):,} images). Others have its name: {learned}. "
        f"Train one by `python -m gan_core judge {shlex.quote(data)}`, or take the features of another one by"
        f" `--judge {next(iter(configs))}`: such scores compare models of the same images only."
    )


def read_config(name: str, root: Path) -> dict[str, Any]:
    """The config of a classifier; empty where it cannot be read, which its loader then says."""
    try:
        config = parse_json((root / name / CONFIG_FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}


def data_of(config: dict[str, Any]) -> dict[str, Any]:
    data = config.get("data")
    return data if isinstance(data, dict) else {}


def fingerprint_of(dataset: Any) -> str | None:
    """The short fingerprint of a data set; None for one that is made in memory."""
    fingerprint = getattr(dataset, "fingerprint", None)
    return fingerprint.short if fingerprint else None


def is_of(config: dict[str, Any], dataset: Any) -> bool:
    """Whether a classifier keeps the fingerprint of this data set."""
    kept = data_of(config).get("fingerprint")
    return kept is not None and kept == fingerprint_of(dataset)


def may_be_of(config: dict[str, Any], dataset: Any, data: str) -> bool:
    """Whether a classifier of an earlier version, without a fingerprint, learned as many images as of these."""
    kept = data_of(config)
    if fingerprint_of(dataset) is None:
        return True
    if kept.get("fingerprint") is not None:
        return False
    count = COUNTS.get(str(config.get("kind")), len)(dataset)
    return data in NAMED_SETS or kept.get("pictures", count) == count


def count_captioned(dataset: Any) -> int:
    """The images that the classifier of captions learns: with a caption, and not held out."""
    try:
        rows = drop_uncaptioned(dataset).rows
    except UsageError:
        return 0
    return sum(not is_held_out(row["file_name"]) for row in rows)


def count_instances(dataset: Any) -> int:
    """The images that the classifier without labels learns: all but one in HOLDOUT_STRIDE."""
    return len(dataset) - len(range(0, len(dataset), HOLDOUT_STRIDE))


COUNTS: dict[str, Callable[[Any], int]] = {"caption-judge": count_captioned, "instance-judge": count_instances}


def learned_images(config: dict[str, Any]) -> str:
    pictures = data_of(config).get("pictures")
    return f"{pictures:,} images" if isinstance(pictures, int) else "other images"


def new_judge_name(data: str, dataset: Any, root: Path) -> str:
    """The name for the classifier of this data set: that of its own, or a new one beside that of another set."""
    name = classifier_name(data)
    kept = {other: data_of(read_config(other, root)).get("fingerprint") for other in candidates(data, root)}
    own = fingerprint_of(dataset)
    if own is None or kept.get(name) in (None, own):
        return name
    return f"{name}-{own[:SUFFIX_LENGTH]}"
