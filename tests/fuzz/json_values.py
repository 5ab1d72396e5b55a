"""JSON of real files with hostile changes: values of other types and ranges, missing and strange keys, broken text."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

HOSTILE_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 3, 7, 10, 1.5, -0.5, 1e308, -1e308, 2**31, 2**63, 2**70, -(2**70), float("nan"),
    float("inf"), "", " ", "x", "0", "-1", "x" * 3000, "\ud800", "\x00", "a\nb", "a\u202eb", "../../x", "/etc/passwd",
    [], {}, [[]],
    [None], [1, "a", None], {"a": {"b": []}}, [{}] * 3, ["a"] * 300, "<script>alert(1)</script>", "[x](javascript:1)",
)  # fmt: skip
HOSTILE_NUMBERS = (b"1" * 5000, b"1e999", b"-1e999", b"NaN", b"Infinity", b"0.0000001", b"1e400", b"-0", b"99999999999")
DEPTH = 100_000  # of brackets, more than a recursive parser follows
NESTED, LONG_NUMBER = b"[" * DEPTH, b'{"step": ' + b"1" * 5000 + b"}"


def json_bytes(*documents: Any) -> st.SearchStrategy[bytes]:
    """The text of one of the documents with hostile changes; sometimes hardly JSON any more."""
    changed = st.builds(
        lambda document, changes: to_bytes(apply_changes(document, changes)),
        st.sampled_from(documents),
        st.lists(st.tuples(st.integers(0, 2**16), st.sampled_from(CHANGES), hostile_values()), max_size=4),
    )
    broken = st.builds(break_text, changed, st.sampled_from(BREAKAGES), st.integers(0, 2**16), st.binary(max_size=6))
    return st.one_of(changed, changed, broken)


def hostile_values() -> st.SearchStrategy[Any]:
    return st.one_of(st.sampled_from(HOSTILE_VALUES), st.integers(), st.floats(), st.text(max_size=12))


def to_bytes(document: Any) -> bytes:
    return json.dumps(document).encode()


# Changes of the value ------------------------------------------------------------------------------------------------

CHANGES = ("set", "set", "set", "delete", "rename", "add", "wrap", "nest")


def apply_changes(document: Any, changes: list[tuple[int, str, Any]]) -> Any:
    document = json.loads(json.dumps(document))
    for where, kind, value in changes:
        places = list(walk(document))
        if not places:
            return value
        holder, key = places[where % len(places)]
        change(holder, key, kind, deepcopy(value))
    return document


def walk(node: Any) -> Any:
    """Every holder and key in a document."""
    items = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    for key, value in items:
        yield node, key
        yield from walk(value)


def change(holder: Any, key: Any, kind: str, value: Any) -> None:
    if kind == "delete":
        del holder[key]
    elif kind == "rename" and isinstance(holder, dict):
        holder[str(value)] = holder.pop(key)
    elif kind == "add" and isinstance(holder, dict):
        holder[str(value)[:40]] = value
    elif kind == "wrap":
        holder[key] = [holder[key]]
    elif kind == "nest":
        holder[key] = {"a": holder[key]}
    else:
        holder[key] = value


# Changes of the text -------------------------------------------------------------------------------------------------

BREAKAGES = ("cut", "insert", "bom", "utf-16", "latin-1", "number", "deep list", "deep object", "twice", "empty", "nul")


def break_text(text: bytes, kind: str, where: int, content: bytes) -> bytes:
    at = where % (len(text) + 1)
    numbers = [index for index, byte in enumerate(text) if 48 <= byte <= 57]
    return {
        "cut": lambda: text[:at],
        "insert": lambda: text[:at] + content + text[at:],
        "bom": lambda: b"\xef\xbb\xbf" + text,
        "utf-16": lambda: text.decode("utf-8", "replace").encode("utf-16"),
        "latin-1": lambda: text[:at] + b"\xe9\xff" + text[at:],
        "number": lambda: put_number(text, numbers, where),
        "deep list": lambda: NESTED,
        "deep object": lambda: b'{"a":' * DEPTH + b"1" + b"}" * DEPTH,
        "twice": lambda: text + text,
        "empty": lambda: content.strip(),
        "nul": lambda: text[:at] + b"\x00" + text[at:],
    }[kind]()


def put_number(text: bytes, digits: list[int], where: int) -> bytes:
    """A number that no double or no parser holds, in place of a digit."""
    if not digits:
        return text
    at = digits[where % len(digits)]
    return text[:at] + HOSTILE_NUMBERS[where % len(HOSTILE_NUMBERS)] + text[at + 1 :]
