"""Weights files of other projects: no code is run, and a file that cannot be used is refused with the reason."""

import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from gan_core.errors import BrokenWeights, TooLarge, UnsafeFile, UsageError
from gan_core.importers.spandrel_networks import load_network
from gan_core.importers.weights import load_state
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
        with pytest.raises(UnsafeFile, match=f"{name} holds code besides weights"):
            load_network(tmp_path / name, name)
    assert not (tmp_path / "was-here").exists()


@pytest.mark.filterwarnings("ignore")
def test_a_torchscript_program_is_refused(tmp_path: Path) -> None:
    program = torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2))
    torch.jit.save(program, tmp_path / "program.pt")
    with pytest.raises(UnsafeFile, match="is a TorchScript program"):
        load_network(tmp_path / "program.pt", "program.pt")


def test_a_damaged_file_an_empty_one_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    torch.save(small_upscalers.compact_network().state_dict(), tmp_path / "model.pth")
    whole = (tmp_path / "model.pth").read_bytes()
    with pytest.raises(BrokenWeights, match="damaged, cut off, or not a weights file"):
        load_network(whole[:2000], "model.pth")
    with pytest.raises(BrokenWeights, match="is an empty file"):
        load_network(b"", "model.pth")
    with pytest.raises(UsageError, match="cannot be opened: No such file"):
        load_network(tmp_path / "missing.pth", "missing.pth")


def test_a_file_too_large_and_a_zip_bomb_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_core.importers.weights.MAX_WEIGHTS_BYTES", 20 * 1024**2)
    with (
        zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("data", "w") as member,
    ):
        for _ in range(40):
            member.write(bytes(1024**2))
    with pytest.raises(TooLarge, match="would unpack to more than"):
        load_network(tmp_path / "bomb.pth", "bomb.pth")
    with pytest.raises(TooLarge, match=r"has 0\.0 GB; at most 0\.0 GB are allowed"):
        load_network(bytes(20 * 1024**2 + 1), "large.pth")


def test_damaged_safetensors_are_refused(tmp_path: Path) -> None:
    compact_bytes = save(small_upscalers.compact_network().state_dict())
    (tmp_path / "cut.safetensors").write_bytes(compact_bytes[:-50])
    for source in (tmp_path / "cut.safetensors", compact_bytes[:-50]):
        with pytest.raises(BrokenWeights, match="cannot be read as safetensors"):
            load_network(source, "cut.safetensors")


@pytest.mark.parametrize("key", ["license", "modelspec.license"])
def test_the_licence_in_safetensors_is_read_from_files_and_bytes(key: str, tmp_path: Path) -> None:
    data = save({"w": torch.zeros(2)}, {key: "mit"})
    (tmp_path / "model.safetensors").write_bytes(data)
    assert [load_state(source, "x.safetensors")[1] for source in (tmp_path / "model.safetensors", data)] == ["mit"] * 2
