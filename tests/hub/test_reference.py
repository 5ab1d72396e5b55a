import pytest

from gan_core.errors import UsageError
from gan_core.hub.reference import Reference, parse_pasted, parse_reference


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


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("me/it", ("me/it", None, None)),
        (" me/it@v1.0\n", ("me/it", None, "v1.0")),
        ("me/it/deep/x.pth@main", ("me/it", "deep/x.pth", "main")),
        ("hub:me/it@v1.0", ("me/it", None, "v1.0")),
        ("https://huggingface.co/me/it", ("me/it", None, None)),
        ("http://www.huggingface.co/me/it/", ("me/it", None, None)),
        ("huggingface.co/me/it", ("me/it", None, None)),
        ("HuggingFace.co/me/it", ("me/it", None, None)),
        ("<https://hf.co/me/it?library=x&a=b#how-to-use>", ("me/it", None, None)),
        ("https://huggingface.co/me/it/tree/main", ("me/it", None, None)),
        ("https://huggingface.co/me/it/tree/v1.0/sub", ("me/it", None, "v1.0")),
        ("https://huggingface.co/me/it/tree/refs%2Fpr%2F1", ("me/it", None, "refs/pr/1")),
        ("https://huggingface.co/me/it/commit/0123abc", ("me/it", None, "0123abc")),
        ("https://huggingface.co/me/it/discussions/3", ("me/it", None, None)),
        ("https://huggingface.co/me/it/blob/main/deep/x.pth", ("me/it", "deep/x.pth", None)),
        ("https://huggingface.co/me/it/resolve/v2/x.pth?download=true", ("me/it", "x.pth", "v2")),
        ("https://huggingface.co/me/it/blob/main/a%20b.pth", ("me/it", "a b.pth", None)),
    ],
)
def test_a_name_or_a_pasted_address_is_a_reference(text: str, parts: tuple[str, ...]) -> None:
    assert parse_pasted(text) == Reference(*parts)


def test_an_address_of_the_hub_that_is_set_up_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1234")
    assert parse_pasted("http://127.0.0.1:1234/me/it/tree/v2") == Reference("me/it", None, "v2")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("https://huggingface.co/spaces/me/it", "is the address of a Space"),
        ("https://huggingface.co/datasets/me/it/tree/main", "is the address of a data set"),
        ("https://huggingface.co/papers/2401.1", "is the address of a paper"),
        ("https://huggingface.co/me", "names no model"),
        ("https://huggingface.co", "names no model"),
        ("https://huggingface.co/models?search=gan", "names no model"),
        ("https://example.com/me/it", "is not an address on the Hugging Face Hub"),
        ("https://huggingface.co.example.com/me/it", "is not an address on the Hugging Face Hub"),
        ("https://huggingface.co@example.com/me/it", "is not an address on the Hugging Face Hub"),
        ("ftp://huggingface.co/me/it", "is not an address on the Hugging Face Hub"),
        ("file:///etc/passwd", "is not an address on the Hugging Face Hub"),
        ("http://[", "is not an address on the Hugging Face Hub"),
        ("http://", "is not an address on the Hugging Face Hub"),
        ("https://huggingface.co/me/it/blob/main/" + "x" * 3000, "names no model"),
        ("https://huggingface.co/../it", "is not a name on the Hub"),
        ("https://huggingface.co/me/it/blob/main/..%2f..%2fx.pth", "hub:OWNER/NAME is"),
        ("https://huggingface.co/me%2Fit/x", "is not a name on the Hub"),
        ("https://huggingface.co/me/it/blob/main/x%00.pth", "hub:OWNER/NAME is"),
        ("javascript:alert(1)", "hub:OWNER/NAME is"),
        ("../me/it", "hub:OWNER/NAME is"),
        ("/me/it", "hub:OWNER/NAME is"),
        ("it", "hub:OWNER/NAME is"),
        ("", "hub:OWNER/NAME is"),
        ("me it", "hub:OWNER/NAME is"),
        ("x" * 5000, "hub:OWNER/NAME is"),
    ],
)
def test_what_is_no_model_is_refused_for_what_it_is(text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        parse_pasted(text)
