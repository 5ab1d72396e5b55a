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


SAME_WEIGHTS = {
    "netG_ema.pth": ("netG.pth", "netG_ema.pth"),
    "ema/model.safetensors": ("model.safetensors", "ema/model.safetensors"),
    "G_ema.bin": ("G.bin", "G_ema.bin", "D.bin", "D_ema.bin"),
}


@pytest.mark.parametrize("chosen", SAME_WEIGHTS)
def test_the_moving_average_is_chosen_among_files_and_said(hub: Hub, chosen: str) -> None:
    hub.add("me/it", dict.fromkeys(SAME_WEIGHTS[chosen], b"weights"))
    preview = preview_model(parse_reference("hub:me/it"))
    assert preview.files[0].path == chosen
    assert f"Chosen: {chosen}, the moving average of the weights (EMA), before" in as_lines(preview)[-1]


def test_networks_that_differ_in_more_than_the_average_are_not_chosen_among(hub: Hub) -> None:
    hub.add("me/it", {"cats.pth": b"x", "dogs_ema.pth": b"x"})
    with pytest.raises(UsageError, match="several files of weights"):
        preview_model(parse_reference("hub:me/it"))


def test_all_parts_of_a_network_are_fetched(hub: Hub) -> None:
    parts = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    hub.add("me/it", dict.fromkeys([*parts, "model.safetensors.index.json"], b"x"))
    for reference in ("hub:me/it", f"hub:me/it/{parts[1]}"):
        assert [file.path for file in preview_model(parse_reference(reference)).files] == parts


def test_files_of_other_programs_are_named_before_the_download(hub: Hub) -> None:
    hub.add("me/it", {"net.onnx": b"x"})
    with pytest.raises(UsageError, match=r"net.onnx is a network in the form of ONNX: get the weights"):
        preview_model(parse_reference("hub:me/it/net.onnx"))
