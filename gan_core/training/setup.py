"""Prepares a training: from a family, data and settings to the `Run` and the `Dataset` that `train` takes.

The command `train` and the library's `gan_core.train` both begin here, so that both apply the same rules.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from gan_core.data import registry, super_resolution
from gan_core.data.archives import default_data_folder
from gan_core.data.datasets import Dataset
from gan_core.errors import UsageError
from gan_core.models import Task, find_family
from gan_core.text import captions, encoder_training
from gan_core.text.encoder import WORDS_FILE, TextEncoder
from gan_core.text.synonyms import synonym_table
from gan_core.training.config import Run
from gan_core.training.initialization import class_names, model_settings
from gan_core.training.resumption import continue_with, order_classes, require_data, resumed_run, with_classes
from gan_core.training.run_folder import RunFolder

Progress = Callable[[int], AbstractContextManager[Callable[[int], Any]]]  # total -> what to call after so many steps


def no_progress(total: int) -> AbstractContextManager[Callable[[int], Any]]:
    return nullcontext(lambda count: None)


def prepare_run(
    family: str,
    data: str | Path | None,
    folder: str | Path,
    *,
    preset: str | None = None,
    resume: bool = False,
    start: str | Path | None = None,
    encoder: str | Path | None = None,
    data_dir: str | Path | None = None,
    progress: Progress = no_progress,
    **settings: Any,
) -> tuple[Run, Dataset]:
    """Builds the run and loads its data; `train(run, data, folder, resume=resume)` then trains it.

    `data` is a data set's name, or a folder or zip of images; None only with `resume`, which takes the stored one. A
    resumed run goes on with the same data set at any place (`resumption`).
    `folder` is the run's folder. `start` is the folder of a run or checkpoint whose weights and model settings the run
    begins with, `encoder` the file of a trained text encoder, `data_dir` the folder of data sets (else GAN_CORE_DATA).
    `progress` shows the training of a text encoder: called with the number of steps, it returns a context manager whose
    value is called with the number of steps taken since.
    `settings` are `objective` and fields of the model's, objective's and training's configs; what is not given comes
    from the preset, and the number of channels and classes from the data.

    Raises UsageError where a setting is unknown or out of range, the data cannot be read, or a resumed run is asked to
    change its recipe.
    """
    data = None if data is None else str(data)
    folder, data_dir = Path(folder), default_data_folder() if data_dir is None else Path(data_dir)
    start, encoder = Path(start).resolve() if start else None, Path(encoder) if encoder else None
    if encoder and find_family(family).task != Task.TEXT_TO_IMAGE:
        raise UsageError(f"The family {family} has no text encoder: --encoder is for text-to-image families.")
    if resume:
        if encoder:
            raise UsageError("A resumed run keeps its text encoder: --encoder is for the start of a run.")
        files, place = RunFolder(folder), None if data is None else stored_data_name(data)
        stored = files.read_config()
        run = resumed_run(stored, family, place, preset, start, settings)
        if place is None:
            require_data(run, data_dir)
        dataset = load_data(run, folder, data_dir, run.model.image_channels, None, progress)
        return continue_with(run, stored, dataset, files)
    if data is None:
        raise UsageError("--data is missing: a data set's name, or a folder or zip of images.")
    parent_model = model_settings(start, family) if start else None
    run = Run.from_preset(family, data, preset, model=parent_model, start=str(start or ""), **settings)
    channels = settings.get("image_channels", 3 if run.model.image_channels == 3 else None)
    dataset = load_data(run, folder, data_dir, channels, encoder, progress)
    if start:
        dataset = order_classes(dataset, class_names(start))  # a label stays what it is in the networks
    return fit_to_data(run, dataset, settings), dataset


def fit_to_data(run: Run, dataset: Dataset, settings: dict[str, Any]) -> Run:
    """The run with its data's channels and classes, where `settings` does not name them, and with an absolute path."""
    fitted: dict[str, Any] = {"image_channels": dataset.channels}
    if find_family(run.family).task == Task.CLASS_CONDITIONAL and "classes" not in settings and dataset.classes:
        fitted["classes"] = len(dataset.classes)
    fingerprint = with_classes(dataset.fingerprint, dataset.classes)
    model = replace(run.model, **fitted)
    return replace(run, model=model, data=stored_data_name(run.data), fingerprint=fingerprint)


def stored_data_name(data: str) -> str:
    """The name of a named data set, or the absolute path of a folder or zip: a run can be resumed from anywhere."""
    is_path = data not in registry.TORCHVISION_DATASETS and Path(data).exists()
    return str(Path(data).resolve()) if is_path else data


# Data -----------------------------------------------------------------------------------------------------------------


def load_data(
    run: Run, folder: Path, data_dir: Path, channels: int | None, encoder_file: Path | None, progress: Progress
) -> Dataset:
    """The data set as the run's family learns from it: images of one size, captioned images, or patches of photos."""
    model: Any = run.model
    match find_family(run.family).task:
        case Task.TEXT_TO_IMAGE:
            return load_captioned(run, folder, data_dir, channels, encoder_file, progress)
        case Task.SUPER_RESOLUTION:
            return super_resolution.load_photos(
                run.data,
                data_dir,
                patch_size=model.image_size,
                scale=model.scale,
                channels=model.image_channels,
                degradation=model.degradation,
            )
        case _:
            return registry.load_dataset(run.data, data_dir, size=model.image_size, channels=channels)


def load_captioned(
    run: Run, folder: Path, data_dir: Path, channels: int | None, encoder_file: Path | None, progress: Progress
) -> captions.CaptionedDataset:
    """The training split of the captioned images, with the text encoder.

    The encoder is the one of `encoder_file`, of the run's folder, or of the run it starts from; else one is trained on
    the captions. Raises UsageError where its embeddings do not have the model's `sentence_size`.
    """
    model: Any = run.model
    dataset = registry.load_dataset(run.data, data_dir, size=model.image_size, channels=channels)
    training_split = captions.select_split(captions.drop_uncaptioned(dataset), "train")
    stored_encoders = [RunFolder(path).encoder_file for path in (folder, *([Path(run.start)] if run.start else []))]
    if file := encoder_file or next((file for file in stored_encoders if file.is_file()), None):
        encoder = TextEncoder.load(file)
        if encoder.dim != model.sentence_size:
            raise UsageError(
                f"{file} gives embeddings of {encoder.dim} values, and the model takes {model.sentence_size}."
            )
        return captions.CaptionedDataset(training_split, encoder)
    with progress(encoder_training.STEPS) as advance:
        word_vectors = TextEncoder.load(WORDS_FILE)
        synonyms = synonym_table(training_split.rows, word_vectors)
        trained = encoder_training.train_encoder(
            word_vectors, training_split.rows, model.sentence_size, run.training.seed, advance, synonyms
        )
    return captions.CaptionedDataset(training_split, trained.encoder)
