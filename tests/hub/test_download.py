"""Fetching: whatever a stranger's repository holds, it becomes a model like ours or a sentence that says why not."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save

from gan_core import sampling
from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.errors import (
    BrokenWeights,
    HashMismatch,
    IncompleteDownload,
    NotFound,
    TooLarge,
    UnknownArchitecture,
    Unreachable,
    UnsafeFile,
    UsageError,
)
from gan_core.hub import download
from gan_core.hub.download import delete_fetched, fetch_model
from gan_core.hub.licenses import describe_licence
from gan_core.hub.preview import as_lines, preview_model
from gan_core.hub.reference import Reference, parse_reference
from gan_core.models import Task
from gan_core.upscaling import upscaler
from tests import factories, small_upscalers
from tests.hub.server import Files, Hub
from tests.imported_models import ConditionalPerceptron, Perceptron, TutorialDCGAN, save_to_bytes


def checkpoint_files(checkpoint: Checkpoint) -> Files:
    return {file.name: file.read_bytes() for file in checkpoint.folder.iterdir()}


def fetched(reference: str) -> Checkpoint:
    return fetch_model(parse_reference(reference)).checkpoint


def sampled(checkpoint: Checkpoint, *seeds: int) -> np.ndarray:
    return sampling.sample(sampling.load_model(str(checkpoint.folder), Path("nowhere"), "cpu"), seeds)


@pytest.fixture
def own(tmp_path: Path) -> Checkpoint:
    return factories.checkpoint(tmp_path, "conditional", "mine")


# References ----------------------------------------------------------------------------------------------------------


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
def test_what_is_no_reference_is_told_what_one_is(text: str) -> None:
    with pytest.raises(UsageError, match=r"hub:OWNER/NAME is"):
        parse_reference(text)


# What comes ----------------------------------------------------------------------------------------------------------


def test_one_of_ours_comes_whole_and_draws_the_same(hub: Hub, own: Checkpoint) -> None:
    commit = hub.add("me/it", checkpoint_files(own) | {"state.pt": b"a run's state", "notes.txt": b"x"})
    made = fetched("hub:me/it")
    assert made.name == f"me--it@{commit[:7]}"
    assert made.weights_hash == own.weights_hash
    assert np.array_equal(sampled(made, 1, 2), sampled(own, 1, 2))
    assert {file.name for file in made.folder.iterdir()} == {
        "config.json", "model.safetensors", "README.md", "critic.safetensors", "source.json",
    }  # fmt: skip
    made.load_discriminator()


IMPORTED: dict[str, tuple[Callable[[], Files], str, tuple[int, ...]]] = {
    "a DCGAN": (lambda: {"generator.pth": save_to_bytes(TutorialDCGAN().state_dict())}, "foreign", (64, 64, 3)),
    "one of the HugGAN sprint": (
        lambda: {
            "pytorch_model.bin": save_to_bytes(
                {key.replace("main", "model"): value for key, value in TutorialDCGAN(channels=1).state_dict().items()}
            ),
            "config.json": b'{"num_channels": 1, "latent_dim": 100, "hidden_size": 4}',
        },
        "foreign",
        (64, 64, 1),
    ),
    "a perceptron": (
        lambda: {"model.safetensors": save(Perceptron().state_dict()), "pytorch_model.bin": b"never read"},
        "foreign",
        (28, 28, 1),
    ),
    "a labelled one": (
        lambda: {"cgan.pt": save_to_bytes({"G": ConditionalPerceptron().state_dict()})},
        "foreign_conditional",
        (28, 28, 1),
    ),
}


@pytest.mark.parametrize("what", IMPORTED)
def test_a_strangers_generator_becomes_a_model_like_ours(hub: Hub, what: str) -> None:
    files, family, shape = IMPORTED[what]
    hub.add("me/it", files() | {"discriminator.pth": b"never read", "README.md": b"# Theirs\n"})
    made = fetched("hub:me/it")
    assert made.description.family == family
    assert sampled(made, 1, 2, 3).shape == (3, *shape)
    assert (made.folder / "README.md").read_text() == "# Theirs\n"
    assert made.source is not None
    assert any("tanh" in note for note in made.source.notes)
    assert store.find_checkpoint(made.name, Path("nowhere")).folder == made.folder
    assert not hub.requests_for("discriminator")


@pytest.mark.parametrize("ending", ["pth", "safetensors"])
def test_a_super_resolution_network_becomes_one_too(hub: Hub, ending: str) -> None:
    state = small_upscalers.compact_network().state_dict()
    hub.add(
        "me/it", {f"x.{ending}": save_to_bytes({"params": state}) if ending == "pth" else save(state)}, licence=None
    )
    made = fetched("hub:me/it")
    assert made.family.task == Task.SUPER_RESOLUTION
    tool = upscaler.open_upscaler(str(made.folder), Path("nowhere"))
    assert (tool.name, tool.scale, tool.licence, tool.architecture[:4]) == (made.name, 2, None, "Real")
    with pytest.raises(UsageError, match="enlarges pictures"):
        sampling.load_model(str(made.folder), Path("nowhere"))


def test_one_of_several_files_is_named(hub: Hub) -> None:
    files = {
        f"sr/x{scale}.pth": save_to_bytes(small_upscalers.compact_network(scale=scale).state_dict()) for scale in (2, 4)
    }
    hub.add("me/it", files)
    with pytest.raises(UsageError, match=r"several files of weights \(sr/x2.pth, sr/x4.pth\): name one, as hub:me/it/"):
        fetched("hub:me/it")
    two, four = fetched("hub:me/it/sr/x2.pth"), fetched("hub:me/it/sr/x4.pth@main")
    assert two.name != four.name
    assert [upscaler.load_native_upscaler(checkpoint).scale for checkpoint in (two, four)] == [2, 4]
    assert two.source is not None
    assert fetched(two.source.reference).folder == two.folder


# Before it comes -----------------------------------------------------------------------------------------------------


def test_a_preview_tells_commit_files_size_and_licence_and_loads_nothing(hub: Hub) -> None:
    commit = hub.add("me/it", IMPORTED["a DCGAN"][0](), licence="cc-by-nc-4.0")
    told = "\n".join(as_lines(preview_model(parse_reference("hub:me/it"))))
    for words in (commit, "generator.pth (0.3 MB)", "not for commercial use"):
        assert words in told
    assert not hub.requests_for("generator.pth")


def test_the_licence_is_looked_for_in_the_card_where_the_hub_knows_none(hub: Hub) -> None:
    card = b"---\ntags:\n- gan\nlicense: apache-2.0\n---\n# It\n"
    hub.add("me/it", IMPORTED["a DCGAN"][0]() | {"README.md": card}, licence=None)
    assert preview_model(parse_reference("hub:me/it")).licence == "apache-2.0"


@pytest.mark.parametrize(
    ("licence", "words"),
    [
        (None, "No licence is stated"), ("other", "No licence is stated"), ("mit", "free for any use"),
        ("gpl-3.0", "same terms"), ("cc-by-nc-sa-4.0", "not for commercial use"), ("openrail", "terms of its own"),
    ],
)  # fmt: skip
def test_a_licence_is_put_into_words(licence: str | None, words: str) -> None:
    assert words in describe_licence(licence)


def test_what_this_machine_cannot_hold_is_refused_before_it_comes(
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


# What is refused -----------------------------------------------------------------------------------------------------


class CodeOnLoad:
    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("/tmp/gan-atelier-was-here"),)


def native_files(**overrides: Any) -> Files:
    config = json.loads(factories.description("dcgan").to_json()) | overrides
    return {"config.json": json.dumps(config).encode(), "model.safetensors": save({"x": torch.zeros(1)})}


def broken_dcgan() -> dict[str, torch.Tensor]:
    state = TutorialDCGAN().state_dict()
    state["main.0.weight"][0] = float("nan")
    return state


REFUSED_FILES: dict[str, tuple[Callable[[], Files], type[Exception], str]] = {
    "nothing": (dict, UnknownArchitecture, "holds no weights that can be read here: it has nothing"),
    "keras": (lambda: {"model.h5": b"x", "a.py": b""}, UnknownArchitecture, "it has a.py, model.h5; needed is"),
    "code": (lambda: {"x.pth": save_to_bytes({"w": CodeOnLoad()})}, UnsafeFile, "holds code besides weights"),
    "a whole module": (lambda: {"x.pth": save_to_bytes(TutorialDCGAN())}, UnsafeFile, "holds code besides weights"),
    "a language model": (
        lambda: {"model.safetensors": save({"wte.weight": torch.zeros(9, 4), "h.0.attn.weight": torch.zeros(4, 12)})},
        UnknownArchitecture,
        "2 layers .* As a network that enlarges pictures, .* spandrel reads",
    ),
    "not finite": (lambda: {"x.pth": save_to_bytes(broken_dcgan())}, BrokenWeights, "not finite"),
    "torn": (lambda: {"x.pth": save_to_bytes(TutorialDCGAN().state_dict())[:5000]}, BrokenWeights, "damaged, cut off"),
    "a judge": (lambda: {"config.json": b'{"kind": "judge", "format": 1}'}, UsageError, "is a judge, not a generator"),
    "newer": (lambda: native_files(format=9), UsageError, "format 9; this version reads up to 1"),
    "other weights": (lambda: native_files(), BrokenWeights, "does not fit its config"),
    "a config of gigabytes": (
        lambda: native_files(family="vanilla", model={"width": 4096, "layers": 6}), BrokenWeights, "does not fit its config",
    ),
    "no weights": (lambda: {"config.json": native_files()["config.json"]}, NotFound, "has no file 'model.safetensors'"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED_FILES)
def test_what_cannot_be_used_says_why_and_leaves_nothing(hub: Hub, tmp_path: Path, what: str) -> None:
    files, kind, words = REFUSED_FILES[what]
    hub.add("me/it", files())
    with pytest.raises(kind, match=words):
        fetched("hub:me/it")
    left = [path.name for path in (tmp_path / "fetched").glob("*") if not path.name.endswith(".lock")]
    assert left == []
    assert not Path("/tmp/gan-atelier-was-here").exists()


def test_a_file_that_is_not_there_or_no_weights_is_said(hub: Hub) -> None:
    hub.add("me/it", IMPORTED["a DCGAN"][0]())
    with pytest.raises(NotFound, match=r"has no file 'x.pth'"):
        fetched("hub:me/it/x.pth")
    with pytest.raises(UsageError, match=r"pipeline.py is no file of weights"):
        fetched("hub:me/it/pipeline.py")


# Again and again -----------------------------------------------------------------------------------------------------


def test_what_is_here_does_not_come_twice(hub: Hub) -> None:
    hub.add("me/it", IMPORTED["a DCGAN"][0]())
    first = fetched("hub:me/it")
    asked = len(hub.requests_for("/resolve/"))
    assert fetched("hub:me/it").folder == first.folder
    assert len(hub.requests_for("/resolve/")) == asked


def test_a_commit_that_is_here_needs_no_hub(hub: Hub) -> None:
    commit = hub.add("me/it", IMPORTED["a DCGAN"][0]())
    fetched("hub:me/it")
    hub.requests.clear()
    assert fetched(f"hub:me/it@{commit}").name == f"me--it@{commit[:7]}"
    assert hub.requests == []


def test_a_new_commit_comes_beside_the_old_one(hub: Hub, own: Checkpoint) -> None:
    hub.add("me/it", IMPORTED["a DCGAN"][0]())
    old = fetched("hub:me/it")
    hub.add("me/it", checkpoint_files(own))
    new = fetched("hub:me/it")
    assert new.name != old.name
    assert {old.name, new.name} == {checkpoint.name for checkpoint in store.list_all_checkpoints(Path("nowhere"))}


def test_without_a_hub_the_copy_is_used_and_that_is_said(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("me/it", IMPORTED["a DCGAN"][0]())
    old = fetched("hub:me/it")
    time.sleep(0.01)
    hub.add("me/it", IMPORTED["a perceptron"][0]())
    new = fetched("hub:me/it")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    found = fetch_model(parse_reference("hub:me/it"))
    assert found.checkpoint.folder == new.folder != old.folder
    assert "no connection" in found.note
    assert f"The copy of {time.strftime('%Y-%m-%d')}" in found.note
    with pytest.raises(Unreachable, match="no connection"):
        fetched("hub:me/other")
    with pytest.raises(Unreachable):
        fetched("hub:me/it@v2")


@pytest.mark.parametrize("status", [500, 429])
def test_a_hub_in_trouble_is_as_good_as_none(hub: Hub, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    hub.add("me/it", IMPORTED["a DCGAN"][0]())
    fetched("hub:me/it")
    hub.fault("/api/", status=status)
    assert "is used" in fetch_model(parse_reference("hub:me/it")).note


def test_a_broken_download_goes_on_and_a_wrong_one_begins_anew(hub: Hub) -> None:
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
    told: list[tuple[int, int]] = []
    wanted = preview_model(parse_reference("hub:me/it"))
    download.download_model(wanted, lambda done, total: told.append((done, total)))
    assert told[-1] == (wanted.size, wanted.size)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_only_what_was_fetched_can_be_forgotten(hub: Hub, own: Checkpoint) -> None:
    hub.add("me/it", IMPORTED["a DCGAN"][0]())
    made = fetched("hub:me/it")
    with pytest.raises(UsageError, match=f"'mine' is no fetched model; there are: {made.name}"):
        delete_fetched("mine")
    delete_fetched(made.name)
    assert not made.folder.exists()
    assert own.folder.exists()
    with pytest.raises(UsageError, match="there are: none"):
        delete_fetched(made.name)


def test_a_fetched_model_stays_as_its_owner_made_it(hub: Hub, own: Checkpoint) -> None:
    hub.add("me/it", checkpoint_files(own))
    with pytest.raises(UsageError, match="stays as its owner made it"):
        store.save_scores(fetched("hub:me/it"), {})
