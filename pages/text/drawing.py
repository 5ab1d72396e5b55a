"""What the page Text is asked for and draws: sentences, blends of two, several under one noise."""

import re
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.errors import InputError
from pages.text import sharpening
from pages.ui import model_cache, url_params, widgets
from pages.ui.example_prompts import examples
from pages.ui.gallery import Picture, facts_of
from pages.ui.limits import limits
from pages.ui.markdown import plain

MOST, COUNT = 16, 8  # pictures
ROWS = 6  # sentences that are compared
STEPS = 9
NAMED_UNKNOWN = 8  # words
TITLE = 100  # characters
VIEWS = ("Draw", "Blend", "Compare")
ABOUT = {"Draw": "One sentence, several noises.", "Blend": "From one sentence to another.",
         "Compare": "Several sentences, the same noises."}  # fmt: skip


@dataclass
class Order:
    """What the visitor asks for, filled by the widgets of the view that is open."""

    checkpoint: Any = None
    view: str = "Draw"
    prompt: str = ""
    into: str = ""
    prompts: list[str] = field(default_factory=list)
    share: float = 0.5
    seed: int = 0
    count: int = COUNT
    truncation: float = 1.0
    sharpener: Checkpoint | None = None
    link: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.checkpoint.name, self.checkpoint.weights_hash

    @property
    def seeds(self) -> tuple[int, ...]:
        return widgets.seeds_from(self.seed, self.count)

    @property
    def layout(self) -> str:
        """Sharpened pictures have four times the pixels: they get the room to show them."""
        return "photo large" if self.sharpener else "photo"

    @property
    def told(self) -> list[str]:
        """All sentences that are drawn."""
        return {"Draw": [self.prompt], "Blend": [self.prompt, self.into], "Compare": self.prompts}[self.view]


def checks(names: list[str]) -> dict[str, tuple[url_params.Check, str]]:
    """What a link to this page may hold."""
    most = limits().prompt

    def short(key: str) -> tuple[url_params.Check, str]:
        """Of the link alone: what is typed is written into the address too, and then no link is to blame."""
        return (lambda text: key in st.session_state or len(text) <= most), f"of at most {most} characters"

    fits, _ = short("prompts")
    several = (
        lambda text: "prompts" in st.session_state or (len(text.splitlines()) <= ROWS and fits(text)),
        f"at most {ROWS} lines",
    )
    return widgets.checks() | {
        "count": url_params.whole(1, MOST),
        "model": url_params.one_of(names),
        "view": url_params.one_of(VIEWS),
        "blend": url_params.number(0, 1),
        "sharpen": url_params.one_of(["true", "false"]),
        "prompt": short("prompt"),
        "into": short("into"),
        "prompts": several,
    }


def state(order: Order) -> dict[str, object]:
    """What a link needs to show this again."""
    given: dict[str, object] = {"model": order.checkpoint.name, "view": order.view}
    if order.view == "Compare":
        given["prompts"] = "\n".join(order.prompts)
    else:
        given["prompt"] = order.prompt
    if order.view == "Blend":
        given |= {"into": order.into, "blend": order.share}
    numbers = {"seed": order.seed, "count": order.count, "truncation": order.truncation}
    return given | numbers | {"sharpen": "true" if order.sharpener else None}


# Widgets -------------------------------------------------------------------------------------------------------------


def choose_view() -> str:
    view = widgets.switch("How to draw it", VIEWS, "view")
    st.caption(ABOUT[view])
    return view


def choose_model(known: dict[str, Checkpoint]) -> Checkpoint:
    """The only one without a question; else a dropdown, and the first is what the page opens with."""
    names = sorted(known, key=lambda name: (name != "fashion-text", name))
    if len(names) == 1:
        return known[names[0]]
    widgets.keep_valid("model", names)
    return known.get(st.selectbox("Model", names, key="model", bind="query-params"), known[names[0]])


def ask(key: str, label: str, checkpoint: Checkpoint) -> str:
    """A line to write in, drawn at Enter. What is too long is cut, and that is said."""
    if untold(key):
        st.session_state[key] = examples(checkpoint)[1 if key == "into" else 0]
    about = f"English, up to {limits().prompt} characters; Enter draws."
    text = st.text_input(label, key=key, bind="query-params", help=about, on_change=cut, args=(key,))
    return shortened(key, text or "")


def several(checkpoint: Checkpoint) -> list[str]:
    """Some lines to write in, a sentence each."""
    if untold("prompts"):
        st.session_state["prompts"] = "\n".join(examples(checkpoint)[:3])
    text = st.text_area(
        "What shall be drawn? One sentence a line", key="prompts", bind="query-params", on_change=cut,
        args=("prompts",), help=f"Up to {ROWS} sentences, one a line. Ctrl + Enter, or ⌘ Enter, draws.",
    )  # fmt: skip
    lines = [line.strip() for line in shortened("prompts", text or "").splitlines() if line.strip()]
    if len(lines) > ROWS:
        st.warning(f"Of {len(lines)} sentences the first {ROWS} are drawn.", icon=":material/content_cut:")
    return lines[:ROWS] or [""]


def untold(key: str) -> bool:
    """Whether nobody has said anything here yet, so that an example may stand in. A link from Share carries the
    weights and tells everything: what it leaves out is empty."""
    return key not in st.session_state and key not in st.query_params and "weights" not in st.query_params


def cut(key: str) -> None:
    """What was typed, as far as it is read: the rest would make an address that no server accepts."""
    text, most = st.session_state[key] or "", limits().prompt
    if len(text) > most:
        st.session_state[key], st.session_state[f"{key}_length"] = text[:most], len(text)


def shortened(key: str, text: str) -> str:
    """As much as is read, and a sentence where that is less than was given."""
    most, given = limits().prompt, st.session_state.pop(f"{key}_length", len(text))
    if given > most:
        st.warning(
            f"Of {given:,} characters the first {most:,} are read: a sentence says it all.",
            icon=":material/content_cut:",
        )
    return text[:most]


def take_example() -> None:
    """A chip is a button: it writes its sentence, and can be pressed again."""
    if chosen := st.session_state.get("example"):
        st.session_state["prompt"] = chosen
    st.session_state["example"] = None


def offer_examples(checkpoint: Checkpoint) -> None:
    st.pills("For example", examples(checkpoint), key="example", on_change=take_example)


def choose_sharpening() -> Checkpoint | None:
    """The network that enlarges what is drawn, if that is asked for; offered where there is one."""
    if (tool := sharpening.tool()) is None:
        return None
    about = f"{tool.name} enlarges each picture, to be looked at more closely."
    return tool if st.toggle("Sharpen", key="sharpen", bind="query-params", help=about) else None


def tell_unknown(order: Order) -> None:
    """The words that say nothing to the model, and what sentences with words of no caption are taken for: neither in
    silence."""
    encoder = model_cache.model(*order.key).encoder
    if encoder is None:
        raise InputError(f"{order.checkpoint.name} came without its encoder of sentences.")
    words = list(dict.fromkeys(word for prompt in order.told for word in encoder.unknown_words(prompt)))
    if words:
        shown = ", ".join(f"“{word[:30]}”" for word in words[:NAMED_UNKNOWN])
        more = f" and {len(words) - NAMED_UNKNOWN} more" if len(words) > NAMED_UNKNOWN else ""
        st.info(f"Unknown to this network, and left out: {shown}{more}.", icon=":material/dictionary:")
    taken = {titled(prompt): name for prompt in order.told if (name := encoder.nearest_prototype(prompt))}
    if taken:
        told = (f"“{plain(name)}”" if len(order.told) == 1 else f"{plain(prompt)} as “{plain(name)}”"
                for prompt, name in taken.items())  # fmt: skip
        st.caption(f"Read as {', '.join(told)}, the nearest that this network was told of.")
    if not any(encoder.encode([prompt]).any() for prompt in order.told):
        st.info("Nothing was asked for that this network understands: it reads English. So it draws what it likes.")


def titled(prompt: str) -> str:
    """A prompt as the title of its pictures, no longer than a title may be."""
    title = " ".join(prompt.split())
    return (title[:TITLE] + "…" if len(title) > TITLE else title) or "nothing in particular"


# Pictures ------------------------------------------------------------------------------------------------------------


def picture(order: Order, png: bytes, prompt: str, seed: int, caption: tuple[str, ...] = ()) -> Picture:
    """A picture with its words and the facts of its download."""
    name, _ = order.key
    facts = facts_of(order.key, seed, order.truncation, order.link, prompt=prompt)
    if order.sharpener:
        png, facts["sharpened_by"] = sharpening.sharpened(png, order.sharpener), order.sharpener.name
    stem = re.sub(r"[^a-z0-9]+", "-", prompt.lower())[:40].strip("-") or name
    what = prompt[:100] or "Whatever the network likes"
    return Picture(png, f"{what}, drawn by {name} from seed {seed}", f"{stem}-seed{seed}", caption, facts)


def drawn(order: Order) -> list[Picture]:
    """One sentence, a picture a seed."""
    return of_prompt(order, order.prompt, captions=True)


def of_prompt(order: Order, prompt: str, captions: bool = False) -> list[Picture]:
    pngs = model_cache.pictures(*order.key, order.seeds, None, order.truncation, prompts=(prompt,))
    return [
        picture(order, png, prompt, seed, (f"seed {seed}",) if captions else ())
        for png, seed in zip(pngs, order.seeds, strict=True)
    ]


def compared(order: Order) -> list[tuple[str, list[Picture]]]:
    """Each sentence with its pictures, from the same seeds."""
    return [(prompt, of_prompt(order, prompt)) for prompt in order.prompts]


def blended(order: Order) -> list[Picture]:
    """Between two sentences, a picture a seed."""
    pngs = model_cache.blends(*order.key, order.seeds, (order.prompt, order.into), order.share, order.truncation)
    what = f"{order.prompt} → {order.into} at {order.share:g}"
    return [picture(order, png, what, seed, (f"seed {seed}",)) for png, seed in zip(pngs, order.seeds, strict=True)]


def way(order: Order) -> list[Picture]:
    """The first seed all the way from the one sentence to the other."""
    ends, shares = (order.prompt, order.into), tuple(step / (STEPS - 1) for step in range(STEPS))
    pngs = model_cache.blends(*order.key, (order.seed,) * STEPS, ends, shares, order.truncation)
    words = [f"{order.prompt} → {order.into} at {share:g}" for share in shares]
    return [picture(order, png, what, order.seed) for png, what in zip(pngs, words, strict=True)]


def about(order: Order) -> str:
    data = order.checkpoint.description.data
    side = order.checkpoint.description.model.get("image_size")
    return (
        f"Drawn by `{order.checkpoint.name}`, {side} × {side} pixels. It learned from {data.get('pictures', 0):,}"
        " pictures and their captions, and knows nothing else."
    )
