"""Checks that a data set can train a model, before anything is built."""

from gan_core.data.datasets import Dataset
from gan_core.data.super_resolution import PatchDataset
from gan_core.errors import UsageError
from gan_core.models import Task, find_family
from gan_core.text.captions import CaptionedDataset
from gan_core.training.config import Run


def validate_data(run: Run, data: Dataset) -> None:
    """Raises UsageError where these data cannot train this model: channels, task, embedding size or classes differ."""
    model, task = run.model, find_family(run.family).task
    if model.image_channels != data.channels:
        raise UsageError(f"The data have {data.channels} channels, the model {model.image_channels}.")
    if (task == Task.SUPER_RESOLUTION) != isinstance(data, PatchDataset):
        verb = "learns" if task == Task.SUPER_RESOLUTION else "does not learn"
        raise UsageError(f"{run.family} {verb} from patches of photos.")
    if (task == Task.TEXT_TO_IMAGE) != isinstance(data, CaptionedDataset):
        verb = "learns" if task == Task.TEXT_TO_IMAGE else "does not learn"
        raise UsageError(f"{run.family} {verb} from captioned images.")
    if isinstance(data, CaptionedDataset) and data.encoder.dim != model.sentence_size:
        raise UsageError(
            f"The text encoder's embeddings have {data.encoder.dim} values, the model's {model.sentence_size}: "
            "leave out --sentence-size."
        )
    if task == Task.CLASS_CONDITIONAL:
        validate_classes(run, data)


def validate_classes(run: Run, data: Dataset) -> None:
    """Raises UsageError where a class-conditional family finds no labels, or not as many classes as it has."""
    if not data.classes:
        advice = "put each class into a sub-folder of its own, or a label into each line of metadata.jsonl."
        sentence = f"{run.family} needs labelled images, and {data.name} has no labels: {advice}"
        raise UsageError(" ".join([sentence, *data.warnings]))  # which say why there are none
    if len(data.classes) != run.model.classes:
        raise UsageError(
            f"{data.name} has {len(data.classes)} classes, the model {run.model.classes}: leave out --classes."
        )
