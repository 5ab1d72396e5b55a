"""What a model makes of the prompts: notes above the images, each with what to draw instead."""

import json
from collections.abc import Sequence

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.errors import UsageError
from gan_core.text.prompt_findings import Finding, Topic, quoted
from gan_core.text.prompt_reading import Reading, read_prompt
from gan_core.text.prompt_world import PromptWorld, build_world
from pages.text import inputs
from pages.text.request import PromptRequest
from pages.ui import model_cache
from pages.ui.markdown import escape_markdown

MAX_TITLE_CHARACTERS = 100
MAX_BUTTONS = 6
MIN_KINDS, NAMED_KINDS = 5, 3  # kinds of a model that are worth naming, and how many are
AS_WRITTEN_LABEL, ANYWAY_LABEL = "Draw it as it is written", "Draw anyway"
EMPTY_MESSAGE = "Write what you would like to see, or take an example."


def read_prompts(request: PromptRequest) -> list[Reading]:
    """The readings of the view's prompts. Raises UsageError where the model has no text encoder."""
    world = prompt_world(request.checkpoint)
    return [read_prompt(prompt, world) for prompt in request.all_prompts]


def prompt_world(checkpoint: Checkpoint) -> PromptWorld:
    """The world of a model, built once for all visitors."""
    scores = checkpoint.description.scores
    return cached_world(checkpoint.name, checkpoint.weights_hash, json.dumps(scores.get("captions"), sort_keys=True))


@st.cache_resource(max_entries=8, show_spinner=False)
def cached_world(name: str, weights_hash: str, captions_scores: str) -> PromptWorld:
    """`captions_scores` are part of the key, because an evaluation changes them without the weights."""
    model = model_cache.model(name, weights_hash)
    if model.text_encoder is None:
        raise UsageError(f"{name} came without its text encoder, so it cannot read prompts.")
    subjects = model.checkpoint.description.data.get("subjects")
    world = build_world(subjects, model.text_encoder, {"captions": json.loads(captions_scores)})
    world.prepare()
    return world


def show_prompt_notes(request: PromptRequest) -> bool:
    """Shows what the model makes of the prompts, and has the request draw what it understands of them.

    Returns whether there is something to draw: not where it understands nothing, unless that is asked for.
    """
    readings = read_prompts(request)
    is_as_written = False
    if any(reading.findings for reading in readings):
        with st.container(key="prompt_notes", gap="small"):
            is_as_written = show_findings(request, readings)
    show_read_as(readings)
    return is_as_written or draw_what_is_understood(request, readings)


def show_findings(request: PromptRequest, readings: Sequence[Reading]) -> bool:
    """Shows the findings with their offers. Returns whether the prompts are to be drawn as they are written."""
    notes = st.empty()  # above the switch that decides what they say
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        show_offers(request, readings)
        is_as_written = False
        if any(not reading.is_understood or reading.drawn != reading.prompt for reading in readings):
            label = AS_WRITTEN_LABEL if all(reading.is_understood for reading in readings) else ANYWAY_LABEL
            is_as_written = inputs.as_written_toggle(request.all_prompts, label)
    if lines := note_lines(request, readings, is_as_written):
        notes.info("  \n".join(lines), icon=":material/tooltip:")
    return is_as_written


def draw_what_is_understood(request: PromptRequest, readings: Sequence[Reading]) -> bool:
    """Puts what is to be drawn into the request: of several prompts to compare, those that are understood."""
    drawn = [reading.drawn for reading in readings if reading.is_understood]
    if request.view == "Compare":
        request.prompts = drawn
        return bool(drawn)
    if len(drawn) < len(readings):
        return False
    request.prompt, request.second_prompt = drawn[0], drawn[-1] if request.view == "Blend" else request.second_prompt
    return True


# Notes ----------------------------------------------------------------------------------------------------------------


def note_lines(request: PromptRequest, readings: Sequence[Reading], is_as_written: bool) -> list[str]:
    """The notes on all prompts as lines of Markdown, each prompt's after its title where there are several."""
    lines = []
    for reading in dict.fromkeys(readings):
        said = [note_of(finding) for finding in reading.findings]
        if not is_as_written and not reading.is_understood:
            said += [nothing_drawn(request.checkpoint)] if reading.prompt.strip() else []
        elif not is_as_written and reading.drawn != reading.prompt:
            said.append(f"Drawn: {quoted([reading.drawn])}.")
        if said:
            title = f"**{escape_markdown(as_title(reading.prompt))}**: " if len(request.all_prompts) > 1 else ""
            lines.append(title + escape_markdown(" ".join(said)))
    return lines


def nothing_drawn(checkpoint: Checkpoint) -> str:
    """That nothing is drawn, and a few of the things that would be."""
    kinds = sorted(prompt_world(checkpoint).kinds, key=lambda kind: -kind.images)
    if len(kinds) < MIN_KINDS:
        return "Nothing is drawn."
    return (
        f"Nothing is drawn. It knows {len(kinds)} kinds, such as {quoted([kind.name for kind in kinds[:NAMED_KINDS]])}."
    )


def note_of(finding: Finding) -> str:
    return EMPTY_MESSAGE if finding.topic == Topic.EMPTY else finding.message


def show_read_as(readings: Sequence[Reading]) -> None:
    """Names what prompts with words of no caption are read as."""
    names = {as_title(reading.prompt): reading.read_as for reading in readings if reading.read_as}
    if names:
        titles = (f"{escape_markdown(title)} as " if len(readings) > 1 else "" for title in names)
        said = ", ".join(
            f"{title}“{escape_markdown(name)}”" for title, name in zip(titles, names.values(), strict=True)
        )
        st.caption(f"Read as {said}: the nearest that this network was trained on.")


def show_offers(request: PromptRequest, readings: Sequence[Reading]) -> None:
    """A button for each prompt that would do better, and one that compares several things."""
    count = 0
    for reading in dict.fromkeys(readings):
        for finding in reading.findings:
            offers = [offer for offer in finding.offers if offer not in (reading.drawn, reading.prompt)]
            for offer in offers[: MAX_BUTTONS - count]:
                label = f"Draw {quoted([offer])}"
                args = (reading.prompt, offer)
                st.button(escape_markdown(label), key=f"offer_{count}", on_click=inputs.take_offer, args=args)
                count += 1
            if finding.topic in (Topic.THINGS, Topic.COLOURS) and request.view == "Draw":
                args = (finding.offers,)
                st.button("Compare them", key="compare_offers", on_click=inputs.compare_prompts, args=args)


def as_title(prompt: str) -> str:
    """A prompt as the title of its images, shortened."""
    title = " ".join(prompt.split())
    if len(title) > MAX_TITLE_CHARACTERS:
        return title[:MAX_TITLE_CHARACTERS] + "…"
    return title or "no prompt"
