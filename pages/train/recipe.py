"""The choice of a recipe: a tutorial, or family, preset and objective."""

import streamlit as st

from gan_core.models import FAMILIES, Family
from gan_core.objectives import OBJECTIVES, objective_name
from gan_core.runs.dataset_inspection import DatasetReport
from gan_core.runs.recipes import can_train_on
from gan_core.runs.tutorials import TUTORIALS, TutorialPreset

TUTORIAL_KEY = "train_lesson"
DEFAULT_FAMILY, FALLBACK_FAMILY = "conditional", "dcgan"  # the latter needs no classes


def tutorial_pills() -> TutorialPreset | None:
    """A preset that shows one lesson; it sets data, family and preset."""
    st.pills(
        "Presets that teach, three minutes each", list(TUTORIALS), format_func=lambda name: TUTORIALS[name].title,
        key=TUTORIAL_KEY, on_change=apply_tutorial,
    )  # fmt: skip
    tutorial = TUTORIALS.get(st.session_state.get(TUTORIAL_KEY) or "")
    if tutorial:
        st.info(tutorial.what_to_watch, icon=":material/visibility:")
    return tutorial


def apply_tutorial() -> None:
    tutorial = TUTORIALS.get(st.session_state[TUTORIAL_KEY] or "")
    if tutorial:
        st.session_state["train_data"], st.session_state["train_family"] = tutorial.data, tutorial.family
        st.session_state[f"train_preset_{tutorial.family}"] = tutorial.preset
        st.session_state.pop(f"train_objective_{tutorial.family}_{tutorial.preset}", None)


def clear_tutorial() -> None:
    """A recipe that is chosen by hand is no tutorial any more."""
    st.session_state[TUTORIAL_KEY] = None


def recipe_picker(report: DatasetReport) -> tuple[Family, str, str] | None:
    """Family, preset and objective, of those that can train on these data."""
    suitable = {name: family for name, family in FAMILIES.items() if can_train_on(family, report)}
    if st.session_state.get("train_family") not in suitable:
        st.session_state.pop("train_family", None)
    with st.grid(3, min_column_width=240):
        default_family = DEFAULT_FAMILY if DEFAULT_FAMILY in suitable else FALLBACK_FAMILY
        name = st.selectbox(
            "Family", list(suitable), list(suitable).index(default_family), key="train_family",
            format_func=lambda family_name: FAMILIES[family_name].title, on_change=clear_tutorial,
            help=" ".join(family.about for family in suitable.values()),
        )  # fmt: skip
        family = suitable.get(name) or suitable[FALLBACK_FAMILY]
        preset = st.selectbox(
            "Preset", list(family.presets), key=f"train_preset_{family.name}", on_change=clear_tutorial
        )
        preset = preset if preset in family.presets else next(iter(family.presets))
        objective = objective_picker(family, preset)
    st.caption(f"{family.about} {family.presets[preset].about}")
    return family, preset, objective


def objective_picker(family: Family, preset: str) -> str:
    """An objective that supports the family's task; the preset's own at first."""
    default = objective_name(family.presets[preset].objective)
    names = [name for name, objective in OBJECTIVES.items() if objective.supports(family.task)]
    selected = st.selectbox(
        "Objective", names, names.index(default), key=f"train_objective_{family.name}_{preset}",
        on_change=clear_tutorial, help="The losses of both networks.",
    )  # fmt: skip
    return selected if selected in names else default
