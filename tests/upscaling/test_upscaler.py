"""Loading upscalers: checkpoints of this package, and networks of other projects from files and bytes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core.errors import UsageError
from gan_core.upscaling.upscaler import load_imported_upscaler, open_upscaler
from tests import factories, small_upscalers
from tests.small_upscalers import max_difference, noise_pixels, upscale_untiled

pytestmark = pytest.mark.core


def test_a_checkpoint_is_loaded_by_name_folder_and_file(tmp_path: Path) -> None:
    made = small_upscalers.make_upscaler_checkpoint(tmp_path)
    for reference in ("tiny-sr", str(made.folder), str(made.folder / "model.safetensors")):
        network = open_upscaler(reference, tmp_path)
        assert (network.name, network.scale, network.receptive_radius, network.is_native) == ("tiny-sr", 4, 7, True)


def test_a_model_that_does_not_upscale_is_refused_with_its_type(tmp_path: Path) -> None:
    factories.checkpoint(tmp_path, "dcgan", "shapes")
    with pytest.raises(UsageError, match="shapes is a DCGAN, which generates images and does not upscale"):
        open_upscaler("shapes", tmp_path)


def test_a_reference_to_the_hub_must_be_fetched_first(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="gan_core fetch hub:owner/name"):
        open_upscaler("hub:owner/name", tmp_path)


@pytest.mark.parametrize("wrap", [lambda state: state, lambda state: {"params": state}])
def test_an_imported_network_is_loaded_from_a_file_and_from_bytes(
    tmp_path: Path, compact_bytes: bytes, wrap: Callable[[Any], Any]
) -> None:
    module = small_upscalers.compact_network()
    torch.save(wrap(module.state_dict()), tmp_path / "compact.pth")
    (tmp_path / "compact.safetensors").write_bytes(compact_bytes)
    before = torch.random.get_rng_state()
    networks = [
        open_upscaler(str(tmp_path / "compact.pth"), tmp_path),
        load_imported_upscaler((tmp_path / "compact.pth").read_bytes(), "compact.pth"),
        open_upscaler(str(tmp_path / "compact.safetensors"), tmp_path),
        load_imported_upscaler(compact_bytes, "compact.safetensors"),
    ]
    assert torch.equal(before, torch.random.get_rng_state())
    assert [network.licence for network in networks] == [None, None, "bsd-3-clause", "bsd-3-clause"]
    drawn = [upscale_untiled(network, noise_pixels(20, 20)) for network in networks]
    with torch.no_grad():
        small = torch.from_numpy(noise_pixels(20, 20)).permute(2, 0, 1)[None] / 255
        bare = (module(small).clamp(0, 1) * 255).round().byte()[0].permute(1, 2, 0).numpy()
    assert all(max_difference(image, bare) <= 1 for image in drawn)
    assert {network.architecture for network in networks} == {"RealESRGAN Compact 8nf 2nc"}
