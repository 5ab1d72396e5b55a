"""The tensors of one network in the contents of a weights file."""

from collections import OrderedDict
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_core.errors import BrokenWeights, UsageError
from gan_core.importers.state_dicts import (
    Network,
    likeliest_networks,
    prepare_upscaler,
    require_finite,
    several_networks,
)
from tests.imported_models import generator_tensors

pytestmark = pytest.mark.core

WEIGHT = torch.ones(2, 3)


def select_network(contents: Any, name: str) -> Network:
    """The network of a file in which one alone may be meant, as spandrel expects it."""
    networks = likeliest_networks(contents, name)
    if len(networks) > 1:
        raise several_networks(networks, name)
    return prepare_upscaler(networks[0], contents, name)


def test_wrappers_and_prefixes_are_removed_to_any_depth() -> None:
    contents = {"epoch": 3, "netG": {"state_dict": {"module.generator.main.0.weight": WEIGHT}}}
    assert list(generator_tensors(contents)) == ["main.0.weight"]


def test_the_discriminator_beside_a_generator_is_dropped() -> None:
    contents = {"generator.main.0.weight": WEIGHT, "discriminator.main.0.weight": WEIGHT}
    assert list(generator_tensors(contents)) == ["main.0.weight"]
    assert list(generator_tensors({"netG": {"a.weight": WEIGHT}, "netD": {"b.weight": WEIGHT}})) == ["a.weight"]


def test_a_prefix_of_a_part_of_the_network_keeps_the_other_parts() -> None:
    assert sorted(generator_tensors({"gen.0.weight": WEIGHT, "embed.weight": WEIGHT})) == ["0.weight", "embed.weight"]


@pytest.mark.parametrize("contents", [None, [WEIGHT], {}, {"epoch": 3}, {"state_dict": {}}])
def test_contents_without_tensors_give_none(contents: object) -> None:
    assert generator_tensors(contents) == {}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_the_first_tensor_that_is_not_finite_is_named(value: float) -> None:
    require_finite({"a": WEIGHT}, "x.pth")
    with pytest.raises(BrokenWeights, match=r"x\.pth holds values that are not finite .*, first in b\."):
        require_finite({"a": WEIGHT, "b": WEIGHT * value, "c": WEIGHT * value}, "x.pth")


# Moving averages -----------------------------------------------------------------------------------------------------

PLAIN = {"body.0.weight": torch.ones(2, 3), "body.1.running_mean": torch.zeros(2)}
AVERAGE = {key: value + 5 for key, value in PLAIN.items()}
DISCRIMINATOR = {"main.0.weight": torch.zeros(4, 3, 4, 4)}


def prefixed(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {f"{prefix}{key}": value for key, value in state.items()}


AVERAGES: dict[str, Any] = {
    "AveragedModel": {"n_averaged": torch.tensor(3)} | prefixed(AVERAGE, "module."),
    "AveragedModel beside": {"model": PLAIN, "model_ema": prefixed(AVERAGE, "module.")},
    "AveragedModel of DataParallel": {"n_averaged": torch.tensor(3)} | prefixed(AVERAGE, "module.module."),
    "ema-pytorch": prefixed(PLAIN, "online_model.")
    | prefixed(AVERAGE, "ema_model.")
    | {"initted": torch.tensor(True), "step": torch.tensor(9)},
    "G_ema": {"G": PLAIN, "G_ema": AVERAGE, "D": DISCRIMINATOR},
    "g_ema": {"g": PLAIN, "g_ema": AVERAGE, "d": DISCRIMINATOR},
    "netG_ema": {"netG": PLAIN, "netG_ema": AVERAGE, "netD": DISCRIMINATOR},
    "ema of both": {"netG": PLAIN, "netG_ema": AVERAGE, "netD": DISCRIMINATOR, "netD_ema": DISCRIMINATOR},
    "generator_ema": {"generator": PLAIN, "generator_ema": AVERAGE, "discriminator": DISCRIMINATOR},
    "ema_generator": {"generator": PLAIN, "ema_generator": {"state_dict": AVERAGE}},
    "params_ema": {"params": PLAIN, "params_ema": AVERAGE},
    "model.ema": {"model": {"ema": AVERAGE, "online": PLAIN}},
    "model and ema": {"epoch": 3, "model": PLAIN, "ema": AVERAGE},
    "state_dict_ema": {"state_dict": PLAIN, "state_dict_ema": AVERAGE},
    "Lightning": {
        "state_dict": prefixed(PLAIN, "generator.")
        | prefixed(AVERAGE, "generator_ema.")
        | prefixed(DISCRIMINATOR, "discriminator.")
        | {"lpips.net.weight": torch.zeros(3, 3)},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.ones(2, 3)}}, "param_groups": []}],
    },
    "Lightning, ema.": {"state_dict": prefixed(PLAIN, "generator.") | prefixed(AVERAGE, "ema.")},
    "Lightning, ema.module.": {"state_dict": prefixed(PLAIN, "net.") | prefixed(AVERAGE, "ema.module.")},
    "a tuple": (PLAIN, {"ema": AVERAGE}),
    "a list": [{"G": PLAIN}, {"G_ema": AVERAGE}],
    "OrderedDict": OrderedDict(G=OrderedDict(PLAIN), G_ema=OrderedDict(AVERAGE)),
    "shadow": {"model": PLAIN, "shadow": AVERAGE},
}


@pytest.mark.parametrize("form", AVERAGES)
def test_a_moving_average_is_preferred_and_said(form: str) -> None:
    contents = AVERAGES[form]
    assert generator_tensors(contents).keys() == PLAIN.keys()
    taken = select_network(contents, "x.pth")
    assert all(torch.equal(taken.tensors[key], AVERAGE[key]) for key in PLAIN), taken.notes
    assert "the moving average of the weights (EMA)." in taken.notes[-1]


def test_what_is_left_out_is_named() -> None:
    note = "Taken from the file: G_ema, the moving average of the weights (EMA). Left out: G, D."
    assert select_network(AVERAGES["G_ema"], "x.pth").notes == (note,)
    plain = select_network({"generator": PLAIN, "discriminator": DISCRIMINATOR}, "x.pth")
    assert plain.notes == ("Taken from the file: generator. Left out: discriminator.",)
    assert select_network({"state_dict": PLAIN}, "x.pth").notes == ()


def test_an_average_that_was_never_updated_is_not_taken() -> None:
    contents = prefixed(PLAIN, "online_model.") | prefixed(AVERAGE, "ema_model.") | {"initted": torch.tensor(False)}
    assert torch.equal(select_network(contents, "x.pth").tensors["body.0.weight"], PLAIN["body.0.weight"])
    alone = select_network({"n_averaged": torch.tensor(0)} | prefixed(PLAIN, "module."), "x.pth")
    assert "never updated" in alone.notes[0]


def test_an_average_of_parameters_alone_gets_the_statistics_of_the_network_beside_it() -> None:
    parameters = {"body.0.weight": AVERAGE["body.0.weight"]}
    with_bias = {"body.0.weight": PLAIN["body.0.weight"], "body.0.bias": torch.ones(2)} | PLAIN
    listed = {"decay": 0.9, "shadow_params": [AVERAGE["body.0.weight"], torch.full((2,), 7.0)]}
    for contents in ({"model": PLAIN, "shadow": parameters}, {"model": with_bias, "ema": listed}):
        taken = select_network(contents, "x.pth")
        assert torch.equal(taken.tensors["body.0.weight"], AVERAGE["body.0.weight"])
        assert torch.equal(taken.tensors["body.1.running_mean"], PLAIN["body.1.running_mean"])
        assert taken.is_average


def test_networks_that_nothing_tells_apart_are_named() -> None:
    with pytest.raises(UsageError, match=r"holds 2 networks \(netG_A, netG_B\), and nothing tells which"):
        select_network({"netG_A": PLAIN, "netG_B": AVERAGE}, "x.pth")


def test_the_average_that_pytorch_writes_is_read() -> None:
    linear = nn.Linear(3, 2)
    network = nn.Sequential(linear, nn.BatchNorm1d(2))
    average = torch.optim.swa_utils.AveragedModel(network)
    average.update_parameters(network)
    nn.init.zeros_(linear.weight)
    average.update_parameters(network)
    tensors = generator_tensors(average.state_dict())
    assert torch.equal(tensors["0.weight"], average.module.state_dict()["0.weight"])


# Numbers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64, torch.float8_e4m3fn])
def test_weights_of_any_precision_become_float32(dtype: torch.dtype) -> None:
    weight = torch.linspace(-1, 1, 6).view(2, 3).to(dtype)
    tensors = select_network({"a.weight": weight, "a.count": torch.tensor(3)}, "x.pth").tensors
    assert tensors["a.weight"].dtype == torch.float32
    assert torch.equal(tensors["a.weight"], weight.float())
    assert tensors["a.count"].dtype == torch.int64


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (torch.ones(2, 2, dtype=torch.complex64), "complex numbers"),
        (torch.ones(2, 2, dtype=torch.int8), "compressed weights .a.weight is int8"),
        (torch.eye(2).to_sparse(), "sparse_coo"),
        (torch.ones(2, 2, device="meta"), "is empty"),
        (torch.ones(1).expand(2**20, 2**20), "more than 1,073,741,824 weights"),
    ],
)
def test_weights_that_are_no_plain_numbers_are_refused(weight: Tensor, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        select_network({"a.weight": weight}, "x.pth")
