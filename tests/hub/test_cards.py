import pytest

from gan_core.hub.cards import is_unedited, read_licence, split_front_matter, with_licence, with_signature


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("---\na: 1\nb: 2\n---\n# It\n", ("a: 1\nb: 2", "\n# It\n")),
        ("\n---\na: 1\n---", ("a: 1", "")),
        ("# It\n\n---\na: 1\n---\n", (None, "# It\n\n---\na: 1\n---\n")),
        ("---\nnever closed", (None, "---\nnever closed")),
        ("", (None, "")),
    ],
)
def test_front_matter_is_what_lies_between_two_rules_at_the_start(text: str, parts: tuple[str | None, str]) -> None:
    assert split_front_matter(text) == parts


@pytest.mark.parametrize(
    ("front_matter", "licence"),
    [
        ("license: mit", "mit"),
        ('tags: [a]\nlicense:  "cc-by-4.0"', "cc-by-4.0"),
        ("license: [mit, 'apache-2.0']", "mit, apache-2.0"),
        ("license: []", None),
        ("license:  \ntags: [a]", None),
        ("license_name: mine", None),
        ("", None),
    ],
)
def test_the_licence_is_read_from_the_front_matter(front_matter: str, licence: str | None) -> None:
    assert read_licence(f"---\n{front_matter}\n---\nlicense: other\n") == licence


def test_a_licence_replaces_the_one_stated_and_keeps_the_rest_of_the_card() -> None:
    card = "---\nlicense: other\nlicense_name: mine\nlicense_link: here\ntags:\n- gan\n---\n# It\n"
    assert with_licence(card, "mit") == "---\nlicense: mit\ntags:\n- gan\n---\n# It\n"
    assert with_licence("\n# It\n", "mit") == "---\nlicense: mit\n---\n\n# It\n"


def test_a_signed_card_is_unedited_until_it_is_changed() -> None:
    card = with_signature("---\nlicense: mit\n---\n\n# It\n")
    assert is_unedited(card)
    assert not is_unedited(card.replace("# It", "# That"))
    assert not is_unedited("# Without a signature\n")


def test_the_cards_that_the_hub_itself_creates_count_as_unedited() -> None:
    assert is_unedited("")
    assert is_unedited("---\nlicense: mit\n---\n")
