"""How the model reads the prompts: words it does not know, the nearest known name, an empty condition."""

import streamlit as st

from gan_core.errors import UsageError
from gan_core.text.encoder import TextEncoder
from pages.text.request import PromptRequest
from pages.ui import model_cache
from pages.ui.markdown import escape_markdown

MAX_LISTED_WORDS = 8
MAX_WORD_CHARACTERS = 30
MAX_TITLE_CHARACTERS = 100


def show_prompt_notes(request: PromptRequest) -> None:
    """Shows what the text encoder cannot read as written. Raises UsageError where the model has no text encoder."""
    encoder = model_cache.model(*request.model_key).text_encoder
    if encoder is None:
        raise UsageError(f"{request.checkpoint.name} came without its text encoder, so it cannot read prompts.")
    show_unknown_words(encoder, request.all_prompts)
    show_nearest_names(encoder, request.all_prompts)
    if not any(encoder.encode([prompt]).any() for prompt in request.all_prompts):
        st.info("The network knows no word of this prompt (it reads English), so it draws without one.")


def show_unknown_words(encoder: TextEncoder, prompts: list[str]) -> None:
    words = list(dict.fromkeys(word for prompt in prompts for word in encoder.unknown_words(prompt)))
    if words:
        listed = ", ".join(f"“{word[:MAX_WORD_CHARACTERS]}”" for word in words[:MAX_LISTED_WORDS])
        more = f" and {len(words) - MAX_LISTED_WORDS} more" if len(words) > MAX_LISTED_WORDS else ""
        st.info(f"Unknown to this network, and left out: {listed}{more}.", icon=":material/dictionary:")


def show_nearest_names(encoder: TextEncoder, prompts: list[str]) -> None:
    """Names what prompts with words of no caption are read as."""
    names = {as_title(prompt): name for prompt in prompts if (name := encoder.nearest_prototype(prompt))}
    if names:
        readings = ", ".join(
            f"{f'{escape_markdown(title)} as ' if len(prompts) > 1 else ''}“{escape_markdown(name)}”"
            for title, name in names.items()
        )
        st.caption(f"Read as {readings}: the nearest that this network was trained on.")


def as_title(prompt: str) -> str:
    """A prompt as the title of its images, shortened."""
    title = " ".join(prompt.split())
    if len(title) > MAX_TITLE_CHARACTERS:
        return title[:MAX_TITLE_CHARACTERS] + "…"
    return title or "no prompt"
