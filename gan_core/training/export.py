"""From a run's folder to a checkpoint: the moving average of the generator becomes a model that all can draw from."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import Description
from gan_core.checkpoints.store import write
from gan_core.data.registry import dataset_info
from gan_core.errors import InputError
from gan_core.models import find_family
from gan_core.text.encoder import TextEncoder
from gan_core.training.run_folder import RunFolder


def export(
    run_folder: Path, name: str, root: Path, *,
    critic: bool = False, toward: Path | None = None, share: float = 0.0, spread: float | None = None,
    force: bool = False,
) -> Checkpoint:  # fmt: skip
    """The last save of a run as `root`/`name`; with `toward`, `share` of its weights are those of that other run, from
    which this one began (network interpolation, Wang et al. 2018, ESRGAN, section 3.4: less sharp, more faithful).
    With `spread` the model draws from latents of that spread in place of the one that it was trained with.

    Raises InputError where there is no save, the checkpoint exists, or the other run cannot be mixed in.
    """
    if not name or Path(name).name != name or name.startswith("."):
        raise InputError(f"{name!r} is no name for a checkpoint: letters, digits and dashes, no slash.")
    files = RunFolder(run_folder)
    run, state = files.read_config(), files.read_state()
    model = run.model if spread is None else replace(run.model, latent_spread=spread)
    story, weights = run.story(state), state["average"]
    if model != run.model:
        story["spread"] = {"trained": run.model.latent_spread, "drawn": model.latent_spread}
    if toward is not None:
        weights = mixed(weights, RunFolder(toward).read_state()["average"], share)
        story["toward"] = {"name": RunFolder(toward.resolve()).name, "share": share}
    encoder = TextEncoder.load(files.encoder) if find_family(run.family).condition == "text" else None
    description = Description(
        name=name,
        family=run.family,
        model=model.to_dict(),
        objective=story.pop("objective"),
        training=story | ({"before": state["before"]} if state.get("before") else {}),
        data=dataset_info(run.data) | {"pictures": state["pictures"]} | subjects_of(state),
        classes=tuple(state["classes"]) if run.model.classes else (),
        text_encoder=encoder.fingerprint if encoder else None,
    )
    kept = state["discriminator"] if critic else None
    return write(root / name, description, weights, kept, encoder, force=force)


def mixed(weights: dict[str, Tensor], others: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """`share` of the one, the rest of the other. Raises InputError on networks of two kinds, or no share."""
    if not 0 < share < 1:
        raise InputError(f"--share must lie between 0 and 1, not be {share:g}.")
    shapes = [{name: value.shape for name, value in each.items()} for each in (weights, others)]
    if shapes[0] != shapes[1]:
        raise InputError("--toward must name a run of the same network, best one that this run began with.")
    return {
        name: value.lerp(others[name], share) if value.is_floating_point() else value for name, value in weights.items()
    }


def subjects_of(state: dict[str, Any]) -> dict[str, Any]:
    """What a model that draws sentences was shown, by kind and colour."""
    return {"subjects": state["subjects"]} if state.get("subjects") else {}
