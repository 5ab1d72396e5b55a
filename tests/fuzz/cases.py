"""Inputs as files: JSON in which bytes are base64, so that a failure can be run again and looked at."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

BYTES_KEY = "base64"


def encode(value: Any) -> Any:
    """The value as JSON; tuples become lists."""
    if isinstance(value, bytes):
        return {BYTES_KEY: base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    return [encode(item) for item in value] if isinstance(value, (list, tuple)) else value


def decode(value: Any) -> Any:
    if isinstance(value, dict):
        is_bytes = set(value) == {BYTES_KEY} and isinstance(value[BYTES_KEY], str)
        return base64.b64decode(value[BYTES_KEY]) if is_bytes else {key: decode(item) for key, item in value.items()}
    return [decode(item) for item in value] if isinstance(value, list) else value


def to_json(target: str, value: Any, text: str = "") -> str:
    return json.dumps({"target": target, "finding": text, "input": encode(value)}, indent=1)


def save_case(folder: Path, target: str, value: Any, signature: str, text: str) -> Path:
    """Writes an input and what it caused, the bytes in it once more as a file; returns the path of the JSON file."""
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(signature.encode()).hexdigest()[:8]
    file = folder / f"{re.sub(r'[^a-z0-9]+', '-', target.lower())}-{digest}.json"
    file.write_text(to_json(target, value, text), encoding="utf-8")
    for number, content in enumerate(all_bytes(value)):
        file.with_suffix(f".{number}.bin").write_bytes(content)
    return file


def load_case(file: Path) -> tuple[str, Any]:
    """The name of the target, and the input."""
    case = json.loads(file.read_text(encoding="utf-8"))
    return case["target"], decode(case["input"])


def all_bytes(value: Any) -> list[bytes]:
    if isinstance(value, bytes):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [content for item in items for content in all_bytes(item)]
