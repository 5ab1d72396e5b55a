"""The way from a PNG that was made here back to the page and the state that made it.

An uploaded file is untrusted: of its link only the name of a page and the parameters that the page declares are used,
never the host. The page checks the values as it does for any link.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import streamlit as st

from gan_core.checkpoints.store import canonical_name
from gan_core.errors import UsageError
from gan_core.images.encoding import read_png_metadata
from pages.ui import model_cache, navigation, url_params
from pages.ui.limits import current_limits
from pages.ui.uploads import read_upload

MAX_PIXELS = 400_000_000  # the pixels of a file are never decoded
MAX_VALUE_CHARACTERS = 1000
MAX_PARAMETERS = 100
DISPLAY_NAME = "This file"
ROUND_KEY = "returned_pictures"  # after each upload the uploader gets another key, so that it is empty


@dataclass(frozen=True)
class PageLink:
    """The name of a page in the URL, and the query that makes it show the image again."""

    page: str
    query: tuple[tuple[str, str], ...]

    def values(self) -> dict[str, list[str]]:
        """Every parameter with all its values."""
        return {name: [value for key, value in self.query if key == name] for name, _ in self.query}


def show_uploader() -> None:
    """The widget for a PNG; one that names a page here leads there, once.

    A browser that goes back at once may send the file again: it belongs to a widget that is no longer on the page.
    """
    uploader_round = st.session_state.get(ROUND_KEY, 0)
    file = st.file_uploader(
        "A picture that was made here", key=f"returned-{uploader_round}",
        max_upload_size=current_limits().upload_megabytes,
        help="A PNG that was downloaded from this app, or drawn by its command line.",
    )  # fmt: skip
    if file is None:
        return
    try:
        page_link = link_from_metadata(read_metadata(read_upload(file, DISPLAY_NAME)))
    except UsageError as error:
        st.warning(str(error), icon=":material/wrong_location:")
        return
    st.session_state[ROUND_KEY] = uploader_round + 1
    pages_by_path = {page.url_path: page for page in navigation.all_pages()}
    st.switch_page(pages_by_path[page_link.page], query_params=page_link.values())


def read_metadata(data: bytes) -> dict[str, str]:
    """The text chunks before a PNG's pixels, which are not decoded. Raises UsageError for anything but a PNG."""
    return read_png_metadata(data, DISPLAY_NAME, MAX_PIXELS)


def link_from_metadata(metadata: dict[str, str]) -> PageLink:
    """Where the text chunks of a PNG lead. Raises UsageError where they name no page or model that is here."""
    if page_link := parse_link(metadata.get("link", "")) or link_from_model(metadata):
        return page_link
    if "link" in metadata or "model" in metadata:
        raise UsageError(f"{DISPLAY_NAME} was made elsewhere: it names neither a page nor a model that is here.")
    raise UsageError(
        f"{DISPLAY_NAME} does not say how it was made. PNGs downloaded here do, until another program saves them again."
    )


def parse_link(link: str) -> PageLink | None:
    """The page of a link and the parameters that it declares; None where it is no page of this app with parameters."""
    try:
        parts = urlsplit(link)
        pairs = parse_qsl(parts.query, max_num_fields=MAX_PARAMETERS)
    except ValueError:  # not a link, or too many parameters
        return None
    page = parts.path.rstrip("/").rpartition("/")[2]
    if not (parameters := url_params.PARAMETERS.get(page)):
        return None
    return PageLink(page, safe_query((name, value) for name, value in pairs if name in parameters))


def link_from_model(metadata: dict[str, str]) -> PageLink | None:
    """The link for an image of the command line, which says model and seed but has no link; None for other models."""
    metadata = metadata | {"model": canonical_name(metadata.get("model", ""))}
    if metadata["model"] in model_cache.text_to_image_models():
        names = ("model", "prompt", "seed", "truncation", "weights")
        return PageLink("text", safe_query((name, metadata[name]) for name in names if name in metadata))
    checkpoint = model_cache.generators().get(metadata["model"])
    if checkpoint is None:
        return None
    classes, label = checkpoint.description.classes, metadata.get("label", "")
    names = ("model", "seed", "count", "truncation", "weights")
    query = {name: metadata[name] for name in names if name in metadata}
    if label.isascii() and label.isdigit() and len(label) < 4 and int(label) < len(classes):
        query["label"] = classes[int(label)]
    return PageLink("samples", safe_query(query.items()))


def safe_query(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The pairs whose values are short and printable, line breaks allowed."""
    return tuple((name, value) for name, value in pairs if is_safe_value(value))


def is_safe_value(value: str) -> bool:
    return len(value) <= MAX_VALUE_CHARACTERS and value.replace("\n", "").isprintable()
