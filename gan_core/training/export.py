"""From a run's folder to a checkpoint: the moving average of the generator becomes a model that all can draw from."""

from dataclasses import fields
from pathlib import Path

from gan_core.checkpoints import Checkpoint, Description, write
from gan_core.data import facts_of
from gan_core.errors import InputError
from gan_core.objectives import name_of
from gan_core.training.config import Run, TrainingConfig
from gan_core.training.runs import RunFolder

CADENCE = {"log_every", "preview_every", "save_every", "steps", "batch_size", "device"}  # not part of a recipe


def export(run_folder: Path, name: str, root: Path, *, critic: bool = False, force: bool = False) -> Checkpoint:
    """The last save of a run as `root`/`name`. Raises InputError where there is none, or the checkpoint exists."""
    if not name or Path(name).name != name or name.startswith("."):
        raise InputError(f"{name!r} is no name for a checkpoint: letters, digits and dashes, no slash.")
    files = RunFolder(run_folder)
    run, state = files.read_config(), files.read_state()
    description = Description(
        name=name,
        family=run.family,
        model=run.model.to_dict(),
        objective={"name": name_of(run.objective)} | run.objective.to_dict(),
        training={
            "steps": state["step"],
            "batch_size": run.training.batch_size,
            "seconds": round(state["seconds"]),
            "hardware": state["hardware"],
            "preset": run.preset,
            "settings": recipe(run),
        },
        data=facts_of(run.data) | {"pictures": state["pictures"]},
        classes=tuple(state["classes"]) if run.model.classes else (),
    )
    kept = state["discriminator"] if critic else None
    return write(root / name, description, state["average"], kept, force=force)


def recipe(run: Run) -> dict[str, object]:
    """The training settings that decide the result."""
    names = [each.name for each in fields(TrainingConfig) if each.name not in CADENCE]
    return {name: getattr(run.training, name) for name in names}
