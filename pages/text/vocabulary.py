"""What a model that draws sentences knows: all that it was shown, as a list to search through, with pictures of it."""

import re

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.text.captions import singular_article
from pages.ui import gallery, model_cache
from pages.ui.example_prompts import subjects

LISTED = 24  # names of a kind that are shown with a picture
NEAREST, CLOSE = 3, 0.3  # names of a kind that are offered instead, and the least cosine of their sentence
TITLES = {"article": "Kinds of things", "colour": "Colours"}


def show(checkpoint: Checkpoint) -> None:
    """All that can be asked for, to search through, with a picture of each."""
    with st.expander("What it knows", icon=":material/menu_book:", key="knowledge", on_change="rerun") as opened:
        if not opened.open:
            return
        if not (known := subjects(checkpoint)):
            gallery.nothing("Not written down", "This model came without a list of what it was shown.")
            return
        wanted = (st.text_input("Search", key="search", placeholder="shoes, blue, …") or "").strip()[:50]
        found = {kind: [each for each in names.items() if answers(each[0], wanted)] for kind, names in known.items()}
        if not any(found.values()):
            found = nearest(checkpoint, known, wanted)
            st.write("Nothing is called that here." + (" What comes nearest to it:" if any(found.values()) else ""))
        total, matching = (sum(map(len, each.values())) for each in (known, found))
        st.caption(f"{matching} of {total}. The more pictures it saw, the better it draws.")
        for kind, names in found.items():
            if names:
                show_kind(checkpoint, kind, names)


def show_kind(checkpoint: Checkpoint, kind: str, names: list[tuple[str, int]]) -> None:
    """Some with pictures, the rest by name."""
    title = TITLES.get(kind, "Names")
    st.markdown(f"**{title}**")
    gallery.show(examples_of(checkpoint, kind, names[:LISTED]), f"{title} that it knows", "photo")
    if rest := names[LISTED:]:
        st.text("Also: " + ", ".join(f"{name} ({count:,})" for name, count in rest))


def answers(name: str, wanted: str) -> bool:
    """Whether a name is what somebody looks for, however both are written: "t-shirt" finds Tshirts."""
    if not wanted:
        return True
    bare = letters(wanted).removesuffix("s")
    return bool(bare) and any(bare in letters(form) for form in (name, singular_article(name.lower())))


def letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())


def nearest(checkpoint: Checkpoint, known: dict[str, dict[str, int]], wanted: str) -> dict[str, list[tuple[str, int]]]:
    """Of each kind the few names whose meaning is nearest to what was looked for; none where it means nothing."""
    encoder = model_cache.model(checkpoint.name, checkpoint.weights_hash).encoder
    if encoder is None or not (vector := encoder.encode([wanted]))[0].any():
        return {}
    found = {}
    for kind, names in known.items():
        every = list(names.items())
        closeness = (encoder.encode([singular_article(name.lower()) for name, _ in every]) @ vector[0]).tolist()
        near = [place for place, score in enumerate(closeness) if score > CLOSE * encoder.dim]
        found[kind] = [every[place] for place in sorted(near, key=lambda place: -closeness[place])[:NEAREST]]
    return found


def examples_of(checkpoint: Checkpoint, kind: str, names: list[tuple[str, int]]) -> list[gallery.Picture]:
    """A picture of each kind, or of the most frequent kind in each colour; all drawn at once."""
    prompts = [singular_article(name.lower()) for name, _ in names]
    if kind == "colour" and (articles := subjects(checkpoint).get("article")):
        prompts = [f"{name.lower()} {singular_article(next(iter(articles)).lower())}" for name, _ in names]
    key, seeds = (checkpoint.name, checkpoint.weights_hash), (0,) * len(names)
    pngs = model_cache.pictures(*key, seeds, None, 0.8, prompts=tuple(prompts))
    return [
        gallery.Picture(png, f"{prompt}, drawn by {checkpoint.name}", "", (name, f"{count:,}"))
        for png, prompt, (name, count) in zip(pngs, prompts, names, strict=True)
    ]
