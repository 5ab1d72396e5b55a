"""From a PNG that was made here back to the page and state that made it.

The file is a stranger's: its link's host is never looked at, only the name of one of our pages and the parameters that
page knows. What the values are worth is for the page to say, as with any link.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import streamlit as st

from gan_core.errors import InputError
from gan_core.images.sniffing import opened
from pages.ui import model_cache, navigation
from pages.ui.limits import limits
from pages.ui.uploads import data_of

MAX_PIXELS = 400_000_000  # nothing but the head of a file is read
MAX_VALUE = 1000  # characters
MAX_PAIRS = 100
CALLED = "This file"
LED = "returned_pictures"

PARAMETERS = {
    "samples": {"model", "seed", "count", "truncation", "label", "against", "critic", "pick", "weights"},
    "digits": {
        "set", "model", "view", "digit", "garment", "into", "blend", "text", "seed", "count", "rows", "truncation",
        "weights",
    },
    "text": {
        "model", "view", "prompt", "into", "blend", "prompts", "seed", "count", "truncation", "sharpen", "weights",
    },
    "upscale": {"model", "sample", "scale", "times", "proof", "weights"},
    "models": {"model"},
    "train": {"view", "run", "against"},
    "how-it-works": {"target", "objective", "penalty", "forger", "teller", "seed"},
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A page by its name in the address, and the query that makes it show the picture again."""

    page: str
    query: tuple[tuple[str, str], ...]

    def values(self) -> dict[str, list[str]]:
        """Every parameter with all its values: a page may take one more than once."""
        return {name: [value for key, value in self.query if key == name] for name, _ in self.query}


def ask() -> None:
    """The widget; a picture that knows where it comes from leads there, once.

    A browser that goes back at once may send the file along again: it belongs to a widget that is no longer asked.
    """
    led = st.session_state.get(LED, 0)
    file = st.file_uploader(
        "A picture that was made here", key=f"returned-{led}", max_upload_size=limits().upload_megabytes,
        help="A PNG that was downloaded from this app, or drawn by its command line.",
    )  # fmt: skip
    if file is None:
        return
    try:
        place = place_of(facts_of(data_of(file, CALLED)))
    except InputError as error:
        st.warning(str(error), icon=":material/wrong_location:")
        return
    st.session_state[LED] = led + 1
    pages = {each.url_path: each for each in navigation.pages()}
    st.switch_page(pages[place.page], query_params=place.values())


def facts_of(data: bytes) -> dict[str, str]:
    """The texts before a PNG's pixels, which stay undecoded. Raises InputError for anything else."""
    with opened(data, CALLED, MAX_PIXELS) as (picture, format):
        if format != "PNG":
            raise InputError(f"{CALLED} is a {format}, which tells nothing of its making; a PNG downloaded here does.")
        return {str(key): str(value) for key, value in picture.info.items() if isinstance(value, str)}


def place_of(facts: dict[str, str]) -> Place:
    """Where the facts lead. Raises InputError where they lead nowhere."""
    if place := from_link(facts.get("link", "")) or from_model(facts):
        return place
    if "link" in facts or "model" in facts:
        raise InputError(f"{CALLED} was made elsewhere: it names neither a page nor a model that is here.")
    raise InputError(
        f"{CALLED} does not say how it was made. PNGs downloaded here do, until something else saves them anew."
    )


def from_link(link: str) -> Place | None:
    """The page and the parameters of a link, if the page is one of ours."""
    try:
        parts = urlsplit(link)
        pairs = parse_qsl(parts.query, max_num_fields=MAX_PAIRS)
    except ValueError:  # no link, or one that wants to be too much
        return None
    page = parts.path.rstrip("/").rpartition("/")[2]
    if page not in PARAMETERS:
        return None
    return Place(page, tuple((key, value) for key, value in pairs if key in PARAMETERS[page] and fits(value)))


def from_model(facts: dict[str, str]) -> Place | None:
    """What the command line draws has no link, but says model and seed: the page Samples shows it."""
    if facts.get("model", "") in model_cache.painters():
        given = {key: facts[key] for key in ("model", "prompt", "seed", "truncation", "weights") if key in facts}
        return Place("text", tuple((key, value) for key, value in given.items() if fits(value)))
    checkpoint = model_cache.catalogue().get(facts.get("model", ""))
    if checkpoint is None:
        return None
    classes, label = checkpoint.description.classes, facts.get("label", "")
    given = {key: facts[key] for key in ("model", "seed", "count", "truncation", "weights") if key in facts}
    if label.isascii() and label.isdigit() and len(label) < 4 and int(label) < len(classes):
        given["label"] = classes[int(label)]
    return Place("samples", tuple((key, value) for key, value in given.items() if fits(value)))


def fits(value: str) -> bool:
    return len(value) <= MAX_VALUE and value.replace("\n", "").isprintable()
