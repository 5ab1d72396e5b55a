"""Small models for the tests of the commands."""

from pathlib import Path

import pytest

from tests import factories


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoints"
    factories.checkpoint(folder, "conditional", "shapes-cgan")
    factories.checkpoint(folder, "vanilla", "shapes-vanilla")
    return folder


@pytest.fixture
def words_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    factories.checkpoint(tmp_path / "models", "text_conditional", "words")
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path / "models"))
    return tmp_path
