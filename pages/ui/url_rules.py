"""Rules for the values of URL parameters: a predicate, and what it accepts in words."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """`accepts` decides on the raw text of a parameter; `expected` ends the sentence "it must be ..."."""

    accepts: Callable[[str], bool]
    expected: str


def number(low: float, high: float) -> Rule:
    """A number in [low, high], as Python writes it; never NaN."""

    def accepts(text: str) -> bool:
        try:
            value = float(text)
        except ValueError:
            return False
        return math.isfinite(value) and low <= value <= high

    return Rule(accepts, f"a number from {low:g} to {high:g}")


def integer(low: int, high: int) -> Rule:
    """A whole number in [low, high]; 1e3 is one, as it is to Streamlit's widgets."""
    in_range = number(low, high).accepts
    return Rule(lambda text: in_range(text) and float(text).is_integer(), f"a whole number from {low} to {high}")


def choice(options: Collection[str]) -> Rule:
    expected = f"one of {', '.join(options)}" if options else "left out, for there is nothing to choose from"
    return Rule(lambda text: text in options, expected)


def short_text(max_characters: int) -> Rule:
    return Rule(lambda text: len(text) <= max_characters, f"at most {max_characters} characters long")


FLAG = choice(("true", "false"))
