from pathlib import Path

import pytest

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.cli import main
from gan_core.evaluation import reference_check
from tests import factories, small_upscalers
from tests.hub.server import Hub

SPACE = "spaces/me/demo"  # its name on the Hub on loopback


@pytest.fixture
def models(tmp_path: Path) -> list[Checkpoint]:
    """Two small models with their references."""
    checkpoints = [
        factories.checkpoint(tmp_path, "conditional", "digits"),
        small_upscalers.make_upscaler_checkpoint(tmp_path, "sharp"),
    ]
    for checkpoint in checkpoints:
        reference_check.update_reference(checkpoint)
    return checkpoints


def test_the_chosen_models_are_deployed(
    hub: Hub, signed_in: str, models: list[Checkpoint], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["deploy", "me/demo", "--checkpoints", str(tmp_path), "--models", "digits"]) == 0
    output = capsys.readouterr().out
    assert f"{hub.address}/spaces/me/demo is being built" in output
    assert signed_in not in output
    assert "checkpoints/sharp/config.json" not in hub.files(SPACE)
    assert main(["deploy", "me/demo", "--checkpoints", str(tmp_path)]) == 0
    assert "checkpoints/sharp/config.json" in hub.files(SPACE)


def test_a_model_that_fails_the_check_is_not_deployed(
    hub: Hub, signed_in: str, models: list[Checkpoint], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy = ["deploy", "me/demo", "--checkpoints", str(tmp_path)]
    (models[0].folder / "reference.png").unlink()
    assert main([*deploy, "--models", "digits"]) == 0  # a missing reference is created
    file = models[0].folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-50])
    assert main(deploy) == 1
    assert "digits cannot be deployed" in capsys.readouterr().err
