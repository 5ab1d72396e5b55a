import pytest

from gan_core.errors import NotFound, RevisionNotFound, Unreachable
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
    hub.add("me/it", {"../../x.pth": b"", "/etc/x.pth": b"", "a/../x.pth": b"", "c:\\x.pth": b"", "fine.pth": b""})
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
