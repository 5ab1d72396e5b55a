"""The choice of a recipe: a lesson, or one that suits the size of the data set; then family, preset and objective."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.errors import UsageError
from gan_core.models import FAMILIES, Family
from gan_core.objectives import OBJECTIVES, objective_name
from gan_core.runs import suggested_recipes
from gan_core.runs.dataset_inspection import DatasetReport
from gan_core.runs.recipes import Settings, can_train_on
from gan_core.runs.suggested_recipes import RECIPES, STARTING_FAMILY, SuggestedRecipe
from gan_core.runs.tutorials import TUTORIALS, TutorialPreset
from gan_core.training.initialization import model_settings
from pages.train.dataset import DATA_KEY, MACHINE_SOURCE, SOURCE_KEY
from pages.ui import model_cache, widgets
from pages.ui.model_titles import model_title

TUTORIAL_KEY, FAMILY_KEY = "train_lesson", "train_family"
CHOSEN_FOR_KEY = "train_family_for"  # the data and the recipe that the family was chosen for
FALLBACK_FAMILY = "dcgan"  # needs no classes
FROM_SCRATCH = ""
GOAL_KEY, LEARN_KINDS, START_TRAINED = (
    "train_goal",
    "One that draws the kind you ask for",
    "One that is trained already",
)


@dataclass(frozen=True)
class RecipeChoice:
    """What a run is built from before single settings are changed. `start` is a checkpoint to start from, or None."""

    family: Family
    preset: str
    objective: str
    start: Checkpoint | None

    def start_settings(self) -> Settings:
        """The settings of the model that the run starts from; empty where it starts from scratch."""
        return model_settings(self.start.folder, self.family.name) if self.start else {}


# Lessons --------------------------------------------------------------------------------------------------------------


def tutorial_pills() -> TutorialPreset | None:
    """A preset that shows one lesson; it sets data, family and preset."""
    st.pills(
        "Presets that teach", list(TUTORIALS), format_func=lambda name: TUTORIALS[name].title, key=TUTORIAL_KEY,
        on_change=apply_tutorial, help="Short trainings on digits, each of which shows one behaviour.",
    )  # fmt: skip
    tutorial = TUTORIALS.get(st.session_state.get(TUTORIAL_KEY) or "")
    if tutorial:
        st.info(tutorial.what_to_watch, icon=":material/visibility:")
    return tutorial


def apply_tutorial() -> None:
    tutorial = TUTORIALS.get(st.session_state[TUTORIAL_KEY] or "")
    if tutorial:
        st.session_state[SOURCE_KEY], st.session_state[DATA_KEY] = MACHINE_SOURCE, tutorial.data
        st.session_state.pop(f"train_objective_{tutorial.family}_{tutorial.preset}", None)


def clear_tutorial() -> None:
    """A recipe that is chosen by hand is no tutorial any more."""
    st.session_state[TUTORIAL_KEY] = None


# Recipes by the size of the data --------------------------------------------------------------------------------------


def recipe_radio(report: DatasetReport, data: str) -> SuggestedRecipe:
    """A recipe; at first the one for data sets of this size."""
    suggested = suggested_recipes.recipe_for(report)
    names = list(RECIPES)
    name = st.radio(
        "Recipe", names, names.index(suggested.name), key=f"train_recipe_{data}",
        format_func=lambda name: RECIPES[name].title + (" (fits these)" if name == suggested.name else ""),
        captions=[recipe.description for recipe in RECIPES.values()], on_change=clear_tutorial,
    )  # fmt: skip
    return RECIPES.get(name or "", suggested)


def goal_control(report: DatasetReport, recipe: SuggestedRecipe) -> bool:
    """Whether the kinds are learnt, or a trained model is started from, where both are possible."""
    starts = suggested_recipes.starts_for(FAMILIES[STARTING_FAMILY], report, model_cache.all_models())
    if not recipe.starts_from_checkpoint or len(report.classes) < 2 or not starts:
        return True
    subject = model_title(next(iter(starts.values())))
    goal = st.radio(
        "Which network", (LEARN_KINDS, START_TRAINED), key=GOAL_KEY, on_change=clear_tutorial,
        captions=(
            "It starts from scratch and learns the kinds apart: ask for one, and it draws that.",
            f"It starts from {subject}, is sharper after minutes, and draws all kinds mixed.",
        ),
    )  # fmt: skip
    return goal != START_TRAINED


def choose_family(
    report: DatasetReport, data: str, recipe: SuggestedRecipe, tutorial: TutorialPreset | None, learn_kinds: bool
) -> None:
    """Set family and preset to what recipe or tutorial take, whenever data, recipe or tutorial are others than before.

    Call it before `family_picker`, whose widgets then hold the choice until it is changed by hand.
    """
    chosen_for = (data, report.image_count, tutorial.name if tutorial else (recipe.name, learn_kinds))
    if st.session_state.get(CHOSEN_FOR_KEY) == chosen_for:
        return
    st.session_state[CHOSEN_FOR_KEY] = chosen_for
    family, preset = (
        (tutorial.family, tutorial.preset)
        if tutorial
        else suggested_recipes.family_for(recipe, report, learn_kinds=learn_kinds)
    )
    st.session_state[FAMILY_KEY], st.session_state[f"train_preset_{family}"] = family, preset


def family_picker(report: DatasetReport, recipe: SuggestedRecipe, tutorial: TutorialPreset | None) -> RecipeChoice:
    """Family, preset, objective and start, of those that can train on these data."""
    suitable = {name: family for name, family in FAMILIES.items() if can_train_on(family, report)}
    if st.session_state.get(FAMILY_KEY) not in suitable:
        st.session_state[FAMILY_KEY] = FALLBACK_FAMILY
    with st.grid(2, min_column_width=240):
        name = st.selectbox(
            "Family", list(suitable), key=FAMILY_KEY,
            format_func=lambda family_name: FAMILIES[family_name].title, on_change=clear_tutorial,
            help=" ".join(family.about for family in suitable.values()),
        )  # fmt: skip
        family = suitable.get(name) or suitable[FALLBACK_FAMILY]
        preset = st.selectbox(
            "Preset", list(family.presets), key=f"train_preset_{family.name}", on_change=clear_tutorial
        )
        preset = preset if preset in family.presets else next(iter(family.presets))
        objective = objective_picker(family, preset)
        start = None if tutorial else start_picker(family, report, recipe, model_cache.all_models())
    st.caption(f"{family.about} {family.presets[preset].about}")
    return RecipeChoice(family, preset, objective, start)


def objective_picker(family: Family, preset: str) -> str:
    """An objective that supports the family's task; the preset's own at first."""
    default = objective_name(family.presets[preset].objective)
    names = [name for name, objective in OBJECTIVES.items() if objective.supports(family.task)]
    selected = st.selectbox(
        "Objective", names, names.index(default), key=f"train_objective_{family.name}_{preset}",
        on_change=clear_tutorial, help="The losses of both networks.",
    )  # fmt: skip
    return selected if selected in names else default


def start_picker(
    family: Family, report: DatasetReport, recipe: SuggestedRecipe, checkpoints: Mapping[str, Checkpoint]
) -> Checkpoint | None:
    """The checkpoint to start from, of those that fit; no widget where none does."""
    suitable = suggested_recipes.starts_for(family, report, checkpoints)
    if not suitable:
        return None
    options = [FROM_SCRATCH, *suitable]
    key = f"train_start_from_{recipe.name}"
    widgets.drop_stale_value(key, options)
    default = next(iter(suitable)) if recipe.starts_from_checkpoint else FROM_SCRATCH
    name = st.selectbox(
        "Start from", options, options.index(default), key=key,
        format_func=lambda option: model_title(suitable[option]) if option in suitable else "from scratch",
        help="A trained model draws pictures already, and learns yours sooner. It keeps its networks.",
    )  # fmt: skip
    return suitable.get(name or "")


def check_start(choice: RecipeChoice, model: object) -> None:
    """Raise UsageError where the networks are not those of the checkpoint that the run starts from."""
    differing = suggested_recipes.differing_shapes(model, choice.start_settings())  # pyright: ignore[reportArgumentType]
    if choice.start and differing:
        names = ", ".join(name.replace("_", " ") for name in differing)
        raise UsageError(
            f"{choice.start.name} has other networks ({names}): to change these, set “Start from” to “from scratch”."
        )
