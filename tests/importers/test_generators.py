"""Generators of other projects: the output equals that of their own code, and unsupported ones are refused."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from gan_core.errors import BrokenWeights, UndecidedLabels, UnknownArchitecture
from gan_core.importers.generators import DetectedGenerator, detect_architecture
from gan_core.importers.inputs import Choices
from gan_core.models.imported import Generator
from tests.imported_models import ConditionalPerceptron, Perceptron, TutorialDCGAN, randomise_weights

pytestmark = pytest.mark.core


def build_generator(found: DetectedGenerator) -> Generator:
    network = Generator(found.config)
    network.load_state_dict(found.weights)
    return network.eval()


def sample_latents(size: int = 100, count: int = 3) -> Tensor:
    return torch.randn(count, size, generator=torch.Generator().manual_seed(0))


@torch.inference_mode()
def outputs_match(theirs: Tensor, ours: Tensor) -> bool:
    return theirs.shape == ours.shape and torch.allclose(theirs, ours, atol=1e-6) and bool(ours.std() > 0.01)


# Supported ----------------------------------------------------------------------------------------------------------

WRAPPERS: dict[str, Callable[[dict[str, Tensor]], Any]] = {
    "plain": lambda state: state,
    "in state_dict": lambda state: {"epoch": 3, "state_dict": state},
    "in generator": lambda state: {"generator": state, "discriminator": {"main.0.weight": torch.zeros(4, 3, 4, 4)}},
    "module.": lambda state: {f"module.{key}": value for key, value in state.items()},
    "generator. beside a discriminator": lambda state: (
        {f"generator.{key}": value for key, value in state.items()} | {"discriminator.main.0.weight": torch.zeros(4, 3)}
    ),
    "module. in netG": lambda state: {"netG": {f"module.{key}": value for key, value in state.items()}},
    "sorted as text": lambda state: dict(sorted(state.items())),
    "half": lambda state: {key: value.half() if value.is_floating_point() else value for key, value in state.items()},
    "model.": lambda state: {key.replace("main.", "model."): value for key, value in state.items()},
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_the_tutorials_dcgan_is_detected_in_any_wrapper(wrapper: str) -> None:
    theirs = TutorialDCGAN()
    found = detect_architecture(WRAPPERS[wrapper](theirs.state_dict()), "x.pth")
    assert (found.family, found.config.image_size, found.config.image_channels) == ("foreign", 64, 3)
    assert found.config.latent_size == 100
    ours = build_generator(found)(sample_latents())
    assert outputs_match(theirs(sample_latents()), ours) or (
        wrapper == "half" and torch.allclose(theirs(sample_latents()), ours, atol=0.01)
    )


@pytest.mark.parametrize(("levels", "channels", "side"), [(3, 1, 32), (4, 1, 64), (5, 3, 128)])
def test_sizes_are_inferred_from_the_tensors(levels: int, channels: int, side: int) -> None:
    theirs = TutorialDCGAN(2, 32, channels, levels)
    found = detect_architecture(theirs.state_dict(), "x.pth")
    assert (found.config.image_size, found.config.image_channels, found.config.latent_size) == (side, channels, 32)
    assert outputs_match(theirs(sample_latents(32)), build_generator(found)(sample_latents(32)))


@pytest.mark.parametrize("kernels", [(7, 4, 4), (4, 3, 4, 4)])
def test_28_pixels_are_inferred_from_kernels_of_7_or_3(kernels: tuple[int, ...]) -> None:
    layers: list[nn.Module] = []
    for place, kernel in enumerate(kernels):
        window = (kernel, 2, 1) if place else (kernel, 1, 0)
        last = place == len(kernels) - 1
        layers.append(nn.ConvTranspose2d(16 - place if place else 64, 1 if last else 15 - place, *window))
        layers += [nn.Tanh()] if last else [nn.BatchNorm2d(15 - place), nn.ReLU()]
    theirs = nn.Sequential(*layers)
    randomise_weights(theirs)
    found = detect_architecture(theirs.state_dict(), "x.pth")
    assert found.config.image_size == 28
    assert outputs_match(theirs(sample_latents(64)[:, :, None, None]), build_generator(found)(sample_latents(64)))


def test_convolutions_between_the_transposed_ones_are_kept() -> None:
    theirs = nn.Sequential(
        nn.ConvTranspose2d(10, 8, 4, 1, 0), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(),
        nn.ConvTranspose2d(8, 6, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(6, 4, 4, 2, 1), nn.ReLU(),
        nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip
    randomise_weights(theirs)
    found = detect_architecture(theirs.state_dict(), "x.pth")
    assert outputs_match(theirs(sample_latents(10)[:, :, None, None]), build_generator(found)(sample_latents(10)))


def test_pytorch_gans_perceptron_keeps_its_unusual_epsilon() -> None:
    theirs = Perceptron()
    found = detect_architecture(theirs.state_dict(), "x.pth")
    assert "norm 0.8" in found.config.layers
    assert outputs_match(theirs(sample_latents()), build_generator(found)(sample_latents()))


def test_other_perceptrons_have_the_default_epsilon() -> None:
    theirs = Perceptron((64, 96), 64, 1e-5)
    assert outputs_match(
        theirs(sample_latents(64)),
        build_generator(detect_architecture(theirs.state_dict(), "x.pth"))(sample_latents(64)),
    )


def test_a_label_embedding_is_put_before_the_latent() -> None:
    theirs, labels = ConditionalPerceptron(), torch.tensor([3, 0, 9])
    found = detect_architecture(theirs.state_dict(), "x.pth")
    assert (found.family, found.config.classes, found.config.latent_size) == ("foreign_conditional", 10, 100)
    assert outputs_match(
        theirs(sample_latents(), labels), build_generator(found)(sample_latents(), one_hot(labels, 10).float())
    )


ORDERS = {
    "label-first": lambda latents, labels: torch.cat([labels, latents], 1),
    "latent-first": lambda latents, labels: torch.cat([latents, labels], 1),
}


def labelled_perceptron(order: str, *, embedding: bool, norm: bool = True) -> tuple[dict[str, Tensor], Perceptron]:
    """The weights of a labelled perceptron, whose BatchNorm got labels and latents in this order, and the network."""
    network = Perceptron((64, 96), 110, 1e-5)
    first = next(network.parameters())
    first.data[:, slice(0, 10) if order == "label-first" else slice(100, 110)] *= 4
    rows = torch.randn(10, 10, generator=torch.Generator().manual_seed(3)) if embedding else torch.eye(10)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.momentum = None
            layer.reset_running_stats()
    network.train()
    with torch.no_grad():
        for _ in range(20):
            network(ORDERS[order](torch.randn(100, 100), rows[torch.arange(100) % 10]))
    state = network.eval().state_dict()
    if not norm:
        state = {key: value for key, value in state.items() if not key.startswith("model.3.")}
    return state | ({"label_embedding.weight": rows} if embedding else {}), network


@pytest.mark.parametrize("facts", [{}, {"n_classes": 10}, {"latent_dim": 100, "num_classes": 10}])
@pytest.mark.parametrize("embedding", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_the_order_of_label_and_latent_is_found_from_statistics(
    order: str, embedding: bool, facts: dict[str, Any]
) -> None:
    state, theirs = labelled_perceptron(order, embedding=embedding)
    found = detect_architecture(state, "x.pth", facts)
    assert (found.config.classes, found.config.label_order) == (10, order)
    assert any("Found from the statistics" in note and "misfit" in note for note in found.notes)
    labels = torch.tensor([3, 0, 9])
    rows = state.get("label_embedding.weight", torch.eye(10))
    ours = build_generator(found)(sample_latents(), one_hot(labels, 10).float())
    assert outputs_match(theirs(ORDERS[order](sample_latents(), rows[labels])), ours)


@pytest.mark.parametrize("embedding", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_without_statistics_the_order_is_asked_for(order: str, embedding: bool) -> None:
    state, _ = labelled_perceptron(order, embedding=embedding, norm=False)
    with pytest.raises(UndecidedLabels, match=r"say `fetch --label-order l\w+-first`.* `\w[\w-]+`") as caught:
        detect_architecture(state, "x.pth")
    assert {"label-first", "latent-first"} <= set(caught.value.orders)
    for config_json, choices in (({}, Choices(order)), ({"label_order": order}, None)):
        found = detect_architecture(state, "x.pth", config_json, choices)
        assert (found.config.classes, found.config.latent_size, found.config.label_order) == (10, 100, order)
        assert not any("label" in assumption and "comes" in assumption for assumption in found.assumptions)


@pytest.mark.parametrize("scale", [0.9, 0.95, 1.05])
@pytest.mark.parametrize("order", ORDERS)
def test_weights_that_have_shrunk_or_grown_since_their_statistics_are_of_no_wrong_order(
    order: str, scale: float
) -> None:
    """Moving averages differ from the statistics by a common scale, which another order or no label would explain."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.ConvTranspose2d(74, 64, 7, bias=False), nn.BatchNorm2d(64, momentum=None), nn.ReLU(),
        nn.ConvTranspose2d(64, 1, 4, 4), nn.Tanh(),
    )  # fmt: skip
    for _ in range(8):
        network(ORDERS[order](torch.randn(50, 64), torch.eye(10)[torch.arange(50) % 10])[:, :, None, None])
    next(network.parameters()).data *= scale
    try:
        found = detect_architecture({f"net.{key}": value for key, value in network.state_dict().items()}, "x.pth")
    except UndecidedLabels:
        return
    assert found.config.label_order == order


def test_an_order_that_cannot_be_is_refused() -> None:
    state, _ = labelled_perceptron("label-first", embedding=True)
    with pytest.raises(UnknownArchitecture, match="label order product does not fit it"):
        detect_architecture(state, "x.pth", choices=Choices("product"))


def test_statistics_that_fit_nothing_are_said_and_decide_nothing() -> None:
    found = detect_architecture(TutorialDCGAN().state_dict(), "x.pth")
    assert found.config.layers.count("relu") == 4
    assert any("do not fit these layers" in note for note in found.notes)


def test_a_config_beside_the_weights_overrides_an_assumption() -> None:
    found = detect_architecture(Perceptron((64, 96), 110).state_dict(), "x.pth", {"latent_dim": 110})
    assert (found.family, found.config.latent_size) == ("foreign", 110)


# Unsupported ---------------------------------------------------------------------------------------------------------


def state_dict_of(*layers: nn.Module) -> dict[str, Tensor]:
    return nn.Sequential(*layers).state_dict()


UNSUPPORTED_FILES: dict[str, tuple[Any, str]] = {
    "nothing": ({}, "holds no named weights"),
    "a list": ([1, 2], "holds no named weights"),
    "numbers": ({"epoch": 3}, "holds no named weights"),
    "one layer": (state_dict_of(nn.Linear(100, 784)), "its layers are no single chain"),
    "a discriminator": (state_dict_of(nn.Conv2d(3, 8, 4), nn.ReLU(), nn.Conv2d(8, 16, 4)), "does not take 3 channels"),
    "a transformer": (nn.TransformerEncoderLayer(8, 2).state_dict(), "does not take 8 channels"),
    "an attention": (nn.MultiheadAttention(8, 2).state_dict(), "is a layer of another kind"),
    "four channels": (TutorialDCGAN(2, 8, 4).state_dict(), "its images have 4 channels, not 1 or 3"),
    "odd sides": (
        state_dict_of(nn.ConvTranspose2d(9, 4, 3, 1, 0), nn.ReLU(), nn.ConvTranspose2d(4, 3, 4, 2, 1)),
        "would have 6 pixels a side",
    ),
    "no square": (state_dict_of(nn.Linear(100, 64), nn.ReLU(), nn.Linear(64, 785)), "are no square image"),
    "a kernel of 6": (
        state_dict_of(nn.ConvTranspose2d(9, 4, 4), nn.ReLU(), nn.ConvTranspose2d(4, 3, 6, 4, 1)),
        r"\(6x6\) cannot be inferred",
    ),
}


@pytest.mark.parametrize("what", UNSUPPORTED_FILES)
def test_an_unsupported_file_is_refused_with_what_was_found_and_what_is_supported(what: str) -> None:
    given, words = UNSUPPORTED_FILES[what]
    with pytest.raises(UnknownArchitecture, match=words) as caught:
        detect_architecture(given, "x.pth")
    assert "DCGAN tutorial" in str(caught.value) or "state_dict is needed" in str(caught.value)


def test_weights_that_are_not_finite_are_refused() -> None:
    broken = TutorialDCGAN().state_dict()
    broken["main.3.weight"][0, 0, 0, 0] = float("nan")
    with pytest.raises(BrokenWeights, match=r"not finite \(NaN or infinite\), first in main.3.weight"):
        detect_architecture(broken, "x.pth")
