"""Finds the parts of a weights file that was split, such as model-00001-of-00003.safetensors and its index."""

import re
from pathlib import Path

from gan_core.errors import BrokenWeights
from gan_core.json_text import parse_json

SHARD = re.compile(r"^(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})(?P<suffix>\.(safetensors|bin|pth|pt))$")
INDEX_SUFFIX = ".index.json"
MAX_SHARDS = 1000
MAX_INDEX_BYTES = 50_000_000


def find_shards(source: Path | bytes, name: str) -> list[Path]:
    """The files of all parts in order, where `source` is one of them or their index; else none.

    Raises BrokenWeights where parts are missing, or bytes are one part of several.
    """
    names = read_index(source) if isinstance(source, Path) and name.endswith(INDEX_SUFFIX) else shard_names(name)
    if not names:
        return []
    if isinstance(source, bytes):
        raise BrokenWeights(
            f"{name} is one of {len(names)} parts of a network, and holds only some of its weights: give one file."
        )
    missing = [part for part in names if not (source.parent / part).is_file()]
    if missing:
        raise BrokenWeights(
            f"{name} belongs to a network in {len(names)} parts, of which {missing[0]} is not beside it: put all parts "
            f"into one folder."
        )
    return [source.parent / part for part in names]


def shard_names(name: str) -> list[str]:
    """The names of all parts of which a name is one; none where it is no part, or the only one."""
    found = SHARD.match(name)
    if not found or not 1 < int(found["count"]) <= MAX_SHARDS:
        return []
    return [
        f"{found['stem']}-{number:05}-of-{found['count']}{found['suffix']}"
        for number in range(1, int(found["count"]) + 1)
    ]


def read_index(file: Path) -> list[str]:
    """The names of the parts that an index lists, none outside its folder; empty where it is no index."""
    try:
        if file.stat().st_size > MAX_INDEX_BYTES:
            return []
        return names_in_index(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []


def names_in_index(text: str) -> list[str]:
    """The same from the text of an index. Raises ValueError where it is no JSON."""
    values = parse_json(text)
    weight_map = values.get("weight_map") if isinstance(values, dict) else None
    values = list(weight_map.values()) if isinstance(weight_map, dict) else []
    if not all(isinstance(name, str) and Path(name).name == name for name in values):
        return []
    return sorted(set(values))[:MAX_SHARDS]
