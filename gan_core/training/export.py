"""Exports a run as a checkpoint: the EMA of its generator becomes a model that everything else samples from."""

from dataclasses import replace
from pathlib import Path

from torch import Tensor

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import Description, OwnModel, validate_licence
from gan_core.checkpoints.naming import name_and_title
from gan_core.checkpoints.store import try_open_checkpoint, write_checkpoint
from gan_core.data.registry import dataset_info
from gan_core.errors import UsageError
from gan_core.models import Task, find_family
from gan_core.text.encoder import TextEncoder
from gan_core.training.run_folder import RunFolder


def export(
    run_folder: Path,
    name: str,
    root: Path,
    *,
    with_discriminator: bool = False,
    interpolate_with: Path | None = None,
    other_share: float = 0.0,
    latent_std: float | None = None,
    licence: str | None = None,
    public: bool = False,
    force: bool = False,
) -> Checkpoint:
    """Writes the last save of a run as a checkpoint under `root`, as a model of one's own.

    `name` becomes the folder's name and the model's title by `name_and_title`. `licence` is that of the weights, by its
    identifier on the Hub. `public`: strangers see the model in a hosted app; one that replaces another with `force` is
    seen where that was.

    With `interpolate_with`, the folder of the run that this one started from, `other_share` of the weights are those of
    that run (network interpolation, Wang et al. 2018, ESRGAN, section 3.4: less sharp, more faithful). `latent_std`
    replaces the standard deviation of the latents in training when the model samples.

    Raises UsageError where nothing is saved, the checkpoint exists without `force`, the name or licence is none, or the
    other run's networks differ.
    """
    name, title = name_and_title(name)
    if licence is not None:
        validate_licence(licence)
    files = RunFolder(run_folder)
    run, state = files.read_config(), files.read_state()
    model = run.model if latent_std is None else replace(run.model, latent_spread=latent_std)
    summary, weights = run.training_summary(state), state["average"]
    if model != run.model:
        summary["spread"] = {"trained": run.model.latent_spread, "drawn": model.latent_spread}
    if interpolate_with is not None:
        weights = interpolate_weights(weights, RunFolder(interpolate_with).read_state()["average"], other_share)
        summary["toward"] = {"name": RunFolder(interpolate_with.resolve()).name, "share": other_share}
    encoder = TextEncoder.load(files.encoder_file) if find_family(run.family).task == Task.TEXT_TO_IMAGE else None
    fingerprint = {"fingerprint": run.fingerprint.short} if run.fingerprint else {}  # its classifier has the same
    vocabulary = {"subjects": state["subjects"]} if state.get("subjects") else {}
    description = Description(
        name=name,
        family=run.family,
        model=model.to_dict(),
        objective=summary.pop("objective"),
        training=summary | ({"before": state["before"]} if state.get("before") else {}),
        data=dataset_info(run.data) | {"pictures": state["pictures"]} | fingerprint | vocabulary,
        classes=tuple(state["classes"]) if run.model.classes else (),
        text_encoder=encoder.fingerprint if encoder else None,
        licence=licence,
    )
    own = OwnModel(title, public or is_shown_already(root / name), data_path(run.data))
    discriminator = state["discriminator"] if with_discriminator else None
    return write_checkpoint(root / name, description, weights, discriminator, encoder, own=own, force=force)


def is_shown_already(folder: Path) -> bool:
    """Whether strangers see the model that an export would replace."""
    replaced = try_open_checkpoint(folder)
    return replaced is not None and replaced.is_public


def data_path(data: str) -> str | None:
    """The absolute path of training data that were given by one; None for the name of a data set."""
    return str(Path(data).resolve()) if Path(data).exists() else None


def interpolate_weights(
    weights: dict[str, Tensor], other_weights: dict[str, Tensor], other_share: float
) -> dict[str, Tensor]:
    """(1 - other_share) * weights + other_share * other_weights, key by key.

    Raises UsageError where the networks differ, or the share does not lie between 0 and 1.
    """
    if not 0 < other_share < 1:
        raise UsageError(f"--share must lie between 0 and 1, not be {other_share:g}.")
    shapes = [{name: value.shape for name, value in tensors.items()} for tensors in (weights, other_weights)]
    if shapes[0] != shapes[1]:
        raise UsageError("--toward must name a run of the same network, best the one that this run started from.")
    return {
        name: value.lerp(other_weights[name], other_share) if value.is_floating_point() else value
        for name, value in weights.items()
    }
