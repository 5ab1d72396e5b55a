"""What a recipe comes to on this machine: its steps, planned by the measured time of one, told in a sentence or two."""

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.runs import suggested_recipes
from gan_core.runs.dataset_inspection import DatasetReport
from gan_core.runs.suggested_recipes import SuggestedRecipe
from gan_core.training.config import Run
from pages.train import cost
from pages.ui.markdown import escape_markdown
from pages.ui.model_titles import model_title

PLANS_KEY = "train_planned_steps"  # steps by the scope of a form
AUGMENTATION_TEXTS = {"mirror": "mirrored", "colour": "recoloured", "translation": "shifted", "cutout": "partly hidden"}


def plan_steps(run: Run, recipe: SuggestedRecipe, scope: str) -> Run:
    """The run with as many steps as the recipe's time allows on this machine.

    They are planned once for a scope, so that the number in the form stays while the machine is busier or less so.
    """
    plans: dict[str, int] = st.session_state.setdefault(PLANS_KEY, {})
    if scope not in plans:
        plans[scope] = suggested_recipes.planned_steps(recipe, run, cost.step_seconds(run) if recipe.limit_s else None)
    return suggested_recipes.with_steps(run, plans[scope]) if recipe.limit_s else run


def show_plan(run: Run, report: DatasetReport, start: Checkpoint | None) -> None:
    """Steps, batch, size, start and augmentation in words; then a warning where few pictures are not augmented."""
    size = getattr(run.model, "image_size", 0)
    parts = [f"**{run.training.steps:,} steps of {run.training.batch_size} pictures**, {size} × {size} pixels"]
    parts.append(f"starting from {escape_markdown(model_title(start))}" if start else "from scratch")
    st.markdown(", ".join(parts) + ".")
    if run.training.augment != "none":
        st.markdown(augmentation_text(run, report))
    elif report.is_memorisable:
        st.warning(
            f"{report.image_count} pictures are few: without augmentation they will be learnt by heart. Take the recipe"
            f" “{suggested_recipes.recipe_for(report).title}”, or set “Augment” under “All settings”.",
            icon=":material/warning:",
        )


def augmentation_text(run: Run, report: DatasetReport) -> str:
    """What is done to the pictures; for few of them, what that is good for."""
    changes = [AUGMENTATION_TEXTS[name] for name in run.training.augment.split("+")]
    listed = f"{', '.join(changes[:-1])} or {changes[-1]}" if len(changes) > 1 else changes[0]
    chance = f"with a probability of {100 * run.training.augment_chance:g} % each"
    if report.is_memorisable:
        return (
            f"{report.image_count} pictures alone would be learnt by heart. So the discriminator sees them {listed},"
            f" {chance}."
        )
    return f"The discriminator sees pictures {listed}, {chance}."
