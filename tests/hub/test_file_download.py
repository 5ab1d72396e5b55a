import errno
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from gan_core.errors import AuthenticationRequired, DiskFull, HashMismatch, IncompleteDownload
from gan_core.hub import file_download
from gan_core.hub.file_download import download_file
from gan_core.hub.repository import RepoInfo, repo_info
from tests.hub.repositories import DATA, FILES, download
from tests.hub.server import TOKEN, Hub, running_hub


@pytest.fixture
def listed(hub: Hub) -> RepoInfo:
    hub.add("me/it", FILES)
    return repo_info("me/it")


def test_a_file_is_downloaded_at_the_commit_of_the_listing(hub: Hub, tmp_path: Path) -> None:
    old = hub.add("me/it", FILES, ref="v1")
    info = repo_info("me/it", "v1")
    hub.add("me/it", {"model.safetensors": b"new"}, ref="v1")
    download(info, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == DATA
    assert repo_info("me/it", old).commit == old


def test_progress_is_reported_until_the_file_is_complete(listed: RepoInfo, tmp_path: Path) -> None:
    progress = download(listed, tmp_path / "new" / "x")
    assert (tmp_path / "new" / "x").read_bytes() == DATA
    assert progress[0] == (0, len(DATA))
    assert progress[-1] == (len(DATA), len(DATA))
    assert [done for done, _ in progress] == sorted(done for done, _ in progress)
    assert len(progress) > 2


def test_a_broken_connection_is_resumed_where_it_broke(hub: Hub, listed: RepoInfo, tmp_path: Path) -> None:
    hub.fault("/resolve/", cut=300_000, times=2)
    download(listed, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == DATA
    assert hub.ranges == ["bytes=300000-", "bytes=600000-"]


def test_a_redirect_to_a_store_is_followed_without_the_token(hub: Hub, tmp_path: Path) -> None:
    """The real Hub redirects requests for large files to a store, which must not receive the token."""
    commit = hub.add("me/it", FILES, private=True)
    with running_hub() as store:
        store.add("me/it", FILES)
        location = f"{store.address.replace('127.0.0.1', 'localhost')}/me/it/resolve/{commit}/model.safetensors"
        hub.fault("/resolve/", status=302, headers={"Location": location})
        info = repo_info("me/it", token=TOKEN)
        (file,) = [file for file in info.files if file.path == "model.safetensors"]
        (tmp_path / "x.partial").write_bytes(DATA[:1000])
        download_file(info, file, tmp_path / "x", lambda *_: None, TOKEN)
        assert store.ranges == ["bytes=1000-"]
        assert store.tokens == [None]
    assert set(hub.tokens) == {f"Bearer {TOKEN}"}
    assert (tmp_path / "x").read_bytes() == DATA


def test_an_incomplete_download_is_kept_for_the_next_attempt(hub: Hub, listed: RepoInfo, tmp_path: Path) -> None:
    broken = hub.fault("/resolve/", cut=100_000)
    with pytest.raises(IncompleteDownload, match="broke repeatedly"):
        download(listed, tmp_path / "x")
    assert not (tmp_path / "x").exists()
    hub.faults.remove(broken)
    progress = download(listed, tmp_path / "x")
    assert progress[0] == (400_000, len(DATA))
    assert (tmp_path / "x").read_bytes() == DATA


def test_content_with_a_wrong_hash_is_deleted(hub: Hub, listed: RepoInfo, tmp_path: Path) -> None:
    hub.fault("/resolve/", spoil=True)
    with pytest.raises(HashMismatch, match="other content than the Hub announced"):
        download(listed, tmp_path / "x")
    assert list(tmp_path.iterdir()) == [tmp_path / "fetched"] or not list(tmp_path.glob("x*"))


def test_a_file_that_is_shorter_than_announced_is_incomplete(hub: Hub, listed: RepoInfo, tmp_path: Path) -> None:
    hub.repositories["me/it"].commits[listed.commit] = {"model.safetensors": DATA[:1000]}
    with pytest.raises(IncompleteDownload, match="was interrupted at 1,000 of 1,024,000 bytes"):
        download(listed, tmp_path / "x")


def test_a_full_disk_is_detected_before_and_during_a_download(
    listed: RepoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(0, 0, 1000))
    with pytest.raises(DiskFull, match="no space for 1 MB"):
        download(listed, tmp_path / "x")
    monkeypatch.undo()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(file_download, "resume_download", full)
    with pytest.raises(DiskFull, match="What was received is kept"):
        download(listed, tmp_path / "x")


@pytest.mark.parametrize("where", ["/api/models", "/resolve/"])
def test_a_transient_error_is_retried(hub: Hub, tmp_path: Path, where: str) -> None:
    hub.add("me/it", FILES)
    hub.fault(where, status=503, times=2)
    download(repo_info("me/it"), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == DATA


def test_a_gated_model_names_the_page_to_request_access_on(hub: Hub, tmp_path: Path) -> None:
    hub.add("me/it", FILES, gated=True)
    with pytest.raises(AuthenticationRequired, match=f"gated: ask for access at {hub.address}/me/it"):
        download(repo_info("me/it"), tmp_path / "x")
