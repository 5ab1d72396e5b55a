"""Evaluates a model by the protocol of its task: loads the classifier and the data, and returns the scores.

| task and data set | protocol | classifier | samples |
|---|---|---|---|
| super-resolution | `super_resolution`: PSNR, SSIM and sharpness on benchmarks | none | - |
| text-to-image | `text_to_image`: captions held out | `judge-DATA` of captioned images | 2000 |
| MNIST, Fashion-MNIST | `class_conditional`: test set, accuracy of the labels | `judge-DATA` of these classes | 10000 |
| any other data set | `unlabelled`: two halves of the data, nearest neighbours | `judge-DATA`, or any other | half |
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.data import benchmarks, registry
from gan_core.data.archives import default_data_folder
from gan_core.errors import UsageError
from gan_core.evaluation import class_conditional, classifier, text_to_image, unlabelled
from gan_core.evaluation.caption_classifier import load_caption_classifier
from gan_core.evaluation.features import Progress
from gan_core.evaluation.general_features import GeneralClassifier
from gan_core.evaluation.judges import find_judge, fingerprint_of, is_judge_of, require_judge
from gan_core.evaluation.prompt_cases import score_prompts
from gan_core.evaluation.super_resolution import network_upscaler, score_super_resolution
from gan_core.evaluation.value_accuracy import count_images, draws_per_value, score_values
from gan_core.images.tensors import Pixels
from gan_core.sampling import Model, model_from_checkpoint
from gan_core.tasks import Task
from gan_core.text import captions
from gan_core.upscaling.upscaler import load_native_upscaler

CAPTIONED_SIDE_PX = 64  # side of the images that classifiers of captioned and of unlabelled data see


@dataclass(frozen=True)
class Evaluation:
    """The scores as plain JSON, and for unlabelled data, where it was asked for, the sheet of nearest neighbours.

    `notes` are sentences on the data set, such as what was skipped of it.
    """

    scores: dict[str, Any]
    neighbour_sheet: Pixels | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """What to evaluate on; `data` None is the data set that the model was trained on, or all benchmarks."""

    data: str | None
    count: int | None
    data_dir: Path
    root: Path
    progress: Progress
    judge: str | None = None  # a classifier of other images
    notes: list[str] = field(default_factory=list)  # on the data sets that were read

    def load(self, name: str, **options: Any) -> Any:
        """A data set by name or path; its warnings become notes."""
        dataset: Any = registry.load_dataset(name, self.data_dir, **options)
        self.notes.extend(warning for warning in dataset.warnings if warning not in self.notes)
        return dataset


def evaluate(
    model: Model | Checkpoint,
    *,
    data: str | None = None,
    count: int | None = None,
    data_dir: Path | None = None,
    root: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The scores of a model by the protocol of its task, as plain JSON.

    `data` is the data set (by default the one the model was trained on) or, for super-resolution, a benchmark, folder
    or zip (by default all benchmarks). `count` is the number of samples or prompts; super-resolution ignores it.
    `data_dir` holds the data sets (by default `default_data_folder()`), `root` the classifiers (by default
    `store.resolve_root()`). `progress` is called with the images done and the images in all, None where unknown.

    The keys are those that `python -m gan_core evaluate --json` prints; for text-to-image they lie under `captions`,
    for super-resolution under `benchmarks` and the benchmark's name. `floor` holds the same scores for real images.
    Raises UsageError where classifier, data or count do not fit the model, ExternalError where a download fails.
    """
    return run_evaluation(model, data=data, count=count, data_dir=data_dir, root=root, progress=progress).scores


def run_evaluation(
    model: Model | Checkpoint,
    *,
    data: str | None = None,
    count: int | None = None,
    data_dir: Path | None = None,
    root: Path | None = None,
    progress: Progress | None = None,
    prompt_cases: Sequence[dict[str, Any]] = (),
    with_neighbours: bool = False,
    judge: str | None = None,
) -> Evaluation:
    """The same as `evaluate`, with the extras of the command line.

    `prompt_cases` (of a text-to-image model) are scored under `everyday`, see `score_prompts`. `with_neighbours` (for
    unlabelled data) draws the sheet of samples beside their nearest training images. `judge` names the classifier whose
    features are used, whatever images it was trained on; the protocol is then that of unlabelled data.
    """
    checkpoint = model.checkpoint if isinstance(model, Model) else model
    request = Request(
        data,
        count,
        data_dir or default_data_folder(),
        root or store.resolve_root(),
        progress or (lambda *_: None),
        judge,
    )
    if judge and checkpoint.family.task not in (Task.UNCONDITIONAL, Task.CLASS_CONDITIONAL):
        raise UsageError(f"--judge is for models that draw from seeds alone, and {checkpoint.name} is another kind.")
    if checkpoint.family.task == Task.SUPER_RESOLUTION:
        return Evaluation({"benchmarks": evaluate_super_resolution(checkpoint, request)})
    loaded = model if isinstance(model, Model) else model_from_checkpoint(model)
    if checkpoint.family.task == Task.TEXT_TO_IMAGE:
        scores = {"captions": evaluate_text_to_image(loaded, request, prompt_cases)}
        return Evaluation(scores, notes=tuple(request.notes))
    if not judge and (data or checkpoint.description.data["name"]) in registry.TORCHVISION_DATASETS:
        return Evaluation(evaluate_labelled(loaded, request), notes=tuple(request.notes))
    return evaluate_unlabelled(loaded, request, with_neighbours)


def save_evaluation(checkpoint: Checkpoint, scores: dict[str, Any]) -> Checkpoint:
    """Stores scores of `evaluate` in the checkpoint's config and card; benchmarks are added to those stored before.

    Raises UsageError for a fetched checkpoint.
    """
    if "benchmarks" in scores:
        summaries = {
            name: {key: value for key, value in benchmark_scores.items() if key != "each"}
            for name, benchmark_scores in scores["benchmarks"].items()
        }
        scores = {"benchmarks": checkpoint.description.scores.get("benchmarks", {}) | summaries}
    return store.save_scores(checkpoint, scores)


def evaluate_super_resolution(checkpoint: Checkpoint, request: Request) -> dict[str, Any]:
    """Scores by the name of the benchmark: on one benchmark or folder, or on all benchmarks."""
    loaded = load_native_upscaler(checkpoint)
    upscale, done, scores = network_upscaler(loaded.network, loaded.device), 0, {}

    def count_image(_: str) -> None:
        nonlocal done
        done += 1
        request.progress(done, None)

    for name in benchmarks.benchmark_names(request.data):
        pairs = benchmarks.benchmark_pairs(name, request.data_dir, loaded.scale)
        scores[name] = score_super_resolution(upscale, loaded.scale, pairs, count_image)
    return scores


def evaluate_text_to_image(
    model: Model, request: Request, prompt_cases: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Scores of images generated from captions held out and, where there are any, from everyday prompts."""
    name = request.data or model.checkpoint.description.data["name"]
    require_judge(name, request.root)
    dataset = request.load(name, size=CAPTIONED_SIDE_PX)
    require_own_data(model.checkpoint, dataset, request)
    caption_classifier = load_caption_classifier(find_judge(name, dataset, request.root), request.root)
    train, held_out = caption_split(dataset)
    count = min(text_to_image.DEFAULT_COUNT, len(held_out)) if request.count is None else request.count
    draws = draws_per_value(request.count)
    total = count + count_images(caption_classifier, draws)
    scores = text_to_image.score_text_to_image(
        model, caption_classifier, train, held_out, count, lambda done, _: request.progress(done, total)
    )
    scores["by_value"] = score_values(
        model, caption_classifier, train.rows, held_out, draws, lambda done: request.progress(count + done, total)
    )
    if prompt_cases:
        scores["everyday"] = score_prompts(model, caption_classifier, prompt_cases)
    return scores


def evaluate_labelled(model: Model, request: Request) -> dict[str, Any]:
    """Scores of samples against the test set of MNIST or Fashion-MNIST."""
    name = request.data or model.checkpoint.description.data["name"]
    require_judge(name, request.root)
    train, test = (request.load(name, size=classifier.SIDE_PX, split=split) for split in ("train", "test"))
    require_own_data(model.checkpoint, train, request)
    feature_classifier = classifier.load_feature_classifier(find_judge(name, train, request.root), request.root)
    count = class_conditional.DEFAULT_COUNT if request.count is None else request.count
    return class_conditional.score_labelled(model, feature_classifier, train, test, count, request.progress)


def evaluate_unlabelled(model: Model, request: Request, with_neighbours: bool = False) -> Evaluation:
    """Scores of samples against the images that the model was trained on."""
    name = request.data or model.checkpoint.description.data["name"]
    size, channels = model.checkpoint.config.image_size, model.checkpoint.config.image_channels
    other = unlabelled.load_classifier(request.judge, request.root) if request.judge else None
    if other is None:
        require_judge(name, request.root)
    dataset = request.load(name, size=size, channels=channels)
    require_own_data(model.checkpoint, dataset, request)
    if other is None:
        feature_extractor: unlabelled.Classifier = unlabelled.load_classifier(
            find_judge(name, dataset, request.root), request.root
        )
    else:
        is_own = is_judge_of(other.name, name, dataset, request.root)
        feature_extractor = other if is_own else GeneralClassifier(other, size, channels)
    scores, closest = unlabelled.score_unlabelled(model, feature_extractor, dataset, request.count, request.progress)
    sheet = unlabelled.neighbour_sheet(model, dataset, closest) if with_neighbours else None
    return Evaluation(scores, sheet, tuple(request.notes))


def require_own_data(checkpoint: Checkpoint, dataset: Any, request: Request) -> None:
    """Raises UsageError where no data set is named, and the one that has the name of the model's is another one."""
    trained_on, found = checkpoint.description.data.get("fingerprint"), fingerprint_of(dataset)
    if request.data is None and trained_on and found and trained_on != found:
        raise UsageError(
            f"{checkpoint.name} was trained on another data set than the {dataset.name} that is here now "
            f"({len(dataset):,} images): name the images to compare with by --data."
        )


def caption_split(dataset: Any) -> tuple[Any, Any]:
    """The images with captions, as those to train on and those held out. Raises UsageError where none has a caption."""
    dataset = captions.drop_uncaptioned(dataset)
    return captions.select_split(dataset, "train"), captions.select_split(dataset, "held-out")
