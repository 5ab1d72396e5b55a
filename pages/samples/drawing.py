"""What the page Samples says and draws: an order for pictures, their captions, the critic's verdict, the picks."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from pages.ui import model_cache, url_params, widgets
from pages.ui.gallery import Picture, facts_of

FRAMES = 36
TITLES = {"mnist": "handwritten digits", "fashion-mnist": "garments"}


@dataclass(frozen=True)
class Order:
    """Which pictures are asked for, of which model, and the link that shows them."""

    checkpoint: Checkpoint
    seeds: tuple[int, ...]
    label: int | None
    truncation: float
    link: str

    @property
    def labels(self) -> tuple[int, ...] | None:
        return None if self.label is None else (self.label,)

    @property
    def key(self) -> tuple[str, str]:
        return self.checkpoint.name, self.checkpoint.weights_hash


@dataclass(frozen=True)
class Verdict:
    """The critic's raw scores, and what they come to in words."""

    scores: tuple[float, ...]
    words: str

    def place(self, index: int) -> str:
        rank = 1 + sum(score > self.scores[index] for score in self.scores)
        return f"{rank} of {len(self.scores)} ({self.scores[index]:+.2f})"


def describe(checkpoint: Checkpoint) -> str:
    """One line about a model: its kind, its data, its size."""
    description = checkpoint.description
    data = TITLES.get(description.data.get("name", ""), description.data.get("title", "pictures"))
    megabytes = checkpoint.size / 1e6
    return f"{checkpoint.family.title}, trained on {data}: {checkpoint.family.about} {megabytes:.1f} MB of weights."


def index(classes: Sequence[str], label: str) -> int | None:
    return classes.index(label) if label in classes else None


def same_label(checkpoint: Checkpoint, label: str) -> int | None:
    """The label in another model, where that model takes labels and knows it."""
    return index(checkpoint.description.classes, label) if checkpoint.family.condition == "label" else None


def draw(order: Order, verdict: Verdict | None = None) -> list[Picture]:
    """The pictures of an order with all that is said about each."""
    name, weights = order.key
    pngs = model_cache.pictures(name, weights, order.seeds, order.labels, order.truncation)
    labels = model_cache.condition(name, weights, order.seeds, order.labels)
    drawn = []
    for place, (png, seed) in enumerate(zip(pngs, order.seeds, strict=True)):
        label = order.checkpoint.description.classes[labels[place]] if labels else None
        opinion = (f"critic: {verdict.place(place)}",) if verdict else ()
        alt = f"Picture {place + 1}: {f'{label}, ' if label else ''}drawn by {name} from seed {seed}"
        caption = (f"{place + 1}", f"seed {seed}", *opinion)
        facts = facts_of(order.key, seed, order.truncation, order.link, label=label or "")
        drawn.append(Picture(png, alt, f"{name}-seed{seed}", caption, facts))
    return drawn


def verdict(order: Order) -> Verdict | None:
    """What the model's own critic thinks of each picture; None, and a sentence, where it has none."""
    if not order.checkpoint.has_critic:
        st.info(f"{order.checkpoint.name} was published without its critic, so nobody can be asked.")
        return None
    name, weights = order.key
    scores = tuple(model_cache.opinions(name, weights, order.seeds, order.labels, order.truncation))
    best, worst = scores.index(max(scores)) + 1, scores.index(min(scores)) + 1
    words = "The critic finds the only picture as real as its score says." if len(scores) == 1 else (
        f"Asked which of these are real, the critic that trained this network believes in picture {best} the most and"
        f" in picture {worst} the least."
    )  # fmt: skip
    return Verdict(scores, f"{words} Scores have no unit: higher means more like the training pictures.")


# Picks ---------------------------------------------------------------------------------------------------------------


def pick_check() -> tuple[url_params.Check, str]:
    """Picks are numbers of pictures that the same link shows."""
    fits, _ = widgets.checks()["count"]
    text = st.query_params.get("count", str(widgets.COUNT))
    shown = int(float(text)) if fits(text) else widgets.COUNT
    check, wanted = url_params.whole(1, shown)
    return check, f"{wanted}, the number of a picture"


def picked(count: int) -> list[int]:
    """The last two numbers picked, of those that exist."""
    chosen = st.session_state.get("pick") or picks_of_link()
    return [number for number in chosen if 1 <= number <= count][-2:]


def picks_of_link() -> list[int]:
    """On the first run of a link, before the widget has read it."""
    if "pick" in st.session_state:
        return []
    return [
        int(text) for text in st.query_params.get_all("pick") if text.isascii() and text.isdigit() and len(text) < 3
    ]


def keep_two() -> None:
    st.session_state["pick"] = st.session_state["pick"][-2:]


def pick(count: int) -> None:
    if "pick" in st.session_state:
        st.session_state["pick"] = picked(count)
    st.pills(
        "Pictures to walk between", range(1, count + 1), selection_mode="multi", key="pick", on_change=keep_two,
        bind="query-params",
    )  # fmt: skip


def between(order: Order, picks: list[int], steps: int) -> tuple[list[Picture], list[bytes]]:
    """The strip between two picked pictures, and more frames of the same way, for an animation."""
    name, weights = order.key
    ends = (order.seeds[picks[0] - 1], order.seeds[picks[1] - 1])
    labels = model_cache.condition(name, weights, ends, order.labels)
    pair = (labels[0], labels[1]) if labels else None
    pngs = model_cache.walk(name, weights, ends, steps, pair, order.truncation)
    pictures = [
        Picture(png, f"Step {step} of {steps} from seed {ends[0]} to seed {ends[1]}", f"step{step}")
        for step, png in enumerate(pngs, 1)
    ]
    return pictures, model_cache.walk(name, weights, ends, FRAMES, pair, order.truncation)
