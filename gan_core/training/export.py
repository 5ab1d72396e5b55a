"""From a run's folder to a checkpoint: the moving average of the generator becomes a model that all can draw from."""

from pathlib import Path
from typing import Any

from gan_core.checkpoints import Checkpoint, Description, write
from gan_core.data import facts_of
from gan_core.errors import InputError
from gan_core.models import find_family
from gan_core.text import TextEncoder
from gan_core.training.runs import RunFolder


def export(run_folder: Path, name: str, root: Path, *, critic: bool = False, force: bool = False) -> Checkpoint:
    """The last save of a run as `root`/`name`. Raises InputError where there is none, or the checkpoint exists."""
    if not name or Path(name).name != name or name.startswith("."):
        raise InputError(f"{name!r} is no name for a checkpoint: letters, digits and dashes, no slash.")
    files = RunFolder(run_folder)
    run, state = files.read_config(), files.read_state()
    story = run.story(state)
    encoder = TextEncoder.load(files.encoder) if find_family(run.family).condition == "text" else None
    description = Description(
        name=name,
        family=run.family,
        model=run.model.to_dict(),
        objective=story.pop("objective"),
        training=story | ({"before": state["before"]} if state.get("before") else {}),
        data=facts_of(run.data) | {"pictures": state["pictures"]} | subjects_of(state),
        classes=tuple(state["classes"]) if run.model.classes else (),
        text_encoder=encoder.fingerprint if encoder else None,
    )
    kept = state["discriminator"] if critic else None
    return write(root / name, description, state["average"], kept, encoder, force=force)


def subjects_of(state: dict[str, Any]) -> dict[str, Any]:
    """What a model that draws sentences was shown, by kind and colour."""
    return {"subjects": state["subjects"]} if state.get("subjects") else {}
