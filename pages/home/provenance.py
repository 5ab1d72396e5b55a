"""From a PNG that was made here back to the page and state that made it.

The file is a stranger's: its link's host is never looked at, only the name of one of our pages and the parameters that
page knows. What the values are worth is for the page to say, as with any link.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import streamlit as st

from gan_core.errors import UsageError
from gan_core.images.encoding import read_png_metadata
from pages.ui import model_cache, navigation, url_params
from pages.ui.limits import current_limits
from pages.ui.uploads import read_upload

MAX_PIXELS = 400_000_000  # nothing but the head of a file is read
MAX_VALUE_CHARACTERS = 1000  # characters
MAX_PARAMETERS = 100
DISPLAY_NAME = "This file"
UPLOADER_ROUND = "returned_pictures"


@dataclass(frozen=True)
class PageLink:
    """A page by its name in the address, and the query that makes it show the picture again."""

    page: str
    query: tuple[tuple[str, str], ...]

    def values(self) -> dict[str, list[str]]:
        """Every parameter with all its values: a page may take one more than once."""
        return {name: [value for key, value in self.query if key == name] for name, _ in self.query}


def show_uploader() -> None:
    """The widget; a picture that knows where it comes from leads there, once.

    A browser that goes back at once may send the file along again: it belongs to a widget that is no longer asked.
    """
    uploader_round = st.session_state.get(UPLOADER_ROUND, 0)
    file = st.file_uploader(
        "A picture that was made here", key=f"returned-{uploader_round}", max_upload_size=current_limits().upload_megabytes,
        help="A PNG that was downloaded from this app, or drawn by its command line.",
    )  # fmt: skip
    if file is None:
        return
    try:
        page_link = link_from_metadata(read_metadata(read_upload(file, DISPLAY_NAME)))
    except UsageError as error:
        st.warning(str(error), icon=":material/wrong_location:")
        return
    st.session_state[UPLOADER_ROUND] = uploader_round + 1
    pages_by_path = {page.url_path: page for page in navigation.all_pages()}
    st.switch_page(pages_by_path[page_link.page], query_params=page_link.values())


def read_metadata(data: bytes) -> dict[str, str]:
    """The text chunks of a PNG, the pixels left undecoded. Raises UsageError for anything else."""
    return read_png_metadata(data, DISPLAY_NAME, MAX_PIXELS)


def link_from_metadata(metadata: dict[str, str]) -> PageLink:
    """Where the facts lead. Raises InputError where they lead nowhere."""
    if page_link := parse_link(metadata.get("link", "")) or link_from_model(metadata):
        return page_link
    if "link" in metadata or "model" in metadata:
        raise UsageError(f"{DISPLAY_NAME} was made elsewhere: it names neither a page nor a model that is here.")
    raise UsageError(
        f"{DISPLAY_NAME} does not say how it was made. PNGs downloaded here do, until something else saves them anew."
    )


def parse_link(link: str) -> PageLink | None:
    """The page and the parameters of a link, if the page is one of ours."""
    try:
        parts = urlsplit(link)
        pairs = parse_qsl(parts.query, max_num_fields=MAX_PARAMETERS)
    except ValueError:  # no link, or one that wants to be too much
        return None
    page = parts.path.rstrip("/").rpartition("/")[2]
    if not (parameters := url_params.PARAMETERS.get(page)):
        return None
    return PageLink(page, tuple((name, value) for name, value in pairs if name in parameters and is_safe_value(value)))


def link_from_model(metadata: dict[str, str]) -> PageLink | None:
    """What the command line draws has no link, but says model and seed: the page Samples shows it."""
    if metadata.get("model", "") in model_cache.text_to_image_models():
        query = {key: metadata[key] for key in ("model", "prompt", "seed", "truncation", "weights") if key in metadata}
        return PageLink("text", tuple((key, value) for key, value in query.items() if is_safe_value(value)))
    checkpoint = model_cache.generators().get(metadata.get("model", ""))
    if checkpoint is None:
        return None
    classes, label = checkpoint.description.classes, metadata.get("label", "")
    query = {key: metadata[key] for key in ("model", "seed", "count", "truncation", "weights") if key in metadata}
    if label.isascii() and label.isdigit() and len(label) < 4 and int(label) < len(classes):
        query["label"] = classes[int(label)]
    return PageLink("samples", tuple((key, value) for key, value in query.items() if is_safe_value(value)))


def is_safe_value(value: str) -> bool:
    return len(value) <= MAX_VALUE_CHARACTERS and value.replace("\n", "").isprintable()
