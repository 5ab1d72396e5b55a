"""From a run's folder to a checkpoint: the moving average of the generator becomes a model that all can draw from."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import Description
from gan_core.checkpoints.store import write_checkpoint
from gan_core.data.registry import dataset_info
from gan_core.errors import UsageError
from gan_core.models import Task, find_family
from gan_core.text.encoder import TextEncoder
from gan_core.training.run_folder import RunFolder


def export(
    run_folder: Path, name: str, root: Path, *,
    with_discriminator: bool = False, interpolate_with: Path | None = None, other_share: float = 0.0, latent_std: float | None = None,
    force: bool = False,
) -> Checkpoint:  # fmt: skip
    """The last save of a run as `root`/`name`; with `toward`, `share` of its weights are those of that other run, from
    which this one began (network interpolation, Wang et al. 2018, ESRGAN, section 3.4: less sharp, more faithful).
    With `spread` the model draws from latents of that spread in place of the one that it was trained with.

    Raises InputError where there is no save, the checkpoint exists, or the other run cannot be mixed in.
    """
    if not name or Path(name).name != name or name.startswith("."):
        raise UsageError(f"{name!r} is no name for a checkpoint: letters, digits and dashes, no slash.")
    run_files = RunFolder(run_folder)
    run, state = run_files.read_config(), run_files.read_state()
    model = run.model if latent_std is None else replace(run.model, latent_spread=latent_std)
    summary, weights = run.training_summary(state), state["average"]
    if model != run.model:
        summary["spread"] = {"trained": run.model.latent_spread, "drawn": model.latent_spread}
    if interpolate_with is not None:
        weights = interpolate_weights(weights, RunFolder(interpolate_with).read_state()["average"], other_share)
        summary["toward"] = {"name": RunFolder(interpolate_with.resolve()).name, "share": other_share}
    encoder = TextEncoder.load(run_files.encoder_file) if find_family(run.family).task == Task.TEXT_TO_IMAGE else None
    description = Description(
        name=name,
        family=run.family,
        model=model.to_dict(),
        objective=summary.pop("objective"),
        training=summary | ({"before": state["before"]} if state.get("before") else {}),
        data=dataset_info(run.data) | {"pictures": state["pictures"]} | caption_subjects(state),
        classes=tuple(state["classes"]) if run.model.classes else (),
        text_encoder=encoder.fingerprint if encoder else None,
    )
    discriminator = state["discriminator"] if with_discriminator else None
    return write_checkpoint(root / name, description, weights, discriminator, encoder, force=force)


def interpolate_weights(
    weights: dict[str, Tensor], other_weights: dict[str, Tensor], other_share: float
) -> dict[str, Tensor]:
    """`share` of the one, the rest of the other. Raises InputError on networks of two kinds, or no share."""
    if not 0 < other_share < 1:
        raise UsageError(f"--share must lie between 0 and 1, not be {other_share:g}.")
    shapes = [{name: value.shape for name, value in tensors.items()} for tensors in (weights, other_weights)]
    if shapes[0] != shapes[1]:
        raise UsageError("--toward must name a run of the same network, best one that this run began with.")
    return {
        name: value.lerp(other_weights[name], other_share) if value.is_floating_point() else value
        for name, value in weights.items()
    }


def caption_subjects(state: dict[str, Any]) -> dict[str, Any]:
    """What a model that draws sentences was shown, by kind and colour."""
    return {"subjects": state["subjects"]} if state.get("subjects") else {}
