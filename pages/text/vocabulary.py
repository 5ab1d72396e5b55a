"""What a model that draws sentences knows: all that it was shown, as a list to search through, with pictures of it."""

import re

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.text.captions import singular_article
from pages.ui import gallery, model_cache
from pages.ui.example_prompts import vocabulary

MAX_THUMBNAILS = 24  # names of a kind that are shown with a picture
MAX_SUGGESTIONS, MIN_COSINE = 3, 0.3  # names of a kind that are offered instead, and the least cosine of their sentence
ATTRIBUTE_TITLES = {"article": "Kinds of things", "colour": "Colours"}


def show_vocabulary(checkpoint: Checkpoint) -> None:
    """All that can be asked for, to search through, with a picture of each."""
    with st.expander("What it knows", icon=":material/menu_book:", key="knowledge", on_change="rerun") as expander:
        if not expander.open:
            return
        if not (attributes := vocabulary(checkpoint)):
            gallery.show_empty_state("Not written down", "This model came without a list of what it was shown.")
            return
        query = (st.text_input("Search", key="search", placeholder="shoes, blue, …") or "").strip()[:50]
        found = {
            attribute: [entry for entry in names.items() if matches(entry[0], query)]
            for attribute, names in attributes.items()
        }
        if not any(found.values()):
            found = nearest_names(checkpoint, attributes, query)
            st.write("Nothing is called that here." + (" What comes nearest to it:" if any(found.values()) else ""))
        total, matching = (sum(map(len, entries.values())) for entries in (attributes, found))
        st.caption(f"{matching} of {total}. The more pictures it saw, the better it draws.")
        for attribute, names in found.items():
            if names:
                show_attribute(checkpoint, attribute, names)


def show_attribute(checkpoint: Checkpoint, attribute: str, names: list[tuple[str, int]]) -> None:
    """Some with pictures, the rest by name."""
    title = ATTRIBUTE_TITLES.get(attribute, "Names")
    st.markdown(f"**{title}**")
    gallery.show_gallery(
        example_images(checkpoint, attribute, names[:MAX_THUMBNAILS]), f"{title} that it knows", "photo"
    )
    if rest := names[MAX_THUMBNAILS:]:
        st.text("Also: " + ", ".join(f"{name} ({count:,})" for name, count in rest))


def matches(name: str, query: str) -> bool:
    """Whether a name is what somebody looks for, however both are written: "t-shirt" finds Tshirts."""
    if not query:
        return True
    stem = normalise(query).removesuffix("s")
    return bool(stem) and any(stem in normalise(form) for form in (name, singular_article(name.lower())))


def normalise(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())


def nearest_names(
    checkpoint: Checkpoint, vocabulary: dict[str, dict[str, int]], query: str
) -> dict[str, list[tuple[str, int]]]:
    """Of each kind the few names whose meaning is nearest to what was looked for; none where it means nothing."""
    encoder = model_cache.model(checkpoint.name, checkpoint.weights_hash).text_encoder
    if encoder is None or not (embedding := encoder.encode([query]))[0].any():
        return {}
    found = {}
    for attribute, names in vocabulary.items():
        entries = list(names.items())
        similarities = (encoder.encode([singular_article(name.lower()) for name, _ in entries]) @ embedding[0]).tolist()
        candidates = [index for index, score in enumerate(similarities) if score > MIN_COSINE * encoder.dim]
        found[attribute] = [
            entries[index] for index in sorted(candidates, key=lambda index: -similarities[index])[:MAX_SUGGESTIONS]
        ]
    return found


def example_images(checkpoint: Checkpoint, attribute: str, names: list[tuple[str, int]]) -> list[gallery.GalleryImage]:
    """A picture of each kind, or of the most frequent kind in each colour; all drawn at once."""
    prompts = [singular_article(name.lower()) for name, _ in names]
    if attribute == "colour" and (articles := vocabulary(checkpoint).get("article")):
        prompts = [f"{name.lower()} {singular_article(next(iter(articles)).lower())}" for name, _ in names]
    model_key, seeds = (checkpoint.name, checkpoint.weights_hash), (0,) * len(names)
    pngs = model_cache.sample_pngs(*model_key, seeds, None, 0.8, prompts=tuple(prompts))
    return [
        gallery.GalleryImage(png, f"{prompt}, drawn by {checkpoint.name}", "", (name, f"{count:,}"))
        for png, prompt, (name, count) in zip(pngs, prompts, names, strict=True)
    ]
