"""A new training on the page Train: data, family, recipe, every setting, and what it will cost, before it starts."""

from dataclasses import Field, fields, replace
from pathlib import Path
from typing import Any

import streamlit as st

from gan_core.devices import free_memory_bytes
from gan_core.errors import UsageError
from gan_core.models import FAMILIES, Family, Task
from gan_core.objectives import OBJECTIVES, objective_name
from gan_core.runs import lifecycle, profiling
from gan_core.runs.dataset_inspection import DatasetReport
from gan_core.runs.remedies import diff_from_preset
from gan_core.runs.tutorials import TUTORIALS, TutorialPreset
from gan_core.training.config import Run
from pages.train import dataset
from pages.train.run_list import STARTED_KEY
from pages.ui.markdown import escape_markdown, humanise_duration

PRIMARY_FIELDS = ("steps", "batch_size", "image_size")  # what is asked before all else
DATA_DERIVED_FIELDS = ("classes", "sentence_size")  # what the data decide
SCHEDULE_FIELDS = {
    "steps",
    "seed",
    "precision",
    "device",
    "log_every",
    "preview_every",
    "save_every",
}  # costs nothing a step
Settings = dict[str, Any]


def training_form(root: Path, *, busy: bool) -> None:
    """The whole form. What it asks for is checked by the same rules as the command line's."""
    tutorial = choose_tutorial()
    data, report = dataset.dataset_picker(root)
    if report is None or not report.is_usable:
        return
    recipe = choose_recipe(report, tutorial)
    if recipe is None:
        return
    family, preset, objective = recipe
    try:
        base = base_run(family, data, preset, objective, tutorial, report)
        changes = settings_form(base, f"{family.name}-{preset}-{tutorial.name if tutorial else ''}-{objective}-{data}")
        run, changes = build_run(base, changes, report)
    except UsageError as error:
        st.error(escape_markdown(str(error)), icon=":material/block:")
        return
    start_form(root, run, changes, tutorial, busy)


# Recipe ---------------------------------------------------------------------------------------------------------------


def choose_tutorial() -> TutorialPreset | None:
    """A preset that teaches; it sets data, family and preset."""
    st.pills(
        "Presets that teach, three minutes each", list(TUTORIALS), format_func=lambda name: TUTORIALS[name].title,
        key="train_lesson", on_change=apply_tutorial,
    )  # fmt: skip
    tutorial = TUTORIALS.get(st.session_state.get("train_lesson") or "")
    if tutorial:
        st.info(tutorial.what_to_watch, icon=":material/visibility:")
    return tutorial


def apply_tutorial() -> None:
    tutorial = TUTORIALS.get(st.session_state["train_lesson"] or "")
    if tutorial:
        st.session_state["train_data"], st.session_state["train_family"] = tutorial.data, tutorial.family
        st.session_state[f"train_preset_{tutorial.family}"] = tutorial.preset
        st.session_state.pop(f"train_objective_{tutorial.family}_{tutorial.preset}", None)


def clear_tutorial() -> None:
    """Who chooses otherwise has left it."""
    st.session_state["train_lesson"] = None


def choose_recipe(report: DatasetReport, tutorial: TutorialPreset | None) -> tuple[Family, str, str] | None:
    """Family, preset and objective, of those that can learn from these data."""
    suitable = {name: family for name, family in FAMILIES.items() if can_train_on(family, report)}
    if st.session_state.get("train_family") not in suitable:
        st.session_state.pop("train_family", None)
    with st.grid(3, min_column_width=240):
        default = "conditional" if "conditional" in suitable else "dcgan"
        name = st.selectbox(
            "Family", list(suitable), list(suitable).index(default), format_func=lambda family_name: FAMILIES[family_name].title,
            key="train_family", on_change=clear_tutorial, help=" ".join(family.about for family in suitable.values()),
        )  # fmt: skip
        family = suitable.get(name) or suitable["dcgan"]
        preset = st.selectbox(
            "Preset", list(family.presets), key=f"train_preset_{family.name}", on_change=clear_tutorial
        )
        preset = preset if preset in family.presets else next(iter(family.presets))
        default = objective_name(family.presets[preset].objective)
        objective_names = [candidate for candidate, objective in OBJECTIVES.items() if objective.supports(family.task)]
        objective = st.selectbox(
            "Objective", objective_names, objective_names.index(default), key=f"train_objective_{family.name}_{preset}",
            on_change=clear_tutorial, help="What both networks are paid for.",
        )  # fmt: skip
    st.caption(f"{family.about} {family.presets[preset].about}")
    return family, preset, objective if objective in objective_names else default


def can_train_on(family: Family, report: DatasetReport) -> bool:
    match family.task:
        case Task.CLASS_CONDITIONAL:
            return len(report.classes) > 1
        case Task.TEXT_TO_IMAGE:
            return report.has_captions
        case Task.SUPER_RESOLUTION:
            return report.median_side >= 64
    return True


def base_run(
    family: Family, data: str, preset: str, objective: str, tutorial: TutorialPreset | None, report: DatasetReport
) -> Run:
    """The recipe as it stands before anything is changed by hand."""
    changes: Settings = (
        dict(tutorial.changes) if tutorial and (tutorial.family, tutorial.preset) == (family.name, preset) else {}
    )
    if objective != objective_name(family.presets[preset].objective):
        changes["objective"] = objective
    if family.task in (Task.UNCONDITIONAL, Task.CLASS_CONDITIONAL) and "image_size" not in family.presets[preset].model:
        changes["image_size"] = report.training_size()
    changes |= {"classes": len(report.classes)} if family.task == Task.CLASS_CONDITIONAL else {}
    return Run.from_preset(family.name, data, preset, **changes | {"image_channels": report.channels})


# Settings -------------------------------------------------------------------------------------------------------------


def settings_form(base: Run, scope: str) -> Settings:
    """Every field of the three configs, as the visitor has set it: the first few at hand, the others folded away."""
    sections = {"Networks": base.model, "Objective": base.objective, "Learning and rhythm": base.training}
    all_fields = [(title, field, config) for title, config in sections.items() for field in fields(config)
             if "help" in field.metadata and field.name not in DATA_DERIVED_FIELDS]  # fmt: skip
    values: Settings = {}
    with st.grid(3, min_column_width=240):
        for name in PRIMARY_FIELDS:
            values |= {field.name: field_widget(field, getattr(config, name), scope) for _, field, config in all_fields
                      if field.name == name}  # fmt: skip
    for title in sections:
        with st.expander(title, icon=":material/tune:"), st.grid(3, min_column_width=240):
            values |= {field.name: field_widget(field, getattr(config, field.name), scope) for section, field, config in all_fields
                      if section == title and field.name not in PRIMARY_FIELDS}  # fmt: skip
    return values


def field_widget(field: Field, value: Any, scope: str) -> Any:
    """The field's own help, range and choices; where the browser sends nothing usable, the value as it was."""
    low, high, choices = (field.metadata[name] for name in ("low", "high", "choices"))
    label, key = capitalise(field.name.replace("_", " ")), f"train_{scope}_{field.name}"
    help_text = capitalise(field.metadata["help"]) + "."
    if low is not None and high is not None:
        help_text += f" From {low:g} to {high:g}."
    if isinstance(value, bool):
        return st.toggle(label, value, key=key, help=help_text)
    if choices:
        result = st.selectbox(label, choices, choices.index(value), key=key, help=help_text)
    elif isinstance(field.default, int):
        minimum, maximum = (None if limit is None else int(limit) for limit in (low, high))
        result = st.number_input(label, minimum, maximum, int(value), 1, key=key, help=help_text)
    elif isinstance(field.default, float):
        minimum, maximum = (None if limit is None else float(limit) for limit in (low, high))
        result = st.number_input(
            label, minimum, maximum, float(value), max(value / 10, 1e-5), "%g", key=key, help=help_text
        )
    else:
        result = st.text_input(label, value, key=key, help=help_text)
    return value if result is None else result


def capitalise(text: str) -> str:
    """With a capital letter first, and all others as they are."""
    return text[:1].upper() + text[1:]


def build_run(base: Run, values: Settings, report: DatasetReport) -> tuple[Run, Settings]:
    """The run, checked by its own rules, and what of it differs from its preset. Raises InputError."""
    run = base
    for section in ("model", "objective", "training"):
        config = getattr(run, section)
        section_values = {field.name: values[field.name] for field in fields(config) if field.name in values}
        run = replace(run, **{section: replace(config, **section_values)})
    changes = {name: value for name, value in diff_from_preset(run).items() if name not in DATA_DERIVED_FIELDS}
    return run, changes | {"image_channels": values.get("image_channels", report.channels)}


# Cost and start -------------------------------------------------------------------------------------------------------


def start_form(root: Path, run: Run, changes: Settings, tutorial: TutorialPreset | None, busy: bool) -> None:
    default_title = tutorial.title if tutorial else f"{Path(run.data).stem} {FAMILIES[run.family].title}"
    title = st.text_input("Name", default_title, max_chars=60, key=f"train_name_{default_title}")
    cost = st.empty()
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
    with cost.container():
        show_cost(run, busy)


def show_cost(run: Run, busy: bool) -> None:
    """Time and memory, measured; what does not change a step's cost changes nothing in the cache."""
    config = run.to_dict()
    config["training"] = {name: value for name, value in config["training"].items() if name not in SCHEDULE_FIELDS}
    try:
        with st.spinner("Measuring a few steps …"):
            estimate = cached_estimate(str((config["model"], config["objective"], config["training"], run.family)), run)
    except (UsageError, RuntimeError, MemoryError) as error:
        st.error(f"A step of this training cannot be taken here: {escape_markdown(str(error).splitlines()[0])}")
        return
    seconds = estimate.step_seconds * run.training.steps
    rate = run.training.batch_size / estimate.step_seconds
    note = " Another training runs here: this one will wait in line, and was measured beside it." if busy else ""
    st.markdown(
        f"**About {humanise_duration(seconds)}** on this device for {run.training.steps:,} steps ({rate:,.0f} pictures a second)"
        f" and **{estimate.memory_bytes / 1e9:.1f} GB** of memory besides the data. Measured just now, by a few steps with"
        f" {estimate.measured_batch_size} pictures of noise.{note}"
    )
    free_bytes = free_memory_bytes()
    if free_bytes is not None and estimate.memory_bytes > free_bytes:
        st.warning(f"Only {free_bytes / 1e9:.1f} GB of memory are free here: take a smaller batch or smaller networks.")


@st.cache_data(max_entries=64, show_spinner=False)
def cached_estimate(key: str, _run: Run) -> profiling.CostEstimate:
    return profiling.estimate_cost(_run)
