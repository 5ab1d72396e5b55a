import time
from pathlib import Path

import pytest

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.errors import HashMismatch, IncompleteDownload, Unreachable, UsageError
from gan_core.hub import download
from gan_core.hub.download import delete_fetched, fetch_model
from gan_core.hub.preview import preview_model
from gan_core.hub.reference import parse_reference
from tests.hub.repositories import IMPORTED, checkpoint_files, fetched, sampled
from tests.hub.server import Hub


def test_a_cached_commit_is_not_downloaded_again(hub: Hub) -> None:
    hub.add("me/it", IMPORTED["a DCGAN"][0]())
    first = fetched("hub:me/it")
    requested = len(hub.requests_for("/resolve/"))
    assert fetched("hub:me/it").folder == first.folder
    assert len(hub.requests_for("/resolve/")) == requested


def test_a_reference_to_a_cached_commit_makes_no_request(hub: Hub) -> None:
    commit = hub.add("me/it", IMPORTED["a DCGAN"][0]())
    fetched("hub:me/it")
    hub.requests.clear()
    assert fetched(f"hub:me/it@{commit}").name == f"me--it@{commit[:7]}"
    assert hub.requests == []


def test_a_new_commit_is_cached_beside_the_old_one(hub: Hub, own: Checkpoint) -> None:
    hub.add("me/it", IMPORTED["a DCGAN"][0]())
    old = fetched("hub:me/it")
    hub.add("me/it", checkpoint_files(own))
    new = fetched("hub:me/it")
    assert new.name != old.name
    assert {old.name, new.name} == {checkpoint.name for checkpoint in store.list_all_checkpoints(Path("nowhere"))}


def test_without_a_network_the_newest_copy_is_used_with_a_note(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("me/it", IMPORTED["a DCGAN"][0]())
    old = fetched("hub:me/it")
    time.sleep(0.01)
    hub.add("me/it", IMPORTED["a perceptron"][0]())
    new = fetched("hub:me/it")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    result = fetch_model(parse_reference("hub:me/it"))
    assert result.checkpoint.folder == new.folder != old.folder
    assert "no connection" in result.note
    assert f"The copy of {time.strftime('%Y-%m-%d')}" in result.note
    with pytest.raises(Unreachable, match="no connection"):
        fetched("hub:me/other")
    with pytest.raises(Unreachable):
        fetched("hub:me/it@v2")


@pytest.mark.parametrize("status", [500, 429])
def test_a_failing_hub_counts_as_unreachable(hub: Hub, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    hub.add("me/it", IMPORTED["a DCGAN"][0]())
    fetched("hub:me/it")
    hub.fault("/api/", status=status)
    assert "is used" in fetch_model(parse_reference("hub:me/it")).note


def test_a_broken_download_is_resumed_and_a_wrong_one_is_repeated(hub: Hub) -> None:
    hub.add("me/it", IMPORTED["a DCGAN"][0]())
    cut = hub.fault("generator.pth", cut=50_000)
    with pytest.raises(IncompleteDownload):
        fetched("hub:me/it")
    hub.faults.remove(cut)
    hub.ranges.clear()
    spoilt = hub.fault("generator.pth", spoil=True)
    with pytest.raises(HashMismatch):
        fetched("hub:me/it")
    assert hub.ranges == ["bytes=200000-"]
    hub.faults.remove(spoilt)
    assert sampled(fetched("hub:me/it"), 1).shape == (1, 64, 64, 3)


def test_progress_counts_all_files_together(hub: Hub, own: Checkpoint) -> None:
    hub.add("me/it", checkpoint_files(own))
    reported: list[tuple[int, int]] = []
    preview = preview_model(parse_reference("hub:me/it"))
    download.download_model(preview, lambda done, total: reported.append((done, total)))
    assert reported[-1] == (preview.size, preview.size)
    assert [done for done, _ in reported] == sorted(done for done, _ in reported)


def test_only_fetched_models_can_be_deleted(hub: Hub, own: Checkpoint) -> None:
    hub.add("me/it", IMPORTED["a DCGAN"][0]())
    checkpoint = fetched("hub:me/it")
    with pytest.raises(UsageError, match=f"'mine' is not a fetched model; there are: {checkpoint.name}"):
        delete_fetched("mine")
    delete_fetched(checkpoint.name)
    assert not checkpoint.folder.exists()
    assert own.folder.exists()
    with pytest.raises(UsageError, match="there are: none"):
        delete_fetched(checkpoint.name)


def test_scores_cannot_be_saved_in_a_fetched_model(hub: Hub, own: Checkpoint) -> None:
    hub.add("me/it", checkpoint_files(own))
    with pytest.raises(UsageError, match="is a fetched model, which is never changed"):
        store.save_scores(fetched("hub:me/it"), {})
