"""The vocabulary of a text-to-image model: the names it was trained on, searchable, with an image of each."""

import re

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.text.captions import singular_article
from pages.ui import gallery, model_cache, thumbnails
from pages.ui.example_prompts import vocabulary

MAX_THUMBNAILS = 24  # names of an attribute shown with an image; the others are listed
MAX_SUGGESTIONS = 3  # names of an attribute offered where no name matches
MIN_COSINE = 0.3  # of the embeddings of a suggestion and of the query
MAX_QUERY_CHARACTERS = 50
ATTRIBUTE_TITLES = {"article": "Kinds of things", "colour": "Colours"}


def show_vocabulary(checkpoint: Checkpoint) -> None:
    """Draws the vocabulary in an expander, with a search field."""
    with st.expander("What it knows", icon=":material/menu_book:", key="knowledge", on_change="rerun") as expander:
        if not expander.open:
            return
        if not (attributes := vocabulary(checkpoint)):
            gallery.show_empty_state("Not written down", "This model came without a list of what it was trained on.")
            return
        text = st.text_input("Search", key="search", placeholder="shoes, blue, …") or ""
        query = text.strip()[:MAX_QUERY_CHARACTERS]
        found = {
            attribute: [entry for entry in names.items() if matches(entry[0], query)]
            for attribute, names in attributes.items()
        }
        if not any(found.values()):
            found = nearest_names(checkpoint, attributes, query)
            st.write("Nothing is called that here." + (" The nearest names:" if any(found.values()) else ""))
        total, matching = (sum(map(len, entries.values())) for entries in (attributes, found))
        st.caption(
            f"{matching} of {total} names, each with its number of training pictures: the more, the better it draws."
        )
        for attribute, names in found.items():
            if names:
                show_attribute(checkpoint, attribute, names)


def show_attribute(checkpoint: Checkpoint, attribute: str, names: list[tuple[str, int]]) -> None:
    """Draws the names of an attribute: the first ones with images, the rest as text."""
    title = ATTRIBUTE_TITLES.get(attribute, "Names")
    st.markdown(f"**{title}**")
    gallery.show_gallery(
        example_images(checkpoint, attribute, names[:MAX_THUMBNAILS]), f"{title} that it knows", "photo"
    )
    if rest := names[MAX_THUMBNAILS:]:
        st.text("Also: " + ", ".join(f"{name} ({count:,})" for name, count in rest))


def matches(name: str, query: str) -> bool:
    """Whether a query finds a name, regardless of case, hyphens and plural: "t-shirt" finds Tshirts."""
    if not query:
        return True
    stem = normalise(query).removesuffix("s")
    return bool(stem) and any(stem in normalise(form) for form in (name, singular_article(name.lower())))


def normalise(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())


def nearest_names(
    checkpoint: Checkpoint, attributes: dict[str, dict[str, int]], query: str
) -> dict[str, list[tuple[str, int]]]:
    """The names of each attribute nearest to the query by embedding; none where the query has no known word."""
    encoder = model_cache.model(checkpoint.name, checkpoint.weights_hash).text_encoder
    if encoder is None or not (embedding := encoder.encode([query]))[0].any():
        return {}
    found = {}
    for attribute, names in attributes.items():
        entries = list(names.items())
        embeddings = encoder.encode([singular_article(name.lower()) for name, _ in entries])  # of norm sqrt(dim)
        cosines = (embeddings @ embedding[0] / encoder.dim).tolist()
        nearest = sorted(range(len(entries)), key=lambda index: -cosines[index])[:MAX_SUGGESTIONS]
        found[attribute] = [entries[index] for index in nearest if cosines[index] > MIN_COSINE]
    return found


def example_images(checkpoint: Checkpoint, attribute: str, names: list[tuple[str, int]]) -> list[gallery.GalleryImage]:
    """An image of each article, or of the most frequent article in each colour, drawn in one batch."""
    prompts = [singular_article(name.lower()) for name, _ in names]
    if attribute == "colour" and (articles := vocabulary(checkpoint).get("article")):
        prompts = [f"{name.lower()} {singular_article(next(iter(articles)).lower())}" for name, _ in names]
    model_key, seeds = (checkpoint.name, checkpoint.weights_hash), (0,) * len(names)
    pngs = model_cache.sample_pngs(*model_key, seeds, None, thumbnails.TRUNCATION, prompts=tuple(prompts))
    alts = [f"{prompt}, drawn by {checkpoint.name}" for prompt in prompts]
    return thumbnails.to_thumbnails(pngs, alts, [(name, f"{count:,}") for name, count in names])
