"""What the page Text is asked for and draws: sentences, blends of two, several under one noise."""

import re
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.errors import UsageError
from pages.text import sharpening
from pages.ui import model_cache, url_rules, widgets
from pages.ui.example_prompts import example_prompts
from pages.ui.gallery import GalleryImage, png_metadata
from pages.ui.limits import current_limits
from pages.ui.markdown import escape_markdown

MAX_COUNT, DEFAULT_COUNT = 16, 8  # pictures
MAX_PROMPTS = 6  # sentences that are compared
INTERPOLATION_STEPS = 9
MAX_LISTED_WORDS = 8  # words
MAX_TITLE_CHARACTERS = 100  # characters
VIEWS = ("Draw", "Blend", "Compare")
VIEW_CAPTIONS = {"Draw": "One sentence, several noises.", "Blend": "From one sentence to another.",
         "Compare": "Several sentences, the same noises."}  # fmt: skip


@dataclass
class PromptRequest:
    """What the visitor asks for, filled by the widgets of the view that is open."""

    checkpoint: Any = None
    view: str = "Draw"
    prompt: str = ""
    second_prompt: str = ""
    prompts: list[str] = field(default_factory=list)
    blend_weight: float = 0.5
    seed: int = 0
    count: int = DEFAULT_COUNT
    truncation: float = 1.0
    upscaler: Checkpoint | None = None
    link: str = ""

    @property
    def model_key(self) -> tuple[str, str]:
        return self.checkpoint.name, self.checkpoint.weights_hash

    @property
    def seeds(self) -> tuple[int, ...]:
        return widgets.seeds_from(self.seed, self.count)

    @property
    def layout(self) -> str:
        """Sharpened pictures have four times the pixels: they get the room to show them."""
        return "photo large" if self.upscaler else "photo"

    @property
    def all_prompts(self) -> list[str]:
        """All sentences that are drawn."""
        return {"Draw": [self.prompt], "Blend": [self.prompt, self.second_prompt], "Compare": self.prompts}[self.view]


def link_rules(names: list[str]) -> dict[str, url_rules.Rule]:
    """The rules of URL parameters that depend on this page and on the models at hand."""
    is_short = url_rules.short_text(current_limits().prompt_characters).accepts
    return {
        "model": url_rules.choice(names),
        "view": url_rules.choice(VIEWS),
        "count": url_rules.integer(1, MAX_COUNT),
        "prompts": url_rules.Rule(
            lambda text: len(text.splitlines()) <= MAX_PROMPTS and is_short(text), f"at most {MAX_PROMPTS} lines"
        ),
    }


def link_parameters(request: PromptRequest) -> dict[str, object]:
    """What a link needs to show this again."""
    parameters: dict[str, object] = {"model": request.checkpoint.name, "view": request.view}
    if request.view == "Compare":
        parameters["prompts"] = "\n".join(request.prompts)
    else:
        parameters["prompt"] = request.prompt
    if request.view == "Blend":
        parameters |= {"into": request.second_prompt, "blend": request.blend_weight}
    number_parameters = {"seed": request.seed, "count": request.count, "truncation": request.truncation}
    return parameters | number_parameters | {"sharpen": "true" if request.upscaler else None}


# Widgets -------------------------------------------------------------------------------------------------------------


def view_picker() -> str:
    view = widgets.segmented_choice("How to draw it", VIEWS, "view")
    st.caption(VIEW_CAPTIONS[view])
    return view


def model_picker(checkpoints: dict[str, Checkpoint]) -> Checkpoint:
    """The only one without a question; else a dropdown, and the first is what the page opens with."""
    names = sorted(checkpoints, key=lambda name: (name != "fashion-text", name))
    if len(names) == 1:
        return checkpoints[names[0]]
    widgets.drop_stale_value("model", names)
    return checkpoints.get(st.selectbox("Model", names, key="model", bind="query-params"), checkpoints[names[0]])


def prompt_input(key: str, label: str, checkpoint: Checkpoint) -> str:
    """A line to write in, drawn at Enter. What is too long is cut, and that is said."""
    if is_unset(key):
        st.session_state[key] = example_prompts(checkpoint)[1 if key == "into" else 0]
    help_text = f"English, up to {current_limits().prompt_characters} characters; Enter draws."
    text = st.text_input(label, key=key, bind="query-params", help=help_text, on_change=truncate_input, args=(key,))
    return truncated(key, text or "")


def prompt_list_input(checkpoint: Checkpoint) -> list[str]:
    """Some lines to write in, a sentence each."""
    if is_unset("prompts"):
        st.session_state["prompts"] = "\n".join(example_prompts(checkpoint)[:3])
    text = st.text_area(
        "What shall be drawn? One sentence a line", key="prompts", bind="query-params", on_change=truncate_input,
        args=("prompts",), help=f"Up to {MAX_PROMPTS} sentences, one a line. Ctrl + Enter, or ⌘ Enter, draws.",
    )  # fmt: skip
    prompts = [line.strip() for line in truncated("prompts", text or "").splitlines() if line.strip()]
    if len(prompts) > MAX_PROMPTS:
        st.warning(f"Of {len(prompts)} sentences the first {MAX_PROMPTS} are drawn.", icon=":material/content_cut:")
    return prompts[:MAX_PROMPTS] or [""]


def is_unset(key: str) -> bool:
    """Whether nobody has said anything here yet, so that an example may stand in. A link from Share carries the
    weights and tells everything: what it leaves out is empty."""
    return key not in st.session_state and key not in st.query_params and "weights" not in st.query_params


def truncate_input(key: str) -> None:
    """What was typed, as far as it is read: the rest would make an address that no server accepts."""
    text, max_characters = st.session_state[key] or "", current_limits().prompt_characters
    if len(text) > max_characters:
        st.session_state[key], st.session_state[f"{key}_length"] = text[:max_characters], len(text)


def truncated(key: str, text: str) -> str:
    """As much as is read, and a sentence where that is less than was given."""
    max_characters, entered_characters = (
        current_limits().prompt_characters,
        st.session_state.pop(f"{key}_length", len(text)),
    )
    if entered_characters > max_characters:
        st.warning(
            f"Of {entered_characters:,} characters the first {max_characters:,} are read: a sentence says it all.",
            icon=":material/content_cut:",
        )
    return text[:max_characters]


def insert_example() -> None:
    """A chip is a button: it writes its sentence, and can be pressed again."""
    if example := st.session_state.get("example"):
        st.session_state["prompt"] = example
    st.session_state["example"] = None


def example_pills(checkpoint: Checkpoint) -> None:
    st.pills("For example", example_prompts(checkpoint), key="example", on_change=insert_example)


def sharpen_toggle() -> Checkpoint | None:
    """The network that enlarges what is drawn, if that is asked for; offered where there is one."""
    if (upscaler := sharpening.find_upscaler()) is None:
        return None
    help_text = f"{upscaler.name} enlarges each picture, to be looked at more closely."
    return upscaler if st.toggle("Sharpen", key="sharpen", bind="query-params", help=help_text) else None


def warn_unknown_words(request: PromptRequest) -> None:
    """The words that say nothing to the model, and what sentences with words of no caption are taken for: neither in
    silence."""
    encoder = model_cache.model(*request.model_key).text_encoder
    if encoder is None:
        raise UsageError(f"{request.checkpoint.name} came without its encoder of sentences.")
    unknown_words = list(
        dict.fromkeys(word for prompt in request.all_prompts for word in encoder.unknown_words(prompt))
    )
    if unknown_words:
        listed = ", ".join(f"“{word[:30]}”" for word in unknown_words[:MAX_LISTED_WORDS])
        more = f" and {len(unknown_words) - MAX_LISTED_WORDS} more" if len(unknown_words) > MAX_LISTED_WORDS else ""
        st.info(f"Unknown to this network, and left out: {listed}{more}.", icon=":material/dictionary:")
    nearest_prototypes = {
        as_title(prompt): name for prompt in request.all_prompts if (name := encoder.nearest_prototype(prompt))
    }
    if nearest_prototypes:
        readings = (f"“{escape_markdown(name)}”" if len(request.all_prompts) == 1 else f"{escape_markdown(prompt)} as “{escape_markdown(name)}”"
                for prompt, name in nearest_prototypes.items())  # fmt: skip
        st.caption(f"Read as {', '.join(readings)}, the nearest that this network was told of.")
    if not any(encoder.encode([prompt]).any() for prompt in request.all_prompts):
        st.info("Nothing was asked for that this network understands: it reads English. So it draws what it likes.")


def as_title(prompt: str) -> str:
    """A prompt as the title of its pictures, no longer than a title may be."""
    title = " ".join(prompt.split())
    return (
        title[:MAX_TITLE_CHARACTERS] + "…" if len(title) > MAX_TITLE_CHARACTERS else title
    ) or "nothing in particular"


# Pictures ------------------------------------------------------------------------------------------------------------


def make_gallery_image(
    request: PromptRequest, png: bytes, prompt: str, seed: int, caption: tuple[str, ...] = ()
) -> GalleryImage:
    """A picture with its words and the facts of its download."""
    name, _ = request.model_key
    metadata = png_metadata(request.model_key, seed, request.truncation, request.link, prompt=prompt)
    if request.upscaler:
        png, metadata["sharpened_by"] = sharpening.sharpen(png, request.upscaler), request.upscaler.name
    stem = re.sub(r"[^a-z0-9]+", "-", prompt.lower())[:40].strip("-") or name
    description = prompt[:100] or "Whatever the network likes"
    return GalleryImage(
        png, f"{description}, drawn by {name} from seed {seed}", f"{stem}-seed{seed}", caption, metadata
    )


def sample_images(request: PromptRequest) -> list[GalleryImage]:
    """One sentence, a picture a seed."""
    return sample_prompt(request, request.prompt, with_captions=True)


def sample_prompt(request: PromptRequest, prompt: str, with_captions: bool = False) -> list[GalleryImage]:
    pngs = model_cache.sample_pngs(*request.model_key, request.seeds, None, request.truncation, prompts=(prompt,))
    return [
        make_gallery_image(request, png, prompt, seed, (f"seed {seed}",) if with_captions else ())
        for png, seed in zip(pngs, request.seeds, strict=True)
    ]


def compare_prompts(request: PromptRequest) -> list[tuple[str, list[GalleryImage]]]:
    """Each sentence with its pictures, from the same seeds."""
    return [(prompt, sample_prompt(request, prompt)) for prompt in request.prompts]


def blend_prompts(request: PromptRequest) -> list[GalleryImage]:
    """Between two sentences, a picture a seed."""
    pngs = model_cache.blend_pngs(
        *request.model_key,
        request.seeds,
        (request.prompt, request.second_prompt),
        request.blend_weight,
        request.truncation,
    )
    description = f"{request.prompt} → {request.second_prompt} at {request.blend_weight:g}"
    return [
        make_gallery_image(request, png, description, seed, (f"seed {seed}",))
        for png, seed in zip(pngs, request.seeds, strict=True)
    ]


def interpolate_prompts(request: PromptRequest) -> list[GalleryImage]:
    """The first seed all the way from the one sentence to the other."""
    prompts, blend_weights = (
        (request.prompt, request.second_prompt),
        tuple(step / (INTERPOLATION_STEPS - 1) for step in range(INTERPOLATION_STEPS)),
    )
    pngs = model_cache.blend_pngs(
        *request.model_key, (request.seed,) * INTERPOLATION_STEPS, prompts, blend_weights, request.truncation
    )
    descriptions = [f"{request.prompt} → {request.second_prompt} at {blend_weight:g}" for blend_weight in blend_weights]
    return [
        make_gallery_image(request, png, description, request.seed)
        for png, description in zip(pngs, descriptions, strict=True)
    ]


def model_caption(request: PromptRequest) -> str:
    data = request.checkpoint.description.data
    side_px = request.checkpoint.description.model.get("image_size")
    return (
        f"Drawn by `{request.checkpoint.name}`, {side_px} × {side_px} pixels. It learned from {data.get('pictures', 0):,}"
        " pictures and their captions, and knows nothing else."
    )
