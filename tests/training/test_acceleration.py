"""Precision and device of a training."""

import pytest
import torch

from gan_core.training import acceleration
from gan_core.training.acceleration import create_accelerator
from gan_core.training.config import TrainingConfig


@pytest.mark.parametrize(
    ("precision", "able", "expected"),
    [("auto", False, "no"), ("auto", True, "bf16"), ("float32", True, "no"), ("bfloat16", False, "bf16")],
)
def test_auto_takes_bfloat16_only_where_the_processor_supports_it(
    precision: str, able: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": able, "amx_bf16": False})
    accelerator = create_accelerator(TrainingConfig(precision=precision, device="cpu"))
    assert accelerator.mixed_precision == expected
    assert accelerator.device.type == "cpu"


def test_a_processor_of_unknown_capabilities_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert not acceleration.supports_bfloat16(on_cpu=True)
