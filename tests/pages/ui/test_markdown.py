"""Untrusted text in Markdown elements, and durations in words."""

import pytest

from pages.ui.markdown import escape_markdown, humanise_duration, sanitise_model_card


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
