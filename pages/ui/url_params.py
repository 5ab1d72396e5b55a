"""Links: the raw query of the one that was opened, checked before any widget reads it, and the one to give away.

Bound widgets drop what they cannot use without a word. So each page names its parameters and what they may be, and
what a link got wrong is said in a sentence. The sentences never repeat the link's own text.
"""

import math
from collections.abc import Callable, Collection
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint

Predicate = Callable[[str], bool]
WEIGHTS_HASH_LENGTH = 8


def integer(low: int, high: int) -> tuple[Predicate, str]:
    """A whole number in [low, high]; 1e3 is one, as it is to the widgets."""
    is_number, _ = number(low, high)
    return (lambda text: is_number(text) and float(text).is_integer()), f"a whole number from {low} to {high}"


def number(low: float, high: float) -> tuple[Predicate, str]:
    """A number in [low, high], as Python writes it; never NaN."""

    def is_number(text: str) -> bool:
        try:
            value = float(text)
        except ValueError:
            return False
        return math.isfinite(value) and low <= value <= high

    return is_number, f"a number from {low:g} to {high:g}"


def choice(options: Collection[str]) -> tuple[Predicate, str]:
    return (lambda text: text in options), f"one of {', '.join(options)}"


def validate_query(rules: dict[str, tuple[Predicate, str]]) -> list[str]:
    """A sentence for each parameter of the link that cannot be used. Call it before the widgets."""
    warnings = []
    for name, (is_valid, expected) in rules.items():
        values = st.query_params.get_all(name)
        if len(values) > 1 and name != "pick":
            warnings.append(f"This link names its {name} more than once; the page chose one.")
        elif not all(is_valid(value) for value in values):
            warnings.append(f"This link's {name} cannot be used: it must be {expected}. The page chose one that fits.")
    return warnings


def validate_weights_hash(models: dict[str, Checkpoint]) -> list[str]:
    """A sentence where the link was made with weights that no model here has any more."""
    weights_hash = st.query_params.get("weights")
    if weights_hash is None or any(weights_hash == model.weights_hash for model in models.values()):
        return []
    if len(weights_hash) != WEIGHTS_HASH_LENGTH or not set(weights_hash) <= set("0123456789abcdef"):
        return ["This link's weights cannot be used: a hash of 8 hexadecimal digits belongs there."]
    return ["This link was made with other weights: the model has been trained anew since, so the picture may differ."]


def show_warnings(warnings: list[str]) -> None:
    for warning in warnings:
        st.warning(warning, icon=":material/link_off:")


def build_link(page: str, weights_hash: str, state: dict[str, object]) -> str:
    """The link that shows what is shown now, complete, with the hash of the weights. None and "" are left out."""
    parameters = state | {"weights": weights_hash}
    nonempty = {name: value for name, value in parameters.items() if value is not None and value not in ("", [])}
    query = urlencode(nonempty, doseq=True)
    current_url = urlsplit(st.context.url or "")
    return urlunsplit((current_url.scheme, current_url.netloc, current_url.path or f"/{page}", query, ""))
