"""The one rule for the names of one's own models: on the page Train, in `export` and in `rename`.

A name is the name of a folder, a word of a command and the value of a URL parameter. Anything else that is entered
becomes the model's title, which pages show, and a name is made of it.
"""

import re
import unicodedata

from gan_core.errors import UsageError

NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
TITLE_PATTERN = re.compile(r"[^\x00-\x1f\x7f]{1,60}")
MAX_DERIVED_NAME = 60  # characters of a name that is made of a title
NAME_WITHOUT_LETTERS = "model"  # for a title without letters of the Latin alphabet or digits


def name_and_title(text: str) -> tuple[str, str | None]:
    """("my-flowers", "My Flowers!") for "My Flowers!"; ("my-flowers", None) for what is a name already.

    Raises UsageError where the text is empty, a path, or too long.
    """
    title = " ".join(text.split())
    if NAME_PATTERN.fullmatch(title):
        return title, None
    if not TITLE_PATTERN.fullmatch(title) or title.startswith(".") or set(title) & set("/\\"):
        raise UsageError(
            f"{text[:80]!r} is no name for a checkpoint: 1 to 60 characters are, without a slash, and not with a dot "
            "at the start."
        )
    return derive_name(title), title


def derive_name(title: str) -> str:
    """A name made of the letters and digits of a title, in lower case, with dashes between the words."""
    plain = unicodedata.normalize("NFKD", title.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")
    return words[:MAX_DERIVED_NAME].strip("-") or NAME_WITHOUT_LETTERS
