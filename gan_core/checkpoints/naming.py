"""The one rule for the names of one's own models: on the page Train, in `export` and in `rename`.

A name is the name of a folder, a word of a command and the value of a URL parameter. Anything else that is entered
becomes the model's title, which pages show, and a name is made of it.
"""

import re
import unicodedata

from gan_core.errors import UsageError

NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
MAX_TITLE = 60  # characters
JOINERS = "\u200c\u200d"  # invisible, but parts of words and of emoji
MAX_DERIVED_NAME = 60  # characters of a name that is made of a title
NAME_WITHOUT_LETTERS = "model"  # for a title without letters of the Latin alphabet or digits


def name_and_title(text: str) -> tuple[str, str | None]:
    """("my-flowers", "My Flowers!") for "My Flowers!"; ("my-flowers", None) for what is a name already.

    Raises UsageError where the text is empty, a path, or too long.
    """
    title = " ".join(text.split())
    if NAME_PATTERN.fullmatch(title):
        return title, None
    if not is_title(title):
        raise UsageError(
            f"{text[:80]!r} is no name for a checkpoint: 1 to 60 characters are that can be seen, without a slash, and "
            "not with a dot at the start."
        )
    return derive_name(title), title


def is_title(text: str) -> bool:
    """Whether a text may be shown as a name: without controls of terminals and of the direction of writing."""
    is_visible = all(character.isprintable() or character in JOINERS for character in text)
    return 0 < len(text) <= MAX_TITLE and is_visible and not text.startswith(".") and not set(text) & set("/\\")


def derive_name(title: str) -> str:
    """A name made of the letters and digits of a title, in lower case, with dashes between the words."""
    plain = unicodedata.normalize("NFKD", title.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")
    return words[:MAX_DERIVED_NAME].strip("-") or NAME_WITHOUT_LETTERS
