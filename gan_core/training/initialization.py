"""What a training can begin with: the networks of an earlier run, or of a checkpoint."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_core.checkpoints.store import follow_alias, is_checkpoint, open_checkpoint
from gan_core.training.run_folder import RunFolder


@dataclass(frozen=True)
class WarmStart:
    """`state` has what there is of a saved state's networks and optimizers, `story` what a model card tells."""

    state: dict[str, Any]
    training_summary: dict[str, Any]


def load_warm_start(folder: Path) -> WarmStart:
    """Raises InputError where the folder is neither a run that has saved something nor a whole checkpoint."""
    folder = follow_alias(folder)
    return from_checkpoint(folder) if is_checkpoint(folder) else from_run(RunFolder(folder))


def model_settings(folder: Path, family: str) -> dict[str, Any]:
    """The settings of the model that lies there; none where it is one of another family. The spread of its latents is
    the one it was trained with, not one that an export chose for drawing. Raises InputError as `find_origin` does, but
    reads no weights."""
    folder = follow_alias(folder)
    if is_checkpoint(folder):
        description = open_checkpoint(folder).description
        trained_std = (
            {"latent_spread": description.training["spread"]["trained"]} if "spread" in description.training else {}
        )
        return description.model | trained_std if description.family == family else {}
    run = RunFolder(folder).read_config()
    return run.model.to_dict() if run.family == family else {}


def from_run(run_files: RunFolder) -> WarmStart:
    parent_run, state = run_files.read_config(), run_files.read_state()
    if not parent_run.objective.needs_discriminator():
        state.pop("discriminator")  # it was never asked
    return WarmStart(
        state, {"name": run_files.name, "before": state.get("before")} | parent_run.training_summary(state)
    )


def from_checkpoint(folder: Path) -> WarmStart:
    """Its generator is the average that was kept, and what the training goes on with; its critic may be there too."""
    checkpoint = open_checkpoint(folder)
    weights = checkpoint.load_generator().state_dict()
    state: dict[str, Any] = {"generator": weights, "average": weights}
    if checkpoint.has_discriminator:
        state["discriminator"] = checkpoint.load_discriminator().state_dict()
    description = checkpoint.description
    return WarmStart(state, {"name": checkpoint.name} | description.training | {"objective": description.objective})
