"""What there is to say about a prompt: findings, each with prompts that would do better."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MAX_LISTED_WORDS = 6
MAX_PHRASE_CHARACTERS = 60


class Topic(StrEnum):
    """What a finding is about."""

    EMPTY = "empty"
    SPELLING = "spelling"
    UNKNOWN = "unknown"  # words without a vector, which the model leaves out
    OUTSIDE = "outside"  # what no training image shows
    LONG = "long"
    THINGS = "things"
    NEGATION = "negation"
    COUNT = "count"
    VAGUE = "vague"  # a word that stands for several kinds
    FIXED_COLOUR = "fixed colour"
    COLOURS = "colours"
    PART_COLOUR = "part colour"
    POOR = "poor"  # drawn badly, by the model's own scores
    RARE = "rare"


@dataclass(frozen=True)
class Finding:
    """Something to know about a prompt: a sentence, the words it is about, and prompts to draw instead."""

    topic: Topic
    message: str
    words: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()


def quoted(words: Sequence[str]) -> str:
    """The words in quotation marks: “a”, “b” and “c”; shortened where they are many or long."""
    shown = [f"“{shorten(word)}”" for word in words[:MAX_LISTED_WORDS]]
    if len(words) > MAX_LISTED_WORDS:
        return f"{', '.join(shown)} and {len(words) - MAX_LISTED_WORDS} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def shorten(text: str, limit: int = MAX_PHRASE_CHARACTERS) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
