"""Images that cannot be read are counted by reason, and every reason is told."""

from gan_core.data.unreadable import describe_unreadable, list_unreadable, reason_without_name
from gan_core.errors import UsageError

REASONS = {"a.png": "is text", "b.png": "is empty", "c.png": "is text", "d.png": "is text", "e.png": "is text"}


def test_reasons_are_counted_the_most_frequent_one_first() -> None:
    assert describe_unreadable(REASONS, 9) == [
        "4 of 9 images could not be read and were skipped: a.png, c.png, d.png, ... (is text).",
        "1 of 9 images could not be read and were skipped: b.png (is empty).",
    ]
    assert list_unreadable(REASONS) == "a.png, c.png, d.png, ... (is text); b.png (is empty)"
    assert describe_unreadable({}, 9) == []


def test_rare_reasons_are_taken_together() -> None:
    sentences = describe_unreadable({f"{number}.png": f"reason {number}" for number in range(9)}, 9, "photos")
    assert len(sentences) == 5
    assert sentences[-1].startswith("5 of 9 photos could not be read and were skipped: 4.png, 5.png, 6.png, ...")


def test_a_reason_has_neither_the_name_nor_a_line_break() -> None:
    assert reason_without_name(UsageError("a.png is text, not an image."), "a.png") == "is text, not an image"
    assert reason_without_name(PermissionError(13, "Permission denied"), "a.png") == "permission denied"
    assert reason_without_name(ValueError(), "a.png") == "ValueError"
    assert "\n" not in describe_unreadable({"a\n.png": "is\nodd", "\udcff.png": "is\nodd"}, 2)[0]
    describe_unreadable({"\udcff.png": "is odd"}, 2)[0].encode()
