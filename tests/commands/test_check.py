import json
import shutil
from pathlib import Path

import pytest
import torch

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.cli import main
from tests.evaluation.references import change_pixel, checkpoint_with_reference

pytestmark = pytest.mark.core


@pytest.fixture(params=["generator", "upscaler"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Checkpoint:
    return checkpoint_with_reference(request.param, tmp_path)


def test_the_report_holds_versions_device_memory_and_each_model(
    fresh: Checkpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--checkpoints", str(fresh.folder.parent), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["models"] == [
        {"name": fresh.name, "state": "same", "text": "same images as its reference", "difference": 0}
    ]
    assert report["host"]["torch"] == torch.__version__
    assert {"version", "device", "memory"} <= set(report["host"])


def test_the_command_fails_and_names_the_models_that_failed(
    fresh: Checkpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(fresh.folder, tmp_path / "second")
    change_pixel(store.open_checkpoint(tmp_path / "second"), 50)
    assert main(["check", "--checkpoints", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert "1 of 2 models failed the check: second." in printed.err
    assert "50 grey levels away" in printed.out
    assert main(["check", "--checkpoints", str(tmp_path), "--renew"]) == 0
    assert main(["check", "--checkpoints", str(tmp_path)]) == 0


def test_a_folder_without_models_fails_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--checkpoints", str(tmp_path)]) == 2
    assert "holds no model to check" in capsys.readouterr().err
