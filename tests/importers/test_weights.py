"""Weights files of other projects: no code is run, and a file that cannot be used is refused with the reason."""

import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save
from torch import nn

from gan_core.errors import UsageError
from gan_core.importers.spandrel_networks import load_spandrel_model
from tests import small_upscalers

pytestmark = pytest.mark.core


class MaliciousPickle:
    """An object that writes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.file,)


def test_code_in_a_weights_file_is_never_run(tmp_path: Path) -> None:
    torch.save({"params": MaliciousPickle(tmp_path / "was-here")}, tmp_path / "evil.pth")
    (tmp_path / "old.pth").write_bytes(pickle.dumps(MaliciousPickle(tmp_path / "was-here"), protocol=2))
    for name in ("evil.pth", "old.pth"):
        with pytest.raises(UsageError, match=f"{name} holds code besides weights"):
            load_spandrel_model(tmp_path / name, name)
    assert not (tmp_path / "was-here").exists()


def write_unusable_file(kind: str, file: Path) -> None:
    state = small_upscalers.compact_network().state_dict()
    if kind == "damaged":
        torch.save(state, file)
        file.write_bytes(file.read_bytes()[:2000])
    elif kind == "empty":
        file.write_bytes(b"")
    elif kind == "not finite":
        state["body.0.weight"][0, 0, 0, 0] = float("nan")
        torch.save(state, file)
    elif kind == "unknown":
        torch.save(nn.Sequential(nn.Linear(3, 4)).state_dict(), file)
    elif kind == "no upscaling":
        torch.save(small_upscalers.compact_network(scale=1).state_dict(), file)
    elif kind == "other shapes":
        state["body.2.weight"] = state["body.2.weight"][:5]
        torch.save(state, file)
    elif kind == "no weights":
        torch.save({"steps": 3}, file)
    elif kind == "huge":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("data", "w") as member:
            for _ in range(40):
                member.write(bytes(1024**2))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("damaged", "damaged, cut off, or not a weights file"),
        ("empty", "is an empty file"),
        ("not finite", "not finite .*first in body.0.weight"),
        ("unknown", "is of an unknown architecture .*Supported are the 4"),
        ("no upscaling", "restores images without enlarging them"),
        ("other shapes", "its weights do not fit"),
        ("no weights", "holds no named weights"),
        ("huge", "would unpack to more than"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(
    kind: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan_core.importers.weights.MAX_WEIGHTS_BYTES", 20 * 1024**2)
    write_unusable_file(kind, tmp_path / "model.pth")
    with pytest.raises(UsageError, match=message):
        load_spandrel_model(tmp_path / "model.pth", "model.pth")


def test_damaged_safetensors_are_refused(tmp_path: Path) -> None:
    compact_bytes = save(small_upscalers.compact_network().state_dict())
    (tmp_path / "cut.safetensors").write_bytes(compact_bytes[:-50])
    for source in (tmp_path / "cut.safetensors", compact_bytes[:-50]):
        with pytest.raises(UsageError, match="cannot be read as safetensors"):
            load_spandrel_model(source, "cut.safetensors")
