"""Values of metadata under the names that are used here, whatever a file calls its columns."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gan_core.data.class_names import clean_name
from gan_core.errors import UsageError

FILE_COLUMNS = (  # that name the image of a row, the first that is there
    "file_name", "filename", "file", "image", "image_file", "image_name", "image_path", "path", "file_path",
    "filepath", "img", "img_path", "img_name",
)  # fmt: skip
LABEL_COLUMNS = ("label", "class", "class_name", "class_label")
TEXT_COLUMNS = ("text", "caption", "prompt")
MAX_SHOWN_CHARACTERS = 60  # of a value, in a message


@dataclass(frozen=True)
class Row:
    """What a file of metadata says of one image: its name there, and the values by column."""

    source: str  # path of the file of metadata
    name: str
    values: dict[str, Any]


def normalise_row(source: str, number: int, values: Any) -> Row:
    """A row under the names of columns that are used here: `file_name`, `label` and `text`.

    Raises UsageError where it names no file, or its label is no name and no whole number.
    """
    name = file_of_row(values) if isinstance(values, dict) else None
    if not name:
        raise UsageError(f"{source}, line {number} is not a JSON object with a file_name.")
    row = rename_columns(values)
    try:
        label_name(row.get("label"))
    except ValueError as error:
        raise UsageError(f"{source}, line {number}: {error}.") from error
    return Row(source, name, row | {"file_name": name})


def file_of_row(values: dict[Any, Any]) -> str | None:
    """The name of a row's image, with forward slashes; None where no column names one."""
    column = find_column(tuple(values), FILE_COLUMNS)
    name = values.get(column)
    if isinstance(name, dict):  # an image of a `datasets` table
        name = name.get("path")
    return name.replace("\\", "/") if isinstance(name, str) and name.strip() else None


def rename_columns(values: dict[Any, Any]) -> dict[str, Any]:
    """The values with `label` and `text` in place of the other usual names of these columns."""
    row = {str(column): value for column, value in values.items() if column is not None}
    for names, usable in ((LABEL_COLUMNS, is_label), (TEXT_COLUMNS, lambda value: isinstance(value, str))):
        column = find_column(tuple(row), names)
        if column is not None and column != names[0] and usable(row[column]):
            row[names[0]] = row.pop(column)
    return row


@lru_cache(maxsize=1024)  # the rows of a file mostly have the same columns
def find_column(columns: tuple[Any, ...], names: tuple[str, ...]) -> Any:
    """The first of these names among the columns, in any spelling of case, spaces and hyphens; None without one."""
    spellings = {str(column).strip().lower().replace(" ", "_").replace("-", "_"): column for column in columns}
    spellings |= {column: column for column in columns if column in names}
    return next((spellings[name] for name in names if name in spellings), None)


def label_name(label: Any) -> str | None:
    """The name of a label's class; None where there is no label (null, an empty text, not a number).

    Raises ValueError, with the end of a sentence, where it is neither a name nor a whole number.
    """
    if label is None or (isinstance(label, float) and math.isnan(label)):
        return None
    if isinstance(label, str):
        return clean_name(label) or None
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    if isinstance(label, int):  # a Boolean as well
        return str(label)
    raise ValueError(f"a label is a name or a whole number, not {shorten(repr(label))}")


def is_label(value: Any) -> bool:
    try:
        label_name(value)
    except ValueError:
        return False
    return True


def shorten(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[: MAX_SHOWN_CHARACTERS - 1] + "…"
