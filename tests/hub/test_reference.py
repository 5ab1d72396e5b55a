import pytest

from gan_core.errors import UsageError
from gan_core.hub.reference import Reference, parse_reference


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("hub:me/it", ("me/it", None, None)),
        (" hub:me/it@v1.0 ", ("me/it", None, "v1.0")),
        ("hub:me/it@refs/pr/1", ("me/it", None, "refs/pr/1")),
        ("hub:me/it/deep/x.pth@main", ("me/it", "deep/x.pth", "main")),
    ],
)
def test_a_reference_names_repository_file_and_revision(text: str, parts: tuple[str, ...]) -> None:
    assert parse_reference(text) == Reference(*parts)
    assert str(parse_reference(text)) == text.strip()


@pytest.mark.parametrize(
    "text", ["", "hub:", "me/it", "hub:it", "hub:me/", "hub:/it", "hub:me/it@", "hub:a b/c", "hub:../x", "hub:me/../x",
             "hub:me/it//x", "hub:" + "x" * 500, "http://127.0.0.1/x/y"]
)  # fmt: skip
def test_an_invalid_reference_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(UsageError, match=r"hub:OWNER/NAME is"):
        parse_reference(text)
