import pytest

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.errors import NotFound, TooLarge, UsageError
from gan_core.hub.preview import as_lines, preview_model
from gan_core.hub.reference import parse_reference
from tests.hub.repositories import IMPORTED, checkpoint_files, fetched
from tests.hub.server import Hub


def test_a_preview_shows_commit_files_sizes_and_licence_and_downloads_no_weights(hub: Hub) -> None:
    commit = hub.add("me/it", IMPORTED["a DCGAN"][0](), licence="cc-by-nc-4.0")
    text = "\n".join(as_lines(preview_model(parse_reference("hub:me/it"))))
    for words in (commit, "generator.pth (0.3 MB)", "not for commercial use"):
        assert words in text
    assert not hub.requests_for("generator.pth")


def test_the_licence_is_read_from_the_card_where_the_hub_states_none(hub: Hub) -> None:
    card = b"---\ntags:\n- gan\nlicense: apache-2.0\n---\n# It\n"
    hub.add("me/it", IMPORTED["a DCGAN"][0]() | {"README.md": card}, licence=None)
    assert preview_model(parse_reference("hub:me/it")).licence == "apache-2.0"


def test_a_model_larger_than_the_memory_is_refused_before_the_download(
    hub: Hub, own: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("me/it", checkpoint_files(own))
    monkeypatch.setattr("gan_core.hub.preview.free_memory_bytes", lambda: 1000)
    with pytest.raises(TooLarge, match=r"model.safetensors needs about .* GB of memory, and this machine has 0.0 GB"):
        fetched("hub:me/it")
    monkeypatch.setattr("gan_core.hub.preview.MAX_WEIGHTS_BYTES", 100)
    with pytest.raises(TooLarge, match="at most"):
        fetched("hub:me/it")
    assert not hub.requests_for("model.safetensors")


def test_a_missing_file_and_one_without_weights_are_refused(hub: Hub) -> None:
    hub.add("me/it", IMPORTED["a DCGAN"][0]())
    with pytest.raises(NotFound, match=r"has no file 'x.pth'"):
        fetched("hub:me/it/x.pth")
    with pytest.raises(UsageError, match=r"pipeline.py is not a file of weights"):
        fetched("hub:me/it/pipeline.py")
