"""JSON of any origin is parsed, or refused with the reason."""

import pytest

from gan_core.json_text import parse_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, null]}', {"a": [1, None]}),
        (b'\xef\xbb\xbf{"a": "\xc3\xa9"}', {"a": "é"}),
        ('"\\ud83d\\ude00"', "😀"),
        ('"\\\\ud800"', "\\ud800"),
        ('{"\\ud800a": ["\\uDC00", 1e5, "\\n\\ud83d\\ude00"]}', {"\ufffda": ["\ufffd", 1e5, "\n😀"]}),
    ],
    ids=[
        "text",
        "bytes with a byte order mark",
        "a surrogate pair",
        "an escaped backslash",
        "halves of surrogate pairs",
    ],
)
def test_json_is_parsed(text: str | bytes, value: object) -> None:
    assert parse_json(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is no JSON .Expecting value in line 1, column 1"),
        ('{"a": 1,}', "it is no JSON"),
        ("[" * 100_000, "it is nested too deeply"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "it is nested too deeply"),
        (b"\xff\xfe{}", "it is not in UTF-8"),
        ("9" * 5000, "it holds a number of too many digits"),
    ],
    ids=["nothing", "a comma", "lists", "objects", "other encoding", "digits"],
)
def test_anything_else_is_refused_with_the_reason(text: str | bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        parse_json(text)
    assert type(caught.value) is ValueError
