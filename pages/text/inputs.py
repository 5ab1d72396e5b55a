"""The widgets of the page Text: view, model, prompts with their examples, and the upscaler."""

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from pages.text import sharpening
from pages.text.request import DEFAULT_COUNT, MAX_COUNT, MAX_PROMPTS, VIEW_CAPTIONS, VIEWS, PromptRequest
from pages.ui import model_cache, widgets
from pages.ui.example_prompts import example_prompts
from pages.ui.limits import current_limits


def view_picker() -> str:
    view = widgets.segmented_choice("How to draw it", VIEWS, "view")
    st.caption(VIEW_CAPTIONS[view])
    return view


def model_picker(checkpoints: dict[str, Checkpoint]) -> Checkpoint:
    """The only model, or the selected one of a dropdown."""
    names = sorted(checkpoints, key=lambda name: (name != model_cache.DEFAULT_TEXT_MODEL, name))
    if len(names) == 1:
        return checkpoints[names[0]]
    widgets.drop_stale_value("model", names)
    return checkpoints.get(st.selectbox("Model", names, key="model", bind="query-params"), checkpoints[names[0]])


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
    with st.grid(4, min_column_width=200):
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


def truncate_input(key: str) -> None:
    """Truncates what was typed, before it goes into the address: servers refuse addresses that are too long."""
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
    st.pills("For example", example_prompts(checkpoint), key="example", on_change=insert_example)


def insert_example() -> None:
    """Copies the pressed example into the prompt and releases it, so that it can be pressed again."""
    if example := st.session_state.get("example"):
        st.session_state["prompt"] = example
    st.session_state["example"] = None


def sharpen_toggle() -> Checkpoint | None:
    """The upscaler to sharpen with, where there is one and the toggle is on."""
    if (upscaler := sharpening.find_upscaler()) is None:
        return None
    help_text = f"Enlarges each picture with {upscaler.name}, so that you can look more closely."
    return upscaler if st.toggle("Sharpen", key="sharpen", bind="query-params", help=help_text) else None
