from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from gan_core.errors import NotFound, RevisionNotFound, Unreachable
from gan_core.hub import client
from gan_core.hub.repository import RepoInfo, read_text, repo_info
from tests.hub.repositories import FILES
from tests.hub.server import TOKEN, Hub


@pytest.fixture
def listed(hub: Hub) -> RepoInfo:
    hub.add("me/it", FILES)
    return repo_info("me/it")


def test_commit_files_and_licence_are_known_before_any_file_is_requested(hub: Hub) -> None:
    commit = hub.add("me/it", FILES, licence="apache-2.0")
    info = repo_info("me/it")
    assert (info.commit, info.licence) == (commit, "apache-2.0")
    assert {file.path: file.size for file in info.files} == {path: len(data) for path, data in FILES.items()}
    assert not hub.requests_for("/resolve/")


def test_paths_that_leave_the_folder_are_left_out(hub: Hub) -> None:
    hub.add(
        "me/it",
        {
            "../../x.pth": b"",
            "x" * 250 + ".pth": b"",
            "/etc/x.pth": b"",
            "a/../x.pth": b"",
            "c:\\x.pth": b"",
            "fine.pth": b"",
        },
    )
    assert [file.path for file in repo_info("me/it").files] == ["fine.pth"]


def test_a_private_model_needs_a_token(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("me/it", FILES, private=True)
    with pytest.raises(NotFound, match=r"or it is private.*hf auth login.*HF_TOKEN"):
        repo_info("me/it")
    assert repo_info("me/it", token=TOKEN).files
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert repo_info("me/it").private


def test_small_files_are_read_and_large_ones_are_not(listed: RepoInfo) -> None:
    assert read_text(listed, "README.md", 100) == "# A model\n"
    assert read_text(listed, "model.safetensors", 100) == ""
    assert read_text(listed, "nothing", 100) == ""


def test_an_unknown_revision_is_an_error_of_its_own(hub: Hub) -> None:
    hub.add("me/it", FILES)
    with pytest.raises(RevisionNotFound, match="me/it on the Hub has no revision 'v7'"):
        repo_info("me/it", "v7")


def test_a_server_that_does_not_answer_is_unreachable(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(Unreachable, match=r"no connection to http://127.0.0.1:9: is the network on\?"):
        repo_info("me/it")


def test_a_server_that_answers_unlike_a_hub_is_unreachable(hub: Hub) -> None:
    hub.fault("/api/models", status=200)
    with pytest.raises(Unreachable, match="does not answer like a Hub"):
        repo_info("me/it")


ENTRY = {"type": "file", "path": "x.pth", "size": 3}


@pytest.mark.parametrize(
    "listing",
    [
        3, None, "text", {}, [3], [[]], [None], [ENTRY | {"path": None}], [ENTRY | {"path": ["x"]}], [{"type": "file"}],
        [ENTRY | {"size": "3"}], [ENTRY | {"size": -1}], [ENTRY | {"lfs": {"size": None}}],
        [ENTRY | {"lfs": {"size": 3, "oid": 7}}],
    ],
    ids=repr,
)  # fmt: skip
def test_a_listing_that_is_none_is_no_answer_of_a_hub(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, listing: object
) -> None:
    hub.add("me/it", FILES)
    monkeypatch.setattr("gan_core.hub.client.read_json", answers_by_address(listing))
    with pytest.raises(Unreachable, match="does not answer like a Hub"):
        repo_info("me/it")


def answers_by_address(listing: object) -> Callable[[Any], object]:
    return lambda response: listing if "/tree/" in str(response.url) else response.json()


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[" * 100_000, b"\xff"], ids=["empty", "a page", "nested", "binary"]
)
def test_an_answer_that_is_no_json_is_none_of_a_hub(content: bytes) -> None:
    with pytest.raises(Unreachable, match="does not answer like a Hub"):
        client.read_json(SimpleNamespace(content=content))


@pytest.mark.parametrize(
    "facts", [{"cardData": [1]}, {"cardData": None, "tags": 3}, {"tags": [None, 3, "license:mit"]}]
)
def test_odd_facts_about_a_model_are_left_out(hub: Hub, monkeypatch: pytest.MonkeyPatch, facts: dict) -> None:
    hub.add("me/it", FILES)
    read_json = client.read_json

    def answer(response: Any) -> Any:
        values = read_json(response)
        return values | facts if isinstance(values, dict) else values

    monkeypatch.setattr("gan_core.hub.client.read_json", answer)
    assert repo_info("me/it").licence in (None, "mit")
