"""What the page Digits chooses and draws: one class, one handwriting for all, a written line, a blend."""

from dataclasses import dataclass

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.sampling import MAX_SEED
from pages.digits import glyphs
from pages.ui import gallery, model_cache, url_params, widgets
from pages.ui.gallery import Picture
from pages.ui.limits import limits

MODELS = {"Digits": "mnist-cgan", "Garments": "fashion-cgan"}
NOUNS = {"Digits": "Digit", "Garments": "Garment"}
SOURCES = {
    "Digits": "It learned from MNIST, 60,000 digits written by hand.",
    "Garments": "It learned from Fashion-MNIST, 60,000 small photos of clothes.",
}
VIEWS = {"Digits": ("Draw", "Handwriting", "Write", "Blend"), "Garments": ("Draw", "Handwriting", "Blend")}
TEXT = "2026-11-22"
STEPS = 9


@dataclass
class Order:
    """What the visitor asks for, filled by the widgets of the view that is open."""

    checkpoint: Checkpoint
    subject: str
    first: int = 0
    second: int = 0
    share: float = 0.5
    text: str = ""
    seed: int = 0
    count: int = widgets.COUNT
    truncation: float = 1.0
    link: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.checkpoint.name, self.checkpoint.weights_hash

    @property
    def classes(self) -> tuple[str, ...]:
        return self.checkpoint.description.classes

    @property
    def seeds(self) -> tuple[int, ...]:
        return widgets.seeds_from(self.seed, self.count)


def available_sets(known: dict[str, Checkpoint]) -> list[str]:
    return [subject for subject, name in MODELS.items() if name in known]


def checks(sets: list[str], known: dict[str, Checkpoint]) -> dict[str, tuple[url_params.Check, str]]:
    """What a link to this page may hold."""
    names = [MODELS[subject] for subject in sets]
    garments = known[MODELS["Garments"]].description.classes if "Garments" in sets else ()
    return widgets.checks() | {
        "set": url_params.one_of(sets),
        "model": (lambda text: text in known, f"one of {', '.join(names)}"),
        "view": url_params.one_of(VIEWS["Digits"]),
        "digit": url_params.whole(0, 9),
        "garment": url_params.one_of(garments),
        "into": (lambda text: text in garments or url_params.whole(0, 9)[0](text), "a digit or a garment"),
        "blend": url_params.number(0, 1),
        "text": (lambda text: len(text) <= limits().prompt, "shorter than that"),
    }


# Widgets -------------------------------------------------------------------------------------------------------------


def choose_set(sets: list[str]) -> str:
    """Digits or garments; a link may also name the model that draws them."""
    if "set" not in st.session_state and "set" not in st.query_params:
        asked = [subject for subject in sets if MODELS[subject] == st.query_params.get("model")]
        if asked:
            st.session_state["set"] = asked[0]
    return widgets.switch("What to draw", sets, "set")


def choose_view(subject: str) -> str:
    return widgets.switch("How to draw it", VIEWS[subject], "view")


def choose_class(key: str, label: str, classes: tuple[str, ...], opening: int = 0) -> int:
    """A dropdown of classes: its number."""
    widgets.keep_valid(key, classes)
    chosen = st.selectbox(label, classes, min(opening, len(classes) - 1), key=key, bind="query-params")
    return classes.index(chosen) if chosen in classes else opening


def state(order: Order, view: str) -> dict[str, object]:
    """What a link needs to show this view again."""
    given: dict[str, object] = {"set": order.subject, "view": view}
    if view in ("Draw", "Blend"):
        given["digit" if order.subject == "Digits" else "garment"] = order.classes[order.first]
    if view == "Blend":
        given |= {"into": order.classes[order.second], "blend": order.share}
    if view == "Write":
        given["text"] = order.text
    given["seed"] = order.seed
    if view != "Write":
        given["rows" if view == "Handwriting" else "count"] = order.count
    return given | {"truncation": order.truncation}


# Pictures ------------------------------------------------------------------------------------------------------------


def picture(order: Order, png: bytes, what: str, seed: int, caption: tuple[str, ...] = (), stem: str = "") -> Picture:
    """A picture with its words and the facts of its download."""
    facts = gallery.facts_of(order.key, seed, order.truncation, order.link, label=what)
    stem = stem or f"{what.replace(' ', '-')}-seed{seed}"
    return Picture(png, f"A generated {what}, seed {seed}", stem, caption, facts)


def drawn(order: Order) -> list[Picture]:
    """One class, a picture a seed."""
    pngs = model_cache.pictures(*order.key, order.seeds, (order.first,), order.truncation)
    what = order.classes[order.first]
    return [picture(order, png, what, seed, (f"seed {seed}",)) for png, seed in zip(pngs, order.seeds, strict=True)]


def hands(order: Order) -> list[Picture]:
    """Every class from the same latent, a row a seed."""
    rows = []
    for seed in order.seeds:
        numbers = tuple(range(len(order.classes)))
        pngs = model_cache.pictures(*order.key, (seed,) * len(numbers), numbers, order.truncation)
        rows += [picture(order, png, what, seed) for png, what in zip(pngs, order.classes, strict=True)]
    return rows


def written(order: Order) -> list[Picture]:
    """The text, a picture a character. Raises InputError where it cannot be written."""
    line = glyphs.glyphs(order.text)
    labels = tuple(int(character) for character in line if character in glyphs.DIGITS)
    seeds = tuple((order.seed + place) % (MAX_SEED + 1) for place in range(len(labels)))
    drawn = iter(zip(model_cache.pictures(*order.key, seeds, labels, order.truncation), seeds, strict=True))
    pictures = []
    for place, character in enumerate(line, 1):
        if character in glyphs.DIGITS:
            png, seed = next(drawn)
            pictures.append(picture(order, png, character, seed, stem=f"{place:02}-{character}-seed{seed}"))
        else:
            pictures.append(Picture(glyphs.mark(character), glyphs.MARKS.get(character, "gap"), f"{place:02}-mark"))
    return pictures


def blended(order: Order) -> list[Picture]:
    """Between two classes, a picture a seed."""
    pair = (order.first, order.second)
    pngs = model_cache.blends(*order.key, order.seeds, pair, order.share, order.truncation)
    what = f"{order.classes[order.first]}-{order.classes[order.second]} blend"
    return [picture(order, png, what, seed, (f"seed {seed}",)) for png, seed in zip(pngs, order.seeds, strict=True)]


def steps(order: Order) -> list[Picture]:
    """The first seed all the way from the one class to the other."""
    pair, shares = (order.first, order.second), [step / (STEPS - 1) for step in range(STEPS)]
    pngs = [model_cache.blends(*order.key, (order.seed,), pair, share, order.truncation)[0] for share in shares]
    ends = f"from {order.classes[order.first]} to {order.classes[order.second]}"
    return [picture(order, png, f"step {place} {ends}", order.seed) for place, png in enumerate(pngs, 1)]
