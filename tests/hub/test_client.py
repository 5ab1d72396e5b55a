"""The Hub by its real client, against a server on loopback that behaves well, and then badly."""

import errno
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from gan_core.errors import (
    AuthenticationRequired,
    DiskFull,
    ExternalError,
    HashMismatch,
    IncompleteDownload,
    NotFound,
    RevisionNotFound,
    TimedOut,
    Unreachable,
    UsageError,
)
from gan_core.hub import client
from gan_core.hub.client import RepoInfo
from tests.hub.server import TOKEN, Hub, running_hub

DATA = bytes(range(256)) * 4000  # 1 MB
FILES = {"model.safetensors": DATA, "README.md": b"# A model\n", "deep/er/x.pth": b"xyz"}


@pytest.fixture
def listed(hub: Hub) -> RepoInfo:
    hub.add("me/it", FILES)
    return client.repo_info("me/it")


def download(info: RepoInfo, target: Path, path: str = "model.safetensors") -> list[tuple[int, int]]:
    """Download; what was reported."""
    progress: list[tuple[int, int]] = []
    file = info.file(path)
    assert file is not None
    client.download_file(info, file, target, lambda done, total: progress.append((done, total)))
    return progress


# Looking -------------------------------------------------------------------------------------------------------------


def test_a_listing_is_known_before_anything_large_is_asked_for(hub: Hub) -> None:
    commit = hub.add("me/it", FILES, licence="apache-2.0")
    found = client.repo_info("me/it")
    assert (found.commit, found.licence) == (commit, "apache-2.0")
    assert {file.path: file.size for file in found.files} == {path: len(data) for path, data in FILES.items()}
    assert not hub.requests_for("/resolve/")


def test_a_revision_is_pinned_to_its_commit(hub: Hub, tmp_path: Path) -> None:
    old = hub.add("me/it", FILES, ref="v1")
    found = client.repo_info("me/it", "v1")
    hub.add("me/it", {"model.safetensors": b"new"}, ref="v1")
    download(found, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == DATA
    assert client.repo_info("me/it", old).commit == old


def test_a_private_model_needs_the_token(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("me/it", FILES, private=True)
    with pytest.raises(NotFound, match=r"or it is private.*hf auth login.*HF_TOKEN"):
        client.repo_info("me/it")
    assert client.repo_info("me/it", token=TOKEN).files
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert client.repo_info("me/it").private


def test_names_that_leave_their_folder_are_not_there(hub: Hub) -> None:
    hub.add("me/it", {"../../x.pth": b"", "/etc/x.pth": b"", "a/../x.pth": b"", "c:\\x.pth": b"", "fine.pth": b""})
    assert [file.path for file in client.repo_info("me/it").files] == ["fine.pth"]


def test_small_files_are_read_and_large_ones_are_not(listed: RepoInfo) -> None:
    assert client.read_text(listed, "README.md", 100) == "# A model\n"
    assert client.read_text(listed, "model.safetensors", 100) == ""
    assert client.read_text(listed, "nothing", 100) == ""


# Downloading ---------------------------------------------------------------------------------------------------------


def test_a_download_reports_its_way_and_holds_the_content_against_the_hash(listed: RepoInfo, tmp_path: Path) -> None:
    told = download(listed, tmp_path / "new" / "x")
    assert (tmp_path / "new" / "x").read_bytes() == DATA
    assert told[0] == (0, len(DATA))
    assert told[-1] == (len(DATA), len(DATA))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len(told) > 2


def test_a_line_that_breaks_is_taken_up_again_where_it_broke(hub: Hub, listed: RepoInfo, tmp_path: Path) -> None:
    hub.fault("/resolve/", cut=300_000, times=2)
    download(listed, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == DATA
    assert hub.ranges == ["bytes=300000-", "bytes=600000-"]


def test_a_file_that_lies_elsewhere_is_fetched_there_without_the_token(hub: Hub, tmp_path: Path) -> None:
    """The real Hub sends whoever asks for a large file on to a store, which is no business of the token's."""
    commit = hub.add("me/it", FILES, private=True)
    with running_hub() as store:
        store.add("me/it", FILES)
        there = f"{store.address.replace('127.0.0.1', 'localhost')}/me/it/resolve/{commit}/model.safetensors"
        hub.fault("/resolve/", status=302, headers={"Location": there})
        listing = client.repo_info("me/it", token=TOKEN)
        (file,) = [file for file in listing.files if file.path == "model.safetensors"]
        (tmp_path / "x.partial").write_bytes(DATA[:1000])
        client.download_file(listing, file, tmp_path / "x", lambda *_: None, TOKEN)
        assert store.ranges == ["bytes=1000-"]
        assert store.tokens == [None]
    assert set(hub.tokens) == {f"Bearer {TOKEN}"}
    assert (tmp_path / "x").read_bytes() == DATA


def test_what_came_is_kept_for_the_next_attempt(hub: Hub, listed: RepoInfo, tmp_path: Path) -> None:
    broken = hub.fault("/resolve/", cut=100_000)
    with pytest.raises(IncompleteDownload, match="broke again and again"):
        download(listed, tmp_path / "x")
    assert not (tmp_path / "x").exists()
    hub.faults.remove(broken)
    told = download(listed, tmp_path / "x")
    assert told[0] == (400_000, len(DATA))
    assert (tmp_path / "x").read_bytes() == DATA


def test_other_content_than_announced_is_thrown_away(hub: Hub, listed: RepoInfo, tmp_path: Path) -> None:
    hub.fault("/resolve/", spoil=True)
    with pytest.raises(HashMismatch, match="other content than the Hub announced"):
        download(listed, tmp_path / "x")
    assert list(tmp_path.iterdir()) == [tmp_path / "fetched"] or not list(tmp_path.glob("x*"))


def test_a_file_that_is_shorter_than_announced_is_no_file(hub: Hub, listed: RepoInfo, tmp_path: Path) -> None:
    hub.repositories["me/it"].commits[listed.commit] = {"model.safetensors": DATA[:1000]}
    with pytest.raises(IncompleteDownload, match="broke off at 1,000 of 1,024,000 bytes"):
        download(listed, tmp_path / "x")


def test_a_full_disk_is_noticed_before_and_during(
    listed: RepoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage(0, 0, 1000))
    with pytest.raises(DiskFull, match="no room for 1 MB"):
        download(listed, tmp_path / "x")
    monkeypatch.undo()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(client, "resume_download", full)
    with pytest.raises(DiskFull, match="What came is kept"):
        download(listed, tmp_path / "x")


# Trouble -------------------------------------------------------------------------------------------------------------

REFUSALS = [
    (401, {}, AuthenticationRequired, "does not accept the token"),
    (401, {"X-Error-Code": "RepoNotFound"}, NotFound, "no model me/it on the Hub, or it is private"),
    (403, {"X-Error-Code": "GatedRepo"}, AuthenticationRequired, "gated: ask for access at http.*/me/it, then log in"),
    (403, {}, AuthenticationRequired, "The token may not do this"),
    (404, {"X-Error-Code": "RepoNotFound"}, NotFound, "no model me/it on the Hub"),
    (404, {"X-Error-Code": "RevisionNotFound"}, RevisionNotFound, "no revision"),
    (404, {"X-Error-Code": "EntryNotFound"}, NotFound, "no file 'model.safetensors'"),
    (429, {"Retry-After": "7"}, Unreachable, "too many requests from here: try again in 7 seconds"),
    (429, {}, Unreachable, "too many requests from here: try again in a few minutes"),
    (500, {}, Unreachable, r"trouble of its own \(status 500\)"),
    (503, {}, Unreachable, r"status 503"),
    (418, {}, UsageError, r"refused the request for me/it on the Hub \(status 418\)"),
]


@pytest.mark.parametrize(("status", "headers", "kind", "words"), REFUSALS)
def test_each_refusal_is_an_error_of_its_own_in_a_sentence(
    hub: Hub, listed: RepoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status, headers, kind, words
) -> None:
    monkeypatch.setattr(client, "MAX_BACKOFF_S", 0.0)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.fault("/resolve/", status=status, headers=headers)
    with pytest.raises(kind, match=words) as caught:
        download(listed, tmp_path / "x")
    assert type(caught.value) is kind
    assert "hf_secret" not in str(caught.value)
    if "EntryNotFound" not in headers.values():
        hub.fault("/api/models/", status=status, headers=headers)
        with pytest.raises((kind, NotFound)):
            client.repo_info("me/it")


def test_a_revision_that_is_none_is_said(hub: Hub) -> None:
    hub.add("me/it", FILES)
    with pytest.raises(RevisionNotFound, match="me/it on the Hub has no revision 'v7'"):
        client.repo_info("me/it", "v7")


def test_a_gated_model_says_where_to_ask(hub: Hub, tmp_path: Path) -> None:
    hub.add("me/it", FILES, gated=True)
    with pytest.raises(AuthenticationRequired, match=f"gated: ask for access at {hub.address}/me/it"):
        download(client.repo_info("me/it"), tmp_path / "x")


@pytest.mark.parametrize("where", ["/api/models", "/resolve/"])
def test_trouble_that_passes_is_waited_for(hub: Hub, tmp_path: Path, where: str) -> None:
    hub.add("me/it", FILES)
    hub.fault(where, status=503, times=2)
    download(client.repo_info("me/it"), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == DATA


def test_a_hub_that_is_too_slow_is_given_up(
    hub: Hub, listed: RepoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "0.1")
    monkeypatch.setattr(client, "MAX_ATTEMPTS", 2)
    hub.fault("/", pause=0.5)
    with pytest.raises(TimedOut, match=r"longer than 0.1 seconds"):
        client.repo_info("me/it")
    with pytest.raises(TimedOut, match=r"longer than 0.1 seconds"):
        download(listed, tmp_path / "x")


def test_no_server_at_all_is_said(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(Unreachable, match=r"no connection to http://127.0.0.1:9: is the network on\?"):
        client.repo_info("me/it")


def test_what_answers_otherwise_than_a_hub_is_no_hub(hub: Hub) -> None:
    hub.fault("/api/models", status=200)
    with pytest.raises(Unreachable, match="does not answer like a Hub"):
        client.repo_info("me/it")


# Sending -------------------------------------------------------------------------------------------------------------


def test_files_go_out_in_one_commit(hub: Hub, signed_in: str, tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(DATA)
    address = client.upload_files(
        "me/new", {"a.json": b"{}", "model.safetensors": tmp_path / "w"}, "First", private=True
    )
    assert hub.files("me/new")["model.safetensors"] == DATA
    assert hub.files("me/new")["a.json"] == b"{}"
    assert hub.repositories["me/new"].private
    assert address.startswith(hub.address)
    assert len(hub.requests_for("/commit/")) == 1


def test_a_token_that_is_none_is_refused_without_being_repeated(hub: Hub) -> None:
    with pytest.raises(AuthenticationRequired, match="does not accept the token") as caught:
        client.upload_files("me/new", {"a.json": b"{}"}, "First", private=False, token="hf_wrong")
    assert "hf_wrong" not in str(caught.value)


def test_without_a_token_nothing_is_sent(hub: Hub) -> None:
    with pytest.raises(AuthenticationRequired, match="needs an account on the Hub"):
        client.require_token()


@pytest.mark.parametrize(
    ("where", "status", "kind"), [("/commit/", 403, AuthenticationRequired), ("/commit/", 412, ExternalError)]
)
def test_an_upload_that_is_refused_says_why(hub: Hub, signed_in: str, where: str, status: int, kind) -> None:
    hub.fault(where, method="POST", status=status)
    with pytest.raises(kind):
        client.upload_files("me/new", {"a.json": b"{}"}, "First", private=False)
