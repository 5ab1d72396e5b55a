"""The form of a new training: data, recipe, settings, cost and start."""

import shlex
from pathlib import Path

import streamlit as st

from gan_core.errors import UsageError
from gan_core.models import FAMILIES
from gan_core.runs import datasets, lifecycle, recipes, suggested_recipes
from gan_core.runs.dataset_inspection import DatasetReport
from gan_core.runs.suggested_recipes import SuggestedRecipe
from gan_core.runs.tutorials import TutorialPreset
from gan_core.training.config import Run
from pages.train import cost, dataset, plan, recipe, settings
from pages.train.run_list import STARTED_KEY
from pages.ui.markdown import escape_markdown


def training_form(root: Path, *, busy: bool) -> None:
    """The whole form. `busy`: another training runs. The values are checked by the rules of the command line."""
    tutorial = recipe.tutorial_pills()
    data, report = dataset.dataset_picker(root)
    if report is None or not report.is_usable:
        return
    suggested, learn_kinds = suggested_recipes.recipe_for(report), True
    with st.container(border=True):
        if tutorial is None:
            suggested = recipe.recipe_radio(report, data)
            learn_kinds = recipe.goal_control(report, suggested)
        plan_placeholder = st.container()
    recipe.choose_family(report, data, suggested, tutorial, learn_kinds)
    with st.expander("All settings", icon=":material/tune:"):
        choice = recipe.family_picker(report, suggested, tutorial)
        try:
            with plan_placeholder:  # for the notice that steps are being measured
                base = build_base(data, report, choice, suggested, tutorial)
            scope = f"{choice.family.name}-{choice.preset}-{choice.objective}-{suggested.name}-{data}"
            scope += f"-{tutorial.name if tutorial else ''}-{choice.start.name if choice.start else ''}"
            run, changes = recipes.apply_settings(base, settings.settings_form(base, scope), report)
            recipe.check_start(choice, run.model)
        except UsageError as error:
            plan_placeholder.error(escape_markdown(str(error)), icon=":material/block:")
            return
    with plan_placeholder:
        plan.show_plan(run, report, choice.start)
    start_form(root, run, changes, tutorial)
    with plan_placeholder:
        cost.show_cost(run, busy)


def build_base(
    data: str,
    report: DatasetReport,
    choice: recipe.RecipeChoice,
    suggested: SuggestedRecipe,
    tutorial: TutorialPreset | None,
) -> Run:
    """The run before anything is changed by hand, with steps that fit into the recipe's time."""
    start = str(choice.start.folder.resolve()) if choice.start else ""
    run = recipes.base_run(
        choice.family, data, choice.preset, choice.objective, tutorial, report, suggested, start,
        choice.start_settings(),
    )  # fmt: skip
    if tutorial is not None:
        return run
    scope = f"{choice.family.name}-{choice.preset}-{choice.objective}-{suggested.name}-{start}-{data}"
    return plan.plan_steps(run, suggested, scope)


def start_form(root: Path, run: Run, changes: recipes.Settings, tutorial: TutorialPreset | None) -> None:
    """The run's name, the button that starts it, and the command line that does the same."""
    default_title = tutorial.title if tutorial else f"{data_title(run.data, root)} {FAMILIES[run.family].title}"
    title = st.text_input("Name", default_title, max_chars=60, key=f"train_name_{default_title}")
    if st.button("Start", type="primary", icon=":material/play_arrow:", key="train_start"):
        try:
            st.session_state[STARTED_KEY] = lifecycle.start(root, title or default_title, run, changes).name
        except UsageError as error:
            st.error(escape_markdown(str(error)), icon=":material/block:")
        else:
            st.rerun()
    with st.expander("The same on the command line", icon=":material/terminal:"):
        folder = Path("runs") / "mine"
        start = ["--start", run.start] if run.start else []
        arguments = [run.family, "--data", run.data, "--preset", run.preset, *lifecycle.to_flags(changes), *start]
        st.code("python -m gan_core " + shlex.join(lifecycle.command_line(folder, arguments)), None, wrap_lines=True)


def data_title(data: str, root: Path) -> str:
    """The name of a data set; of an uploaded one, without the hash of its content."""
    stem = Path(data).stem
    return (stem.rpartition("-")[0].replace("-", " ") if datasets.is_upload(data, root) else stem)[:30]
