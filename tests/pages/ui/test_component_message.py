"""The message that components receive can be taken apart again."""

import json

from pages.ui.component_message import encode_message


def test_a_message_is_a_length_a_header_and_the_parts() -> None:
    header = {"title": "Größe", "lengths": [3, 2]}
    message = encode_message(header, b"abc", b"de")
    length = int.from_bytes(message[:4], "little")
    assert json.loads(message[4 : 4 + length]) == header
    assert message[4 + length :] == b"abcde"
