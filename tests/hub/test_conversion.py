import json
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
from gan_core.errors import BrokenWeights, NotFound, UnknownArchitecture, UnsafeFile, UsageError
from gan_core.tasks import Task
from gan_core.upscaling import upscaler
from tests import factories, small_upscalers
from tests.hub.repositories import IMPORTED, checkpoint_files, fetched, sampled
from tests.hub.server import Files, Hub
from tests.imported_models import TutorialDCGAN, save_to_bytes


def test_a_checkpoint_of_this_package_generates_the_same_images_after_the_download(hub: Hub, own: Checkpoint) -> None:
    commit = hub.add("me/it", checkpoint_files(own) | {"state.pt": b"a run's state", "notes.txt": b"x"})
    checkpoint = fetched("hub:me/it")
    assert checkpoint.name == f"me--it@{commit[:7]}"
    assert checkpoint.weights_hash == own.weights_hash
    assert np.array_equal(sampled(checkpoint, 1, 2), sampled(own, 1, 2))
    assert {file.name for file in checkpoint.folder.iterdir()} == {
        "config.json", "model.safetensors", "README.md", "critic.safetensors", "source.json",
    }  # fmt: skip
    checkpoint.load_discriminator()


@pytest.mark.parametrize("what", IMPORTED)
def test_a_generator_of_another_project_becomes_a_checkpoint(hub: Hub, what: str) -> None:
    files, family, shape = IMPORTED[what]
    hub.add("me/it", files() | {"discriminator.pth": b"not read", "README.md": b"# Theirs\n"})
    checkpoint = fetched("hub:me/it")
    assert checkpoint.description.family == family
    assert sampled(checkpoint, 1, 2, 3).shape == (3, *shape)
    assert (checkpoint.folder / "README.md").read_text() == "# Theirs\n"
    assert checkpoint.source is not None
    assert any("tanh" in note for note in checkpoint.source.notes)
    assert store.find_checkpoint(checkpoint.name, Path("nowhere")).folder == checkpoint.folder
    assert not hub.requests_for("discriminator")


@pytest.mark.parametrize("ending", ["pth", "safetensors"])
def test_a_super_resolution_network_becomes_a_checkpoint(hub: Hub, ending: str) -> None:
    state = small_upscalers.compact_network().state_dict()
    hub.add(
        "me/it", {f"x.{ending}": save_to_bytes({"params": state}) if ending == "pth" else save(state)}, licence=None
    )
    checkpoint = fetched("hub:me/it")
    assert checkpoint.family.task == Task.SUPER_RESOLUTION
    opened = upscaler.open_upscaler(str(checkpoint.folder), Path("nowhere"))
    assert (opened.name, opened.scale, opened.licence, opened.architecture[:4]) == (checkpoint.name, 2, None, "Real")
    with pytest.raises(UsageError, match="upscales images"):
        sampling.load_model(str(checkpoint.folder), Path("nowhere"))


def test_one_of_several_weights_files_is_chosen_by_the_reference(hub: Hub) -> None:
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
    "nothing": (dict, UnknownArchitecture, "holds no weights that can be read: it has nothing"),
    "keras": (lambda: {"model.h5": b"x", "a.py": b""}, UnknownArchitecture, "it has a.py, model.h5; needed is"),
    "code": (lambda: {"x.pth": save_to_bytes({"w": CodeOnLoad()})}, UnsafeFile, "holds code besides weights"),
    "a whole module": (lambda: {"x.pth": save_to_bytes(TutorialDCGAN())}, UnsafeFile, "holds code besides weights"),
    "a language model": (
        lambda: {"model.safetensors": save({"wte.weight": torch.zeros(9, 4), "h.0.attn.weight": torch.zeros(4, 12)})},
        UnknownArchitecture,
        "2 layers .* As a super-resolution network, .* spandrel reads",
    ),
    "not finite": (lambda: {"x.pth": save_to_bytes(broken_dcgan())}, BrokenWeights, "not finite"),
    "truncated": (
        lambda: {"x.pth": save_to_bytes(TutorialDCGAN().state_dict())[:5000]}, BrokenWeights, "damaged, cut off"
    ),
    "a classifier": (
        lambda: {"config.json": b'{"kind": "judge", "format": 1}'}, UsageError, "is a judge, not a generator"
    ),
    "newer": (lambda: native_files(format=9), UsageError, "format 9; this version reads up to 1"),
    "other weights": (lambda: native_files(), BrokenWeights, "does not fit its config"),
    "a config of gigabytes": (
        lambda: native_files(family="vanilla", model={"width": 4096, "layers": 6}),
        BrokenWeights,
        "does not fit its config",
    ),
    "no weights": (lambda: {"config.json": native_files()["config.json"]}, NotFound, "has no file 'model.safetensors'"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED_FILES)
def test_an_unusable_model_is_refused_with_the_reason_and_leaves_nothing(hub: Hub, tmp_path: Path, what: str) -> None:
    files, error, message = REFUSED_FILES[what]
    hub.add("me/it", files())
    with pytest.raises(error, match=message):
        fetched("hub:me/it")
    left = [path.name for path in (tmp_path / "fetched").glob("*") if not path.name.endswith(".lock")]
    assert left == []
    assert not Path("/tmp/gan-atelier-was-here").exists()


def test_a_network_in_parts_is_converted(hub: Hub) -> None:
    state = small_upscalers.compact_network().state_dict()
    items = list(state.items())
    halves = {f"model-0000{n}-of-00002.safetensors": save(dict(items[n - 1 :: 2])) for n in (1, 2)}
    hub.add("me/it", halves)
    assert fetched("hub:me/it").family.task == Task.SUPER_RESOLUTION


def test_a_moving_average_is_converted_and_said(hub: Hub) -> None:
    average = TutorialDCGAN().state_dict()
    plain = {key: value * 0.5 if value.is_floating_point() else value for key, value in average.items()}
    hub.add("me/both", {"x.pth": save_to_bytes({"G": plain, "G_ema": average, "D": {"0.weight": torch.zeros(3, 3)}})})
    hub.add("me/average", {"x.pth": save_to_bytes(average)})
    both, alone = fetched("hub:me/both"), fetched("hub:me/average")
    assert np.array_equal(sampled(both, 1), sampled(alone, 1))
    assert both.source is not None
    assert both.source.notes[0].startswith("Taken from the file: G_ema, the moving average")
