"""Generators as other projects write them draw the pictures that their own code draws, or are refused."""

import pytest
import torch
from torch import Tensor

from gan_core.errors import UnknownArchitecture
from gan_core.importers.generators import detect_architecture
from gan_core.models.imported import Generator
from tests.importers.zoo import LATENTS, REFUSED, RIGHT, PytorchGanConvolutions, prepared

pytestmark = pytest.mark.core


def latents(count: int = 4) -> Tensor:
    return torch.randn(count, LATENTS, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", RIGHT)
@torch.inference_mode()
def test_a_generator_draws_the_pictures_of_its_own_code(name: str) -> None:
    theirs = prepared(RIGHT[name]())
    found = detect_architecture(theirs.state_dict(), "x.pth")
    ours = Generator(found.config)
    ours.load_state_dict(found.weights)
    expected = theirs(latents())
    drawn = ours.eval()(latents())
    assert drawn.shape == expected.shape, found.config.layers
    assert torch.allclose(drawn, expected, atol=1e-5), found.config.layers
    assert drawn.std() > 0.001


@pytest.mark.parametrize("name", REFUSED)
def test_a_generator_that_weights_do_not_tell_is_refused(name: str) -> None:
    build, words = REFUSED[name]
    with pytest.raises(UnknownArchitecture, match=words):
        detect_architecture(prepared(build()).state_dict(), "x.pth")


@torch.inference_mode()
def test_a_label_that_is_multiplied_is_read() -> None:
    theirs = prepared(PytorchGanConvolutions(28, labels=True))
    found = detect_architecture(theirs.state_dict(), "x.pth")
    ours = Generator(found.config)
    ours.load_state_dict(found.weights)
    labels = torch.tensor([3, 0, 9, 1])
    assert found.config.label_order == "product"
    assert torch.allclose(ours.eval()(latents(), torch.eye(10)[labels]), theirs(latents(), labels), atol=1e-5)


@pytest.mark.parametrize("share", [0.95, 0.9, 0.8, 0.7])
@pytest.mark.parametrize(
    "name", ["kernels of 5", "spectral norm, old", "28 pixels by a kernel of 3", "dense, then transposed"]
)
@torch.inference_mode()
def test_weights_that_lag_behind_their_statistics_keep_the_usual_layout(name: str, share: float) -> None:
    theirs = prepared(RIGHT[name]())
    state = {key: value * share if value.dim() > 1 else value for key, value in theirs.state_dict().items()}
    theirs.load_state_dict(state)
    found = detect_architecture(state, "x.pth")
    ours = Generator(found.config)
    ours.load_state_dict(found.weights)
    assert torch.allclose(ours.eval()(latents()), theirs(latents()), atol=1e-5), found.config.layers
