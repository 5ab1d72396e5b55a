"""Trains, exports and evaluates models."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gan_core.api.loading import ModelInfo, local_reference
from gan_core.api.model import Model
from gan_core.checkpoints import store
from gan_core.training.events import Event

EvaluationProgress = Callable[[int, int | None], Any]  # images done, images in all (None where that is unknown)


def train(
    family: str,
    data: str | Path | None,
    run: str | Path,
    *,
    steps: int | None = None,
    preset: str | None = None,
    resume: bool = False,
    start: str | Path | None = None,
    encoder: str | Path | None = None,
    data_dir: str | Path | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    **settings: Any,
) -> Iterator[Event]:
    """Prepares a training at once, and returns the iterator that trains and yields its events.

    `Step` holds losses and metrics; `Preview` the images (N, C, S, S) in [-1, 1] of seeds that stay the same; `Saved`
    the step that the run can be resumed from; `Notice` a sentence. The run is saved each `save_every` steps and at the
    end. Breaking out of the loop loses the steps since the last save; `should_stop`, called after each step, saves and
    ends the training where it returns True.

    `family` is vanilla, dcgan, residual, conditional, text_conditional or srgan. `data` is the name of a data set
    (mnist, fashion-mnist, ...) or a folder or zip of images; `data_dir` the folder of data sets, by default
    GAN_CORE_DATA. `run` is the folder of the run, new unless `resume`. `steps` is the total: `resume=True` with a
    higher one continues a run, and `data` may be None; or it says where the images of the run are now. `preset` is a
    named recipe of the family; `start` the folder of a run or checkpoint to start from; `encoder` the file of a trained
    text encoder. `settings` are the other flags of `python -m gan_core train`, with underscores: `batch_size=64`,
    `image_size=32`, `objective="hinge"`.

    Raises UsageError, before the first event, on anything that cannot be used, such as a resumed run whose images have
    changed; ExternalError when a loss is not finite and, after a save, when an image or the disk is lost.

    >>> for event in gan_core.train("dcgan", "my-images", "runs/mine", steps=2, batch_size=4, image_size=32):
    ...     match event:
    ...         case gan_core.Step(number=number, losses=losses):
    ...             print(number, sorted(losses))
    ...         case gan_core.Saved(folder=folder):
    ...             print("saved in", folder)
    2 ['discriminator', 'generator']
    saved in runs/mine
    """
    from gan_core.training import trainer
    from gan_core.training.setup import prepare_run

    settings |= {} if steps is None else {"steps": steps}
    prepared, dataset = prepare_run(
        family, data, run, preset=preset, resume=resume, start=start, encoder=encoder, data_dir=data_dir, **settings
    )
    return trainer.train(prepared, dataset, Path(run), resume=resume, should_stop=should_stop)


def export(
    run: str | Path,
    name: str,
    *,
    with_discriminator: bool = False,
    force: bool = False,
    checkpoints: str | Path | None = None,
) -> ModelInfo:
    """Writes the last save of a run, its generator of averaged weights, as the model `name`, which `load` then loads.

    `with_discriminator` keeps the discriminator, which `Model.score` needs; `force` overwrites a model of that name.
    `checkpoints` is the folder of models, as in `list_models`.
    Raises UsageError where the run has no save, or the model exists.

    >>> gan_core.export("runs/mine", "my-dcgan").name
    'my-dcgan'
    """
    from gan_core.evaluation.reference_check import update_reference
    from gan_core.training import export as exporting

    root = store.resolve_root(checkpoints)
    checkpoint = exporting.export(Path(run), name, root, with_discriminator=with_discriminator, force=force)
    update_reference(checkpoint)
    return ModelInfo.from_checkpoint(checkpoint)


def evaluate(
    model: str | Path | Model,
    data: str | None = None,
    *,
    count: int | None = None,
    data_dir: str | Path | None = None,
    checkpoints: str | Path | None = None,
    progress: EvaluationProgress | None = None,
) -> dict[str, Any]:
    """Evaluates a model by the protocol of its task, and returns the scores as plain JSON.

    `model` is what `load` returned, or a name, folder or reference, also of a super-resolution model. `data` is the
    data set, by default the one that the model was trained on; for super-resolution set5, set14, kodak, or a folder or
    zip of photos, by default the three benchmarks. `count` is the number of samples or prompts: by default 10000
    samples of MNIST and Fashion-MNIST, 2000 prompts, and half as many samples as there are images otherwise.
    `data_dir` is the folder of data sets, by default GAN_CORE_DATA; `checkpoints` that of models and classifiers, as in
    `list_models`.
    `progress` is called with the images done and the images in all, None where that is unknown.

    The keys are those of `python -m gan_core evaluate --json`; `floor` holds the same scores for real images, and
    `warnings` sentences where the images are too few for a sound Fréchet distance.
    Raises UsageError where model, data, classifier and count do not fit, ExternalError where a download fails.

    >>> scores = gan_core.evaluate("mnist-cgan", count=100)
    >>> scores["count"], scores["judge"], 0 <= scores["accuracy"] <= 1
    (100, 'judge-mnist', True)
    """
    from gan_core.evaluation import protocol

    root, folder = store.resolve_root(checkpoints), None if data_dir is None else Path(data_dir)
    subject = model.loaded if isinstance(model, Model) else store.find_checkpoint(local_reference(model), root)
    return protocol.evaluate(subject, data=data, count=count, data_dir=folder, root=root, progress=progress)
