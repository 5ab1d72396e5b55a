"""The widgets of the page Text: view, model, prompts with their examples, and the upscaler."""

from collections.abc import Sequence

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from pages.text import sharpening
from pages.text.request import DEFAULT_COUNT, MAX_COUNT, MAX_PROMPTS, VIEW_CAPTIONS, VIEWS, PromptRequest
from pages.ui import controls, model_cache, widgets
from pages.ui.example_prompts import example_prompts
from pages.ui.limits import current_limits
from pages.ui.model_picker import model_selectbox

AS_WRITTEN_KEY = "written"
LINKED_PROMPTS_KEY = "text_linked_prompts"
VIEW_CHANGED_KEY = "text_view_changed"

PROMPT_KEYS = ("prompt", "into", "prompts")


def view_picker() -> str:
    view = widgets.segmented_choice("How to draw it", VIEWS, "view")
    st.caption(VIEW_CAPTIONS[view])
    return view


def model_picker(checkpoints: dict[str, Checkpoint]) -> Checkpoint:
    """The only model, or the selected one of a dropdown."""
    default = min(checkpoints, key=lambda name: (name != model_cache.DEFAULT_TEXT_MODEL, name))
    name = default if len(checkpoints) == 1 else model_selectbox("Model", checkpoints, key="model", default=default)
    change_examples(name, checkpoints)
    return checkpoints[name]


def change_examples(name: str, checkpoints: dict[str, Checkpoint]) -> None:
    """Replaces prompts that are still examples of the model shown before by those of the selected one."""
    before, st.session_state["text_model"] = st.session_state.get("text_model"), name
    if before in (None, name) or before not in checkpoints:
        return
    former, present = (example_prompts(checkpoints[model]) for model in (before, name))
    for key, index in (("prompt", 0), ("into", 1)):
        if st.session_state.get(key) in former:
            st.session_state[key] = present[index]
    if (lines := (st.session_state.get("prompts") or "").splitlines()) and set(lines) <= set(former):
        st.session_state["prompts"] = "\n".join(present[: len(lines)])


def request_inputs(request: PromptRequest) -> None:
    """Draws the inputs of the view and fills the request with their values."""
    if request.view == "Compare":
        request.prompts = prompt_list_input(request.checkpoint)
    else:
        request.prompt = prompt_input("prompt", "What shall be drawn?", request.checkpoint)
        example_pills(request.checkpoint)
    if request.view == "Blend":
        request.second_prompt = prompt_input("into", "And what shall it turn into?", request.checkpoint)
        request.blend_weight = widgets.blend_slider("0 is the first prompt, 1 the second.")
    with st.grid(4, min_column_width=200), controls.settings():
        request.seed = widgets.seed_input()
        request.count = widgets.count_input(MAX_COUNT, DEFAULT_COUNT)
        request.truncation = widgets.truncation_slider()
        request.upscaler = sharpen_toggle()


def prompt_input(key: str, label: str, checkpoint: Checkpoint) -> str:
    """A text field for one prompt, which Enter draws; a prompt that is too long is truncated, with a warning."""
    if is_unset(key):
        st.session_state[key] = example_prompts(checkpoint)[1 if key == "into" else 0]
    help_text = f"English, up to {current_limits().prompt_characters} characters; Enter draws."
    text = st.text_input(label, key=key, bind="query-params", help=help_text, on_change=truncate_input, args=(key,))
    return truncated(key, text or "")


def prompt_list_input(checkpoint: Checkpoint) -> list[str]:
    """A text area for several prompts, one a line; at least one, which may be empty."""
    if is_unset("prompts"):
        st.session_state["prompts"] = "\n".join(example_prompts(checkpoint)[:3])
    text = st.text_area(
        "What shall be drawn? One prompt a line", key="prompts", bind="query-params", on_change=truncate_input,
        args=("prompts",), help=f"Up to {MAX_PROMPTS} prompts, one a line. Ctrl + Enter, or ⌘ Enter, draws.",
    )  # fmt: skip
    prompts = [line.strip() for line in truncated("prompts", text or "").splitlines() if line.strip()]
    if len(prompts) > MAX_PROMPTS:
        st.warning(f"Of {len(prompts)} prompts the first {MAX_PROMPTS} are drawn.", icon=":material/content_cut:")
    return prompts[:MAX_PROMPTS] or [""]


def is_unset(key: str) -> bool:
    """Whether neither the visitor nor the link has set a value, so that an example may be filled in.

    A shared link carries the hash of the weights and is complete: a parameter that it lacks is empty.
    """
    return key not in st.session_state and key not in st.query_params and "weights" not in st.query_params


def reopen_without_prompts() -> None:
    """Where the browser went back to an address without prompts: opens the page once more, with examples.

    Bound widgets would take their defaults in this run, which is no prompt at all.
    """
    if widgets.is_history_navigation() and not st.query_params.keys() & {*PROMPT_KEYS, "weights"}:
        for key in PROMPT_KEYS:
            st.session_state.pop(key, None)
        st.rerun()


def truncate_input(key: str) -> None:
    """Truncates what was typed, before it goes into the address: servers refuse addresses that are too long.

    Another prompt is first read, and not drawn as it is written because the one before was.
    """
    st.session_state[AS_WRITTEN_KEY] = False
    text, max_characters = st.session_state[key] or "", current_limits().prompt_characters
    if len(text) > max_characters:
        st.session_state[key], st.session_state[f"{key}_length"] = text[:max_characters], len(text)


def truncated(key: str, text: str) -> str:
    """The text without what exceeds the limit, with a warning where something was cut off, here or while typing."""
    max_characters = current_limits().prompt_characters
    entered_characters = st.session_state.pop(f"{key}_length", len(text))
    if entered_characters > max_characters:
        st.warning(
            f"Of {entered_characters:,} characters the first {max_characters:,} are read.",
            icon=":material/content_cut:",
        )
    return text[:max_characters]


def example_pills(checkpoint: Checkpoint) -> None:
    with st.container(key="examples"):  # one line to scroll in on a narrow screen
        st.pills("For example", example_prompts(checkpoint), key="example", on_change=insert_example)


def insert_example() -> None:
    """Copies the pressed example into the prompt and releases it, so that it can be pressed again."""
    if example := st.session_state.get("example"):
        st.session_state["prompt"], st.session_state[AS_WRITTEN_KEY] = example, False
    st.session_state["example"] = None


# What the notes on a prompt offer -------------------------------------------------------------------------------------


def take_offer(prompt: str, offer: str) -> None:
    """Replaces a prompt by one that was offered for it, wherever it stands."""
    st.session_state[AS_WRITTEN_KEY] = False
    for key in ("prompt", "into"):
        if st.session_state.get(key) == prompt:
            st.session_state[key] = offer
    lines = (st.session_state.get("prompts") or "").splitlines()
    st.session_state["prompts"] = "\n".join(offer if line.strip() == prompt else line for line in lines)


def compare_prompts(prompts: Sequence[str]) -> None:
    """Opens the view Compare with these prompts."""
    st.session_state[AS_WRITTEN_KEY] = False
    st.session_state["view"], st.session_state["prompts"] = "Compare", "\n".join(prompts)
    st.session_state[VIEW_CHANGED_KEY] = True


def rerun_page_if_view_changed() -> None:
    """In a fragment: runs the whole page, whose part the view is, after `compare_prompts`."""
    if st.session_state.pop(VIEW_CHANGED_KEY, False):
        st.rerun()


def as_written_toggle(prompts: Sequence[str], label: str) -> bool:
    """Whether to draw the prompts as they are written, although the model understands less or nothing of them.

    A shared link is complete: it opens the images that it was made with, whatever a later version reads.
    """
    if AS_WRITTEN_KEY not in st.session_state and AS_WRITTEN_KEY not in st.query_params:
        st.session_state[AS_WRITTEN_KEY] = list(prompts) == st.session_state.get(LINKED_PROMPTS_KEY)
    help_text = "Give the network all words as they stand. It will draw something, whatever it makes of them."
    return st.toggle(label, key=AS_WRITTEN_KEY, bind="query-params", help=help_text)


def remember_linked_prompts() -> None:
    """Remembers the prompts of the shared link that this session opened with."""
    if LINKED_PROMPTS_KEY in st.session_state:
        return
    query = st.query_params
    prompts = [line.strip() for line in query.get("prompts", "").splitlines() if line.strip()] or [""]
    pair = [query.get("prompt", ""), query.get("into", "")]
    linked = {"Compare": prompts, "Blend": pair}.get(query.get("view", ""), pair[:1])
    st.session_state[LINKED_PROMPTS_KEY] = linked if "weights" in query else None


def sharpen_toggle() -> Checkpoint | None:
    """The upscaler to sharpen with, where there is one and the toggle is on."""
    if (upscaler := sharpening.find_upscaler()) is None:
        return None
    help_text = f"Enlarges each picture with {upscaler.name}, so that you can look more closely."
    return upscaler if st.toggle("Sharpen", key="sharpen", bind="query-params", help=help_text) else None
