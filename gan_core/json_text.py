"""Parses JSON of any origin: a file that somebody edited, brought or damaged. Imports nothing of the project."""

import json
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text, as `json.loads` has it; a byte order mark is skipped.

    Raises ValueError, whose text ends a sentence on what is wrong, where it is no JSON or no UTF-8, is nested deeper
    than Python follows, or holds a number or a character that cannot be used.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(decoded.removeprefix("\ufeff"))
        if "\\ud" in decoded or "\\uD" in decoded:  # perhaps half of a pair, which no file or page can hold
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON ({error.msg} in line {error.lineno}, column {error.colno})") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ValueError("it is not in UTF-8") from error
    except UnicodeEncodeError as error:
        raise ValueError("it holds half of a surrogate pair, which is no character") from error
    except ValueError as error:  # of int: too many digits
        raise ValueError("it holds a number of too many digits") from error
    return value
