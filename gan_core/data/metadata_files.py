"""Reads the files of metadata that lie beside images: JSON lines, tables, and StyleGAN's `dataset.json`."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from gan_core.data.metadata_values import (
    FILE_COLUMNS,
    LABEL_COLUMNS,
    Row,
    file_of_row,
    find_column,
    label_name,
    normalise_row,
    shorten,
)
from gan_core.errors import UsageError

MAX_SHOWN_HEADER = 1000  # characters of a header that a message is made of
JSON_LINES, CSV_TABLE, TSV_TABLE, STYLEGAN_FILE = "metadata.jsonl", "metadata.csv", "metadata.tsv", "dataset.json"
DELIMITERS = ",;\t|"


class NotMetadata(Exception):
    """The file is no metadata of images; the text is the end of a sentence that begins with its name."""


def read_rows(source: str, data: bytes) -> tuple[list[Row], list[str]]:
    """The rows of a file of metadata, and sentences on it.

    Raises UsageError, with file and line, where a row cannot be read, NotMetadata where the file is something else.
    """
    match PurePosixPath(source).name.lower():
        case name if name == JSON_LINES:
            return [normalise_row(source, number, row) for number, row in json_rows(source, data)], []
        case name if name == STYLEGAN_FILE:
            return stylegan_rows(source, data), []
        case _:
            return table_rows(source, data)


# JSON -----------------------------------------------------------------------------------------------------------------


def json_rows(source: str, data: bytes) -> Iterator[tuple[int, Any]]:
    """The objects of a file of JSON lines, or of one JSON list, each with its line."""
    try:
        text = decode_text(data)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"{source}, line {line} is no UTF-8 text: save the file as UTF-8.") from error
    if text.lstrip().startswith("["):
        try:
            yield from ((index, row) for index, row in enumerate(json.loads(text), 1))
            return
        except (ValueError, RecursionError):
            pass  # the message below names the line
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                raise UsageError(f"{source}, line {number} is not a JSON object with a file_name.") from error


def stylegan_rows(source: str, data: bytes) -> list[Row]:
    """The rows of a `dataset.json` of StyleGAN's dataset_tool: pairs of file and label, none where labels are null.

    Raises NotMetadata where the file has another form, or its labels are no classes.
    """
    try:
        content = json.loads(decode_text(data))
    except (ValueError, RecursionError) as error:
        raise NotMetadata("is no JSON, and is left out") from error
    if not isinstance(content, dict) or "labels" not in content:
        raise NotMetadata("")
    labels = content["labels"]
    pairs = list(labels.items()) if isinstance(labels, dict) else labels
    if pairs is None:
        return []
    if not isinstance(pairs, list) or not pairs or not all(map(is_pair, pairs)):
        raise NotMetadata("")
    try:
        return [stylegan_row(source, *pair) for pair in pairs]
    except ValueError as error:
        raise NotMetadata(f"is left out: {error}") from error


def is_pair(pair: Any) -> bool:
    return isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[0], str) and bool(pair[0].strip())


def stylegan_row(source: str, name: str, label: Any) -> Row:
    """The row of one pair. A label may be a one-hot vector. Raises ValueError for any other vector."""
    name = name.replace("\\", "/")
    if isinstance(label, list):
        if len(label) < 2 or label.count(1) != 1 or label.count(0) != len(label) - 1:
            raise ValueError(f"the label of {name} is a vector that stands for no class")
        label = label.index(1)
    label_name(label)
    return Row(source, name, {"file_name": name, "label": label})


# Tables ---------------------------------------------------------------------------------------------------------------


def table_rows(source: str, data: bytes) -> tuple[list[Row], list[str]]:
    """The rows of a table with a header, whatever its delimiter, and a sentence where its encoding was guessed.

    Raises NotMetadata where no column names files, UsageError where a row has more fields than the header.
    """
    warnings = []
    try:
        text = decode_text(data)
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")  # as Excel saves it in western countries
        warnings.append(f"{source} is no UTF-8 text and was read as Windows-1252: check names with accents.")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # of Excel
        text, first = rest, rest.partition("\n")[0]
    delimiter = max(DELIMITERS, key=lambda character: (has_file_column(first, character), first.count(character)))
    if not has_file_column(first, delimiter):
        shown = shorten(", ".join(next(csv.reader([first[:MAX_SHOWN_HEADER]], delimiter=delimiter), [])))
        raise NotMetadata(f"is left out: it has no column file_name, its columns are {shown or 'none'}")
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, restval="", skipinitialspace=True)
    rows, nameless = [], 0
    try:
        for values in reader:
            if None in values:
                raise UsageError(
                    f"{source}, line {reader.line_num} has more fields than the header: put quotation marks around "
                    f"texts that hold {delimiter!r}."
                )
            if file_of_row(values):
                rows.append(normalise_row(source, reader.line_num, typed_values(values)))
            else:
                nameless += 1
    except csv.Error as error:
        raise UsageError(f"{source}, line {reader.line_num} cannot be read: {error}.") from error
    if nameless:
        warnings.append(f"{nameless} rows of {source} name no file and are left out.")
    return rows, warnings


def has_file_column(header: str, delimiter: str) -> bool:
    try:
        columns = next(csv.reader([header], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return False
    return find_column(tuple(columns), FILE_COLUMNS) is not None


def typed_values(values: dict[str, str]) -> dict[str, Any]:
    """The values of a table's row, its label a number where it is written as one: "1.0", as pandas does, is 1."""
    column = find_column(tuple(values), LABEL_COLUMNS)
    if column is None:
        return dict(values)
    whole, point, fraction = values[column].strip().partition(".")
    is_whole = bool(point) and whole.lstrip("-").isdecimal() and not fraction.strip("0")
    return values | {column: whole if is_whole else values[column]}


# Text -----------------------------------------------------------------------------------------------------------------


def decode_text(data: bytes) -> str:
    """Text in UTF-8 or, as its first bytes say, UTF-16 or UTF-32. Raises UnicodeDecodeError for anything else."""
    for mark, encoding in ((b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding).lstrip("\ufeff")
    if data[1:2] == b"\0" != data[:1]:
        return data.decode("utf-16-le")
    return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-8").lstrip("\ufeff")
