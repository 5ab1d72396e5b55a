import pytest

from gan_core.hub.licenses import describe_licence, is_permissive


@pytest.mark.parametrize(
    ("licence", "summary"),
    [
        (None, "No licence is stated"), ("other", "No licence is stated"), ("mit", "free for any use"),
        ("gpl-3.0", "same terms"), ("cc-by-nc-sa-4.0", "not for commercial use"), ("openrail", "its own terms"),
    ],
)  # fmt: skip
def test_a_licence_is_summarised_in_a_sentence(licence: str | None, summary: str) -> None:
    assert summary in describe_licence(licence)


def test_only_licences_that_ask_for_attribution_alone_are_permissive() -> None:
    assert is_permissive("MIT")
    assert not any(map(is_permissive, (None, "gpl-3.0", "cc-by-nc-4.0", "openrail")))
