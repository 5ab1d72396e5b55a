"""The form of a new training: data, recipe, settings, cost and start."""

from pathlib import Path

import streamlit as st

from gan_core.errors import UsageError
from gan_core.models import FAMILIES
from gan_core.runs import lifecycle, recipes
from gan_core.runs.tutorials import TutorialPreset
from gan_core.training.config import Run
from pages.train import cost, dataset, recipe, settings
from pages.train.run_list import STARTED_KEY
from pages.ui.markdown import escape_markdown


def training_form(root: Path, *, busy: bool) -> None:
    """The whole form. `busy`: another training runs. The values are checked by the rules of the command line."""
    tutorial = recipe.tutorial_pills()
    data, report = dataset.dataset_picker(root)
    if report is None or not report.is_usable:
        return
    choice = recipe.recipe_picker(report)
    if choice is None:
        return
    family, preset, objective = choice
    try:
        base = recipes.base_run(family, data, preset, objective, tutorial, report)
        scope = f"{family.name}-{preset}-{tutorial.name if tutorial else ''}-{objective}-{data}"
        run, changes = recipes.apply_settings(base, settings.settings_form(base, scope), report)
    except UsageError as error:
        st.error(escape_markdown(str(error)), icon=":material/block:")
        return
    start_form(root, run, changes, tutorial, busy)


def start_form(root: Path, run: Run, changes: recipes.Settings, tutorial: TutorialPreset | None, busy: bool) -> None:
    """The run's name, its cost, the button that starts it, and the command line that does the same."""
    default_title = tutorial.title if tutorial else f"{Path(run.data).stem} {FAMILIES[run.family].title}"
    title = st.text_input("Name", default_title, max_chars=60, key=f"train_name_{default_title}")
    cost_placeholder = st.empty()
    if st.button("Start", type="primary", icon=":material/play_arrow:", key="train_start"):
        try:
            st.session_state[STARTED_KEY] = lifecycle.start(root, title or default_title, run, changes).name
        except UsageError as error:
            st.error(escape_markdown(str(error)), icon=":material/block:")
        else:
            st.rerun()
    with st.expander("The same on the command line", icon=":material/terminal:"):
        folder = Path("runs") / "mine"
        arguments = [run.family, "--data", run.data, "--preset", run.preset, *lifecycle.to_flags(changes)]
        st.code("python -m gan_core " + " ".join(lifecycle.command_line(folder, arguments)), None, wrap_lines=True)
    with cost_placeholder.container():
        cost.show_cost(run, busy)
