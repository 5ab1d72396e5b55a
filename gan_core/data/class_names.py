"""Names of classes: their order, and which class a user means by a name or a number."""

import re
import unicodedata
from collections.abc import Sequence
from numbers import Integral

NUMBER_PATTERN = re.compile(r"-?[0-9]{1,100}")  # Python refuses to convert very long ones

CONTROL_PATTERN = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
MAX_CLASSES = 1000  # of a data set and of a model
MAX_LISTED = 30  # names of classes in a message


def natural_key(name: str) -> tuple[object, ...]:
    """Sorts numbers by their value and before other names: 2, 10, class2, class10."""
    if NUMBER_PATTERN.fullmatch(name):
        return 0, (int(name),), name
    parts = re.split(r"([0-9]{1,100})", name)  # text and digits in turn
    return 1, tuple(int(part) if index % 2 else part for index, part in enumerate(parts)), name


def clean_name(name: str) -> str:
    """A class's name in one form: composed characters (NFC), no spaces around it, and nothing that cannot be written.

    File systems and JSON can hold characters that are no text: lone surrogates are written as escapes, control
    characters as spaces.
    """
    encodable = CONTROL_PATTERN.sub(" ", name).encode("utf-8", "backslashreplace").decode("utf-8")
    return unicodedata.normalize("NFC", encodable).strip()


def are_numbers(classes: Sequence[str]) -> bool:
    """Whether every class is named by a whole number, so that a number means the class of that name."""
    return bool(classes) and all(NUMBER_PATTERN.fullmatch(name) for name in classes)


def find_class(classes: Sequence[str], label: int | str) -> int | None:
    """The index of the class that `label` means; None where it means none.

    A name means the class of this name; differences of case and of Unicode's forms do not count where one class alone
    fits. A number means the class that is named by it where all classes are named by numbers, else that of this index.
    """
    if isinstance(label, str):
        for form in (str, clean_name, folded_name):
            if named := [index for index, name in enumerate(classes) if form(name) == form(label)]:
                return named[0] if len(named) == 1 else None
        if not are_numbers(classes) or not NUMBER_PATTERN.fullmatch(label.strip()):
            return None
        label = int(label)
    if are_numbers(classes):
        return next((index for index, name in enumerate(classes) if int(name) == label), None)
    return int(label) if isinstance(label, Integral) and 0 <= label < len(classes) else None


def list_names(classes: Sequence[str]) -> str:
    """The names of classes for a sentence, the first MAX_LISTED of many."""
    more = f", ... ({len(classes)} in all)" if len(classes) > MAX_LISTED else ""
    return (", ".join(classes[:MAX_LISTED]) or "none") + more


def folded_name(name: str) -> str:
    return clean_name(name).casefold()
