"""Super-resolution networks of other projects: identified by their weights, or refused with the reason."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from gan_core.errors import BrokenWeights, UnknownArchitecture, UsageError
from gan_core.importers.spandrel_networks import load_spandrel_model
from tests import small_upscalers
from tests.imported_models import save_to_bytes

pytestmark = pytest.mark.core


def test_a_network_is_loaded_frozen_and_no_random_state_changes() -> None:
    data = save_to_bytes(small_upscalers.compact_network().state_dict())
    before = torch.random.get_rng_state()
    descriptor, licence = load_spandrel_model(data, "x.pth")
    assert torch.equal(before, torch.random.get_rng_state())
    assert licence is None
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
    elif kind == "more than weights":
        return state | {"steps": 3}
    return state


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("not finite", BrokenWeights, "not finite .*first in body.0.weight"),
        ("unknown", UnknownArchitecture, "is of an unknown architecture .*Supported are the 4"),
        ("no upscaling", UsageError, "restores images without enlarging them"),
        ("other shapes", UnknownArchitecture, "its weights do not fit"),
        ("no weights", UsageError, "holds no named weights"),
        ("more than weights", UsageError, "holds more than weights .'steps' is no tensor"),
    ],
)
def test_weights_that_cannot_be_used_are_refused_with_the_reason(
    kind: str, error: type[UsageError], message: str, tmp_path: Path
) -> None:
    torch.save(unusable_weights(kind), tmp_path / "model.pth")
    with pytest.raises(error, match=message):
        load_spandrel_model(tmp_path / "model.pth", "model.pth")
