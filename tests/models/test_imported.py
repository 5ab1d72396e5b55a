"""Families of imported models: chains of layers in a config, and what these families refuse."""

import pytest

from gan_core.errors import UsageError
from gan_core.models import IMPORTED_FAMILIES, Family
from gan_core.models.imported import Config

pytestmark = pytest.mark.core


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ("import os, tanh", "'import os', which is no layer"),
        ("dense 784 784, tanh", "which is no layer"),
        ("dense -1, tanh", "which is no layer"),
        ("dense 1e9, tanh", "which is no layer"),
        ("dense 60000, dense 60000, dense 784", "weights; at most"),
        ("dense 783, tanh", "not the image.s size"),
        ("up 1 28 1 0, dense 784", "mixes dense layers with convolutions"),
        ("up 1 4 0 0", "without kernel or stride"),
        ("up 1 2000 1 0", "1 to 1024 are allowed"),
        (", ".join(["relu"] * 65), "1 to 64 can be built"),
        ("", "which is no layer"),
    ],
)
def test_a_chain_that_cannot_be_built_is_refused_before_memory_is_allocated(layers: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Config(image_size=28, layers=layers)


@pytest.mark.parametrize("family", IMPORTED_FAMILIES.values(), ids=lambda family: family.name)
def test_imported_models_have_neither_presets_nor_a_discriminator(family: Family) -> None:
    with pytest.raises(UsageError, match="can be used, but not trained"):
        family.preset()
    with pytest.raises(UsageError, match="has no discriminator"):
        family.discriminator(family.config())
