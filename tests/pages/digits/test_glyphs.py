"""The glyphs of a written line: which texts can be written, and the images of the separators."""

import pytest

from gan_core.errors import UsageError
from gan_core.images.encoding import decode_png
from pages.digits import glyphs


def test_white_space_is_trimmed_and_collapsed() -> None:
    assert glyphs.parse_line("  12 \t 34\n") == "12 34"


@pytest.mark.parametrize(
    ("text", "message"),
    [("1" * 33, "at most 32 fit"), ("12a", "trained on digits"), ("७", "trained on digits"), ("--", "no digit")],
)
def test_an_error_names_why_a_text_cannot_be_written(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        glyphs.parse_line(text)


@pytest.mark.parametrize("character", [*glyphs.SEPARATORS, " "])
def test_a_separator_is_half_as_wide_as_a_digit_and_only_a_space_is_empty(character: str) -> None:
    pixels = decode_png(glyphs.separator_png(character))
    assert pixels.shape == (28, 14, 1)
    assert pixels.any() == (character != " ")
