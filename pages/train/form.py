"""A new training on the page Train: data, family, recipe, every setting, and what it will cost, before it starts."""

from dataclasses import Field, fields, replace
from pathlib import Path
from typing import Any

import streamlit as st

from gan_core.devices import free_memory
from gan_core.errors import InputError
from gan_core.models import FAMILIES, Family
from gan_core.objectives import OBJECTIVES, name_of
from gan_core.runs import lifecycle, profiling
from gan_core.runs.dataset_inspection import DatasetReport
from gan_core.runs.remedies import diff_from_preset
from gan_core.runs.tutorials import TUTORIALS, TutorialPreset
from gan_core.training.config import Run
from pages.train import dataset
from pages.train.run_list import STARTED
from pages.ui.markdown import duration, plain

FIRST = ("steps", "batch_size", "image_size")  # what is asked before all else
FITTED = ("classes", "sentence_size")  # what the data decide
RHYTHM = {"steps", "seed", "precision", "device", "log_every", "preview_every", "save_every"}  # costs nothing a step
Settings = dict[str, Any]


def ask(root: Path, *, busy: bool) -> None:
    """The whole form. What it asks for is checked by the same rules as the command line's."""
    lesson = choose_lesson()
    data, report = dataset.choose(root)
    if report is None or not report.is_usable:
        return
    recipe = choose_recipe(report, lesson)
    if recipe is None:
        return
    family, preset, objective = recipe
    try:
        base = base_run(family, data, preset, objective, lesson, report)
        changes = settings(base, f"{family.name}-{preset}-{lesson.name if lesson else ''}-{objective}-{data}")
        run, changes = planned(base, changes, report)
    except InputError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    start(root, run, changes, lesson, busy)


# Recipe ---------------------------------------------------------------------------------------------------------------


def choose_lesson() -> TutorialPreset | None:
    """A preset that teaches; it sets data, family and preset."""
    st.pills(
        "Presets that teach, three minutes each", list(TUTORIALS), format_func=lambda name: TUTORIALS[name].title,
        key="train_lesson", on_change=apply_lesson,
    )  # fmt: skip
    lesson = TUTORIALS.get(st.session_state.get("train_lesson") or "")
    if lesson:
        st.info(lesson.what_to_watch, icon=":material/visibility:")
    return lesson


def apply_lesson() -> None:
    lesson = TUTORIALS.get(st.session_state["train_lesson"] or "")
    if lesson:
        st.session_state["train_data"], st.session_state["train_family"] = lesson.data, lesson.family
        st.session_state[f"train_preset_{lesson.family}"] = lesson.preset
        st.session_state.pop(f"train_objective_{lesson.family}_{lesson.preset}", None)


def no_lesson() -> None:
    """Who chooses otherwise has left it."""
    st.session_state["train_lesson"] = None


def choose_recipe(report: DatasetReport, lesson: TutorialPreset | None) -> tuple[Family, str, str] | None:
    """Family, preset and objective, of those that can learn from these data."""
    suitable = {name: each for name, each in FAMILIES.items() if suits(each, report)}
    if st.session_state.get("train_family") not in suitable:
        st.session_state.pop("train_family", None)
    with st.grid(3, min_column_width=240):
        usual = "conditional" if "conditional" in suitable else "dcgan"
        name = st.selectbox(
            "Family", list(suitable), list(suitable).index(usual), format_func=lambda each: FAMILIES[each].title,
            key="train_family", on_change=no_lesson, help=" ".join(each.about for each in suitable.values()),
        )  # fmt: skip
        family = suitable.get(name) or suitable["dcgan"]
        preset = st.selectbox("Preset", list(family.presets), key=f"train_preset_{family.name}", on_change=no_lesson)
        preset = preset if preset in family.presets else next(iter(family.presets))
        usual = name_of(family.presets[preset].objective)
        prices = [each for each, kind in OBJECTIVES.items() if kind.suits(family.condition)]
        objective = st.selectbox(
            "Objective", prices, prices.index(usual), key=f"train_objective_{family.name}_{preset}",
            on_change=no_lesson, help="What both networks are paid for.",
        )  # fmt: skip
    st.caption(f"{family.about} {family.presets[preset].about}")
    return family, preset, objective if objective in prices else usual


def suits(family: Family, report: DatasetReport) -> bool:
    match family.condition:
        case "label":
            return len(report.classes) > 1
        case "text":
            return report.has_captions
        case "picture":
            return report.median_side >= 64
    return True


def base_run(family: Family, data: str, preset: str, objective: str, lesson: TutorialPreset | None, report: DatasetReport) -> Run:
    """The recipe as it stands before anything is changed by hand."""
    changes: Settings = (
        dict(lesson.changes) if lesson and (lesson.family, lesson.preset) == (family.name, preset) else {}
    )
    if objective != name_of(family.presets[preset].objective):
        changes["objective"] = objective
    if family.condition in ("none", "label") and "image_size" not in family.presets[preset].model:
        changes["image_size"] = report.training_size()
    changes |= {"classes": len(report.classes)} if family.condition == "label" else {}
    return Run.from_preset(family.name, data, preset, **changes | {"image_channels": report.channels})


# Settings -------------------------------------------------------------------------------------------------------------


def settings(base: Run, scope: str) -> Settings:
    """Every field of the three configs, as the visitor has set it: the first few at hand, the others folded away."""
    parts = {"Networks": base.model, "Objective": base.objective, "Learning and rhythm": base.training}
    every = [(title, each, config) for title, config in parts.items() for each in fields(config)
             if "help" in each.metadata and each.name not in FITTED]  # fmt: skip
    found: Settings = {}
    with st.grid(3, min_column_width=240):
        for name in FIRST:
            found |= {each.name: widget(each, getattr(config, name), scope) for _, each, config in every
                      if each.name == name}  # fmt: skip
    for title in parts:
        with st.expander(title, icon=":material/tune:"), st.grid(3, min_column_width=240):
            found |= {each.name: widget(each, getattr(config, each.name), scope) for part, each, config in every
                      if part == title and each.name not in FIRST}  # fmt: skip
    return found


def widget(setting: Field, value: Any, scope: str) -> Any:
    """The field's own help, range and choices; where the browser sends nothing usable, the value as it was."""
    low, high, choices = (setting.metadata[each] for each in ("low", "high", "choices"))
    label, key = begun(setting.name.replace("_", " ")), f"train_{scope}_{setting.name}"
    about = begun(setting.metadata["help"]) + "."
    if low is not None and high is not None:
        about += f" From {low:g} to {high:g}."
    if isinstance(value, bool):
        return st.toggle(label, value, key=key, help=about)
    if choices:
        found = st.selectbox(label, choices, choices.index(value), key=key, help=about)
    elif isinstance(setting.default, int):
        least, most = (None if each is None else int(each) for each in (low, high))
        found = st.number_input(label, least, most, int(value), 1, key=key, help=about)
    elif isinstance(setting.default, float):
        least, most = (None if each is None else float(each) for each in (low, high))
        found = st.number_input(label, least, most, float(value), max(value / 10, 1e-5), "%g", key=key, help=about)
    else:
        found = st.text_input(label, value, key=key, help=about)
    return value if found is None else found


def begun(text: str) -> str:
    """With a capital letter first, and all others as they are."""
    return text[:1].upper() + text[1:]


def planned(base: Run, found: Settings, report: DatasetReport) -> tuple[Run, Settings]:
    """The run, checked by its own rules, and what of it differs from its preset. Raises InputError."""
    run = base
    for part in ("model", "objective", "training"):
        config = getattr(run, part)
        mine = {each.name: found[each.name] for each in fields(config) if each.name in found}
        run = replace(run, **{part: replace(config, **mine)})
    changes = {name: value for name, value in diff_from_preset(run).items() if name not in FITTED}
    return run, changes | {"image_channels": found.get("image_channels", report.channels)}


# Cost and start -------------------------------------------------------------------------------------------------------


def start(root: Path, run: Run, changes: Settings, lesson: TutorialPreset | None, busy: bool) -> None:
    usual = lesson.title if lesson else f"{Path(run.data).stem} {FAMILIES[run.family].title}"
    title = st.text_input("Name", usual, max_chars=60, key=f"train_name_{usual}")
    cost = st.empty()
    if st.button("Start", type="primary", icon=":material/play_arrow:", key="train_start"):
        try:
            st.session_state[STARTED] = lifecycle.start(root, title or usual, run, changes).name
        except InputError as error:
            st.error(plain(str(error)), icon=":material/block:")
        else:
            st.rerun()
    with st.expander("The same on the command line", icon=":material/terminal:"):
        folder = Path("runs") / "mine"
        arguments = [run.family, "--data", run.data, "--preset", run.preset, *lifecycle.to_flags(changes)]
        st.code("python -m gan_core " + " ".join(lifecycle.command_line(folder, arguments)), None, wrap_lines=True)
    with cost.container():
        tell_cost(run, busy)


def tell_cost(run: Run, busy: bool) -> None:
    """Time and memory, measured; what does not change a step's cost changes nothing in the cache."""
    told = run.to_dict()
    told["training"] = {name: value for name, value in told["training"].items() if name not in RHYTHM}
    try:
        with st.spinner("Measuring a few steps …"):
            found = measured(str((told["model"], told["objective"], told["training"], run.family)), run)
    except (InputError, RuntimeError, MemoryError) as error:
        st.error(f"A step of this training cannot be taken here: {plain(str(error).splitlines()[0])}")
        return
    seconds = found.step_seconds * run.training.steps
    rate = run.training.batch_size / found.step_seconds
    beside = " Another training runs here: this one will wait in line, and was measured beside it." if busy else ""
    st.markdown(
        f"**About {duration(seconds)}** on this device for {run.training.steps:,} steps ({rate:,.0f} pictures a second)"
        f" and **{found.memory_bytes / 1e9:.1f} GB** of memory besides the data. Measured just now, by a few steps with"
        f" {found.measured_batch_size} pictures of noise.{beside}"
    )
    free = free_memory()
    if free is not None and found.memory_bytes > free:
        st.warning(f"Only {free / 1e9:.1f} GB of memory are free here: take a smaller batch or smaller networks.")


@st.cache_data(max_entries=64, show_spinner=False)
def measured(key: str, _run: Run) -> profiling.CostEstimate:
    return profiling.estimate_cost(_run)
