"""Untrusted text in Markdown elements, and durations in words."""

import pytest

from pages.ui.markdown import escape_markdown, humanise_duration, humanise_range, sanitise_model_card


def test_untrusted_text_means_nothing_to_markdown() -> None:
    assert escape_markdown("[x](http://y) $z$ <b>") == r"\[x\](http://y) \$z\$ \<b\>"
    assert sanitise_model_card("---\na: b\n---\n# T\n\n![a][b] <img src=x>![c](d) e") == "# T\n\n*a* *c* e"


@pytest.mark.parametrize(
    "picture",
    [
        "![a](http://elsewhere/a.png)", "![a [b] c](http://elsewhere/a.png)", r"![a\]b](http://elsewhere/a.png)",
        "![a]\n\n[a]: http://elsewhere/a.png", "!<b>[a](http://elsewhere/a.png)", "!![a](http://elsewhere/a.png)",
        "!<!-- -->![a](http://elsewhere/a.png)", "[![a](http://elsewhere/a.png)](http://elsewhere)",
    ],
)  # fmt: skip
def test_no_way_to_write_a_picture_leaves_one_in_a_card(picture: str) -> None:
    assert "![" not in sanitise_model_card(picture)
    assert "<" not in sanitise_model_card(picture)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 second"),
        (1.6, "2 seconds"),
        (89, "89 seconds"),
        (91, "2 minutes"),
        (9000, "2.5 hours"),
        (259_200, "3.0 days"),
    ],
)  # fmt: skip
def test_a_duration_is_said_in_the_largest_unit_that_fits(seconds: float, text: str) -> None:
    assert humanise_duration(seconds) == text


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (180, 300, "3 to 5 minutes"),
        (40, 150, "40 seconds to 2 minutes"),
        (180, 181, "3 minutes"),
        (0.2, 3, "1 second to 3 seconds"),
        (6000, 9000, "1.7 to 2.5 hours"),
    ],
)
def test_a_range_of_durations_names_its_unit_once_where_it_can(low: float, high: float, expected: str) -> None:
    assert humanise_range(low, high) == expected
