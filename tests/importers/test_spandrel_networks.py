"""Super-resolution networks of other projects: identified by their weights, or refused with the reason."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from gan_core.errors import BrokenWeights, UnknownArchitecture, UsageError
from gan_core.importers.spandrel_networks import load_network
from tests import small_upscalers
from tests.imported_models import save_to_bytes

pytestmark = pytest.mark.core


def test_a_network_is_loaded_frozen_and_no_random_state_changes() -> None:
    data = save_to_bytes(small_upscalers.compact_network().state_dict())
    before = torch.random.get_rng_state()
    loaded = load_network(data, "x.pth")
    descriptor = loaded.descriptor
    assert torch.equal(before, torch.random.get_rng_state())
    assert loaded.licence is None
    assert (descriptor.architecture.name, descriptor.scale, descriptor.input_channels) == ("RealESRGAN Compact", 2, 3)
    assert not descriptor.model.training
    assert not any(parameter.requires_grad for parameter in descriptor.model.parameters())


def unusable_weights(kind: str) -> dict[str, Tensor | int]:
    state = small_upscalers.compact_network().state_dict()
    if kind == "not finite":
        state["body.0.weight"][0, 0, 0, 0] = float("nan")
    elif kind == "unknown":
        return nn.Sequential(nn.Linear(3, 4)).state_dict()
    elif kind == "no upscaling":
        return small_upscalers.compact_network(scale=1).state_dict()
    elif kind == "other shapes":
        state["body.2.weight"] = state["body.2.weight"][:5]
    elif kind == "no weights":
        return {"steps": 3}
    return state


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("not finite", BrokenWeights, "not finite .*first in body.0.weight"),
        ("unknown", UnknownArchitecture, "is of an unknown architecture .*Supported are the 4"),
        ("no upscaling", UsageError, "restores images without enlarging them"),
        ("other shapes", UnknownArchitecture, "its weights do not fit"),
        ("no weights", UsageError, "holds no named weights"),
    ],
)
def test_weights_that_cannot_be_used_are_refused_with_the_reason(
    kind: str, error: type[UsageError], message: str, tmp_path: Path
) -> None:
    torch.save(unusable_weights(kind), tmp_path / "model.pth")
    with pytest.raises(error, match=message):
        load_network(tmp_path / "model.pth", "model.pth")


@pytest.mark.parametrize("prefix", ["model.", "network.", "lightning.net."])
def test_prefixes_of_all_names_are_dropped(prefix: str) -> None:
    state = small_upscalers.compact_network().state_dict()
    loaded = load_network(save_to_bytes({f"{prefix}{key}": value for key, value in state.items()}), "x.ckpt")
    assert loaded.weights.keys() == state.keys()


@pytest.mark.parametrize("ending", [".safetensors", ".npz", ".bin"])
def test_a_file_of_torch_save_is_read_by_its_content_whatever_its_ending(ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"model{ending}"
    file.write_bytes(save_to_bytes(small_upscalers.compact_network().state_dict()))
    assert load_network(file, file.name).descriptor.scale == 2


@pytest.mark.parametrize("scale", [2, 3, 4, 8, 16])
def test_networks_of_any_scale_upscale(scale: int) -> None:
    data = save_to_bytes(small_upscalers.compact_network(scale=scale).state_dict())
    descriptor = load_network(data, "x.pth").descriptor
    assert descriptor.scale == scale
    small = torch.rand(1, 3, 6, 5)
    assert descriptor(small).shape == (1, 3, 6 * scale, 5 * scale)


def test_the_generator_in_a_list_is_found_by_its_architecture() -> None:
    state = small_upscalers.compact_network().state_dict()
    loaded = load_network(save_to_bytes([state, {"0.weight": torch.zeros(3, 3, 3, 3)}]), "x.pth")
    assert loaded.descriptor.architecture.name == "RealESRGAN Compact"
    assert loaded.notes == ("Taken from the file: 0. Left out: 1.",)


def test_a_network_in_parts_is_put_together(tmp_path: Path) -> None:
    state = small_upscalers.compact_network().state_dict()
    names = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    halves = [dict(list(state.items())[:3]), dict(list(state.items())[3:])]
    for name, half in zip(names, halves, strict=True):
        save_file(half, tmp_path / name)
    weight_map = {key: name for name, half in zip(names, halves, strict=True) for key in half}
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": weight_map}))
    for file in (index, tmp_path / names[0], tmp_path / names[1]):
        assert load_network(file, file.name).weights.keys() == state.keys()
    (tmp_path / names[1]).unlink()
    with pytest.raises(BrokenWeights, match=r"in 2 parts, of which model-00002-of-00002.safetensors is not beside it"):
        load_network(index, index.name)
