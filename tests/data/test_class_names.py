"""The order of classes, and the class that a user means by a name or a number."""

import random
import unicodedata
from typing import Any

import pytest

from gan_core.data.class_names import are_numbers, clean_name, find_class, natural_key

NUMBERS = tuple(str(number) for number in range(1, 12))
TEXT_ORDER = tuple(sorted(NUMBERS))  # as versions before this one stored the classes of such folders
ACCENT = "\u00e9t\u00e9"


@pytest.mark.parametrize(
    "names",
    [
        NUMBERS,
        ("-2", "-1", "0", "3"),
        ("1", "01", "2", "a"),
        ("class1", "class2", "class10", "class10b", "class11"),
        ("10 cats", "a", "a1", "a1b", "b"),
        ("Zebra", "ant", ACCENT),
        ("7", "9" * 50, "1" + "0" * 60),
        ("", "a"),
    ],
)
def test_names_are_in_natural_order(names: tuple[str, ...]) -> None:
    shuffled = random.Random(0).sample(names, len(names))
    assert sorted(sorted(shuffled), key=natural_key)[-1] == names[-1]
    assert [name for name in sorted(shuffled, key=natural_key) if name != "01"] == [n for n in names if n != "01"]


def test_a_name_longer_than_python_converts_to_a_number_is_text() -> None:
    assert sorted(["9" * 6000, "x", "5"], key=natural_key)[0] == "5"
    assert not are_numbers(["1", "9" * 6000])
    assert find_class(("a", "b"), "9" * 6000) is None


@pytest.mark.parametrize(
    ("classes", "label", "index"),
    [
        (NUMBERS, "10", 9), (NUMBERS, 10, 9), (NUMBERS, "0", None), (NUMBERS, 0, None), (NUMBERS, 12, None),
        (TEXT_ORDER, "10", 1), (TEXT_ORDER, 2, 3), (TEXT_ORDER, "11", 2),
        (tuple("0123456789"), 7, 7), (tuple("0123456789"), "7", 7),
        (("01", "02", "10"), 2, 1), (("01", "02", "10"), "2", 1), (("-1", "1"), -1, 0),
        (("cat", "dog"), "dog", 1), (("cat", "dog"), 1, 1), (("cat", "dog"), "1", None), (NUMBERS, " 1 ", 0),
        (("cat", "dog"), 2, None), (("cat", "dog"), -1, None), (("cat", "dog"), "cow", None),
        (("cat", "dog"), "", None),
        (("7", "dog"), "7", 0), (("cat", "7"), 0, 0), (("cat", "0"), "0", 1),
        (("Cat", "dog"), "cat", 0), (("Cat", "cat"), "cat", 1), (("Cat", "CAT"), "cat", None),
        ((unicodedata.normalize("NFD", ACCENT), "b"), ACCENT, 0), (("cat", "dog"), 0.5, None), ((), 0, None),
    ],
)  # fmt: skip
def test_a_name_wins_and_a_number_is_a_name_where_all_names_are_numbers(
    classes: tuple[str, ...], label: Any, index: int | None
) -> None:
    assert find_class(classes, label) == index


def test_a_name_of_a_class_is_composed_and_can_be_written() -> None:
    assert clean_name(f" {unicodedata.normalize('NFD', ACCENT)}\n") == ACCENT
    assert clean_name("caf\udce9").encode() == b"caf\\udce9"
    assert clean_name("a\n\0b\t") == "a b"
