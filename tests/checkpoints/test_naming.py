"""The names and titles of one's own models."""

import pytest

from gan_core.checkpoints.naming import NAME_PATTERN, name_and_title
from gan_core.errors import UsageError


@pytest.mark.parametrize("name", ["mine", "mnist-cgan", "Faces_2.1", "8x8", "a"])
def test_a_safe_name_stays_as_it_is(name: str) -> None:
    assert name_and_title(name) == (name, None)
    assert name_and_title(f" {name} ") == (name, None)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My Flowers!", "my-flowers"),
        ("  My   Flowers!  ", "my-flowers"),
        ("Mum's  roses", "mums-roses"),
        ("Blumen für Zoë (2)", "blumen-fur-zoe-2"),
        ("--force", "force"),
        ("a; rm -rf ~", "a-rm-rf"),
        ("$(x)", "x"),
        ("hub:me", "hub-me"),
        ("<b>bold</b>".replace("/", ""), "b-bold-b"),
        ("花", "model"),
        ("👩\u200d🚀 crew", "crew"),
        ("!?", "model"),
    ],
)
def test_any_other_text_becomes_a_title_and_a_name_is_made_of_it(text: str, name: str) -> None:
    made, title = name_and_title(text)
    assert made == name
    assert NAME_PATTERN.fullmatch(made)
    assert title == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    ["", "  ", "../up", "a/b", "a\\b", ".hidden", "..", "x y" * 30, "a\x00 b", "a \x9b31m", "a \u202e b", "\ud800!"],
)
def test_a_path_an_empty_or_an_endless_text_is_no_name(text: str) -> None:
    with pytest.raises(UsageError, match="is no name for a checkpoint"):
        name_and_title(text)
