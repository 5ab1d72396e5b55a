"""Parses JSON of any origin: a file that somebody edited, brought or damaged. Imports nothing of the project."""

import json
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text, as `json.loads` has it.

    A byte order mark is skipped, and half of a surrogate pair, which no file or page can hold, becomes the replacement
    character.

    Raises ValueError, whose text ends a sentence on what is wrong, where it is no JSON or no UTF-8, is nested deeper
    than Python follows, or holds a number of too many digits.
    """
    try:
        decoded = (text.decode("utf-8") if isinstance(text, bytes) else text).removeprefix("\ufeff")
        value = json.loads(decoded)
        if "\\ud" in decoded or "\\uD" in decoded:
            value = json.loads(replace_surrogates(json.dumps(value, ensure_ascii=False)))
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON ({error.msg} in line {error.lineno}, column {error.colno})") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ValueError("it is not in UTF-8") from error
    except ValueError as error:  # of int: too many digits
        raise ValueError("it holds a number of too many digits") from error
    return value


def replace_surrogates(text: str) -> str:
    """The text with the replacement character for each half of a surrogate pair."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
