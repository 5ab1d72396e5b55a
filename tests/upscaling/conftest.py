"""Small networks for the tests of upscaling; without bfloat16, so that results are equal on every processor."""

import pytest
from safetensors.torch import save

from gan_core.upscaling import precision
from gan_core.upscaling.upscaler import Upscaler, open_upscaler
from tests import small_upscalers


@pytest.fixture(autouse=True)
def no_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without bfloat16, whose tests allow it themselves."""
    monkeypatch.setattr(precision, "supports_bfloat16", lambda on_cpu: False)


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Upscaler:
    root = tmp_path_factory.mktemp("checkpoints")
    small_upscalers.make_upscaler_checkpoint(root)
    return open_upscaler("tiny-sr", root)


@pytest.fixture(scope="module")
def compact_bytes() -> bytes:
    return save(small_upscalers.compact_network().state_dict(), {"license": "bsd-3-clause"})
