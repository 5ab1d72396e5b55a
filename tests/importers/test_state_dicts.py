"""The tensors of one network in the contents of a weights file."""

import pytest
import torch

from gan_core.errors import BrokenWeights
from gan_core.importers.state_dicts import require_finite, unwrap_generator

pytestmark = pytest.mark.core

WEIGHT = torch.ones(2, 3)


def test_wrappers_and_prefixes_are_removed_to_any_depth() -> None:
    contents = {"epoch": 3, "netG": {"state_dict": {"module.generator.main.0.weight": WEIGHT}}}
    assert list(unwrap_generator(contents)) == ["main.0.weight"]


def test_the_discriminator_beside_a_generator_is_dropped() -> None:
    contents = {"generator.main.0.weight": WEIGHT, "discriminator.main.0.weight": WEIGHT}
    assert list(unwrap_generator(contents)) == ["main.0.weight"]
    assert list(unwrap_generator({"netG": {"a.weight": WEIGHT}, "netD": {"b.weight": WEIGHT}})) == ["a.weight"]


def test_a_prefix_of_a_part_of_the_network_keeps_the_other_parts() -> None:
    assert sorted(unwrap_generator({"gen.0.weight": WEIGHT, "embed.weight": WEIGHT})) == ["0.weight", "embed.weight"]


@pytest.mark.parametrize("contents", [None, [WEIGHT], {}, {"epoch": 3}, {"state_dict": {}}])
def test_contents_without_tensors_give_none(contents: object) -> None:
    assert unwrap_generator(contents) == {}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_the_first_tensor_that_is_not_finite_is_named(value: float) -> None:
    require_finite({"a": WEIGHT}, "x.pth")
    with pytest.raises(BrokenWeights, match=r"x\.pth holds values that are not finite .*, first in b\."):
        require_finite({"a": WEIGHT, "b": WEIGHT * value, "c": WEIGHT * value}, "x.pth")
