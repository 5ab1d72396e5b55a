"""Links: the raw query of the one that was opened, checked before any widget reads it, and the one to give away.

Bound widgets drop what they cannot use without a word. So each page names its parameters and what they may be, and
what a link got wrong is said in a sentence. The sentences never repeat the link's own text.
"""

import math
from collections.abc import Callable, Collection
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint

Check = Callable[[str], bool]
HASH_LENGTH = 8


def whole(low: int, high: int) -> tuple[Check, str]:
    """A whole number in [low, high]; 1e3 is one, as it is to the widgets."""
    fits, _ = number(low, high)
    return (lambda text: fits(text) and float(text).is_integer()), f"a whole number from {low} to {high}"


def number(low: float, high: float) -> tuple[Check, str]:
    """A number in [low, high], as Python writes it; never NaN."""

    def fits(text: str) -> bool:
        try:
            value = float(text)
        except ValueError:
            return False
        return math.isfinite(value) and low <= value <= high

    return fits, f"a number from {low:g} to {high:g}"


def one_of(options: Collection[str]) -> tuple[Check, str]:
    return (lambda text: text in options), f"one of {', '.join(options)}"


def check(page: dict[str, tuple[Check, str]]) -> list[str]:
    """A sentence for each parameter of the link that cannot be used. Call it before the widgets."""
    sentences = []
    for name, (fits, wanted) in page.items():
        values = st.query_params.get_all(name)
        if len(values) > 1 and name != "pick":
            sentences.append(f"This link names its {name} more than once; the page chose one.")
        elif not all(fits(value) for value in values):
            sentences.append(f"This link's {name} cannot be used: it must be {wanted}. The page chose one that fits.")
    return sentences


def check_weights(known: dict[str, Checkpoint]) -> list[str]:
    """A sentence where the link was made with weights that no model here has any more."""
    made_with = st.query_params.get("weights")
    if made_with is None or any(made_with == each.weights_hash for each in known.values()):
        return []
    if len(made_with) != HASH_LENGTH or not set(made_with) <= set("0123456789abcdef"):
        return ["This link's weights cannot be used: a hash of 8 hexadecimal digits belongs there."]
    return ["This link was made with other weights: the model has been trained anew since, so the picture may differ."]


def say(sentences: list[str]) -> None:
    for sentence in sentences:
        st.warning(sentence, icon=":material/link_off:")


def share_link(page: str, weights: str, state: dict[str, object]) -> str:
    """The link that shows what is shown now, complete, with the hash of the weights. None and "" are left out."""
    told = state | {"weights": weights}
    given = {name: value for name, value in told.items() if value is not None and value not in ("", [])}
    query = urlencode(given, doseq=True)
    here = urlsplit(st.context.url or "")
    return urlunsplit((here.scheme, here.netloc, here.path or f"/{page}", query, ""))
