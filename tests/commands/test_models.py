"""The command `models`."""

import json
from pathlib import Path

import pytest

from gan_core.cli import main


def test_models_are_listed_as_a_table_and_as_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json", "--checkpoints", str(root)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == ["shapes-cgan", "shapes-vanilla"]
    assert set(rows[0]) == {
        "name", "family", "data", "classes", "image_size", "size", "scores", "source", "folder", "licence", "weights",
        "critic",
    }  # fmt: skip
    assert main(["models", "--checkpoints", str(root)]) == 0
    assert "shapes-vanilla" in capsys.readouterr().out


def test_a_folder_without_models_says_how_to_get_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--checkpoints", str(tmp_path)]) == 0
    assert f"No models in {tmp_path}: train one" in capsys.readouterr().out
    assert main(["models", "--json", "--checkpoints", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out) == []
