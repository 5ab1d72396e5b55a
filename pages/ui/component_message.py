"""The message that a component of the app's own receives: a JSON header and binary parts in one block of bytes."""

import json
from collections.abc import Mapping

LENGTH_BYTES = 4


def encode_message(header: Mapping[str, object], *parts: bytes) -> bytes:
    """The header's length as a little-endian uint32, the header as UTF-8 JSON, then the parts without separators.

    The header must say how long each part is, or make it computable.
    """
    header_bytes = json.dumps(header).encode()
    return b"".join((len(header_bytes).to_bytes(LENGTH_BYTES, "little"), header_bytes, *parts))
