import os
from pathlib import Path

import pytest

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.cli import main
from tests.evaluation.references import generator_and_upscaler
from tests.hub.server import Hub

SPACE = "spaces/me/demo"  # its name on the Hub on loopback


@pytest.fixture
def models(tmp_path: Path) -> list[Checkpoint]:
    """Two small models with their references."""
    return generator_and_upscaler(tmp_path)


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


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([], []),
        (["--address", "0.0.0.0"], ["--address", "0.0.0.0"]),
        (["--hosted"], ["--hosted"]),
        (["--hosted", "--address", "127.0.0.1"], ["--address", "127.0.0.1", "--hosted"]),
    ],
)
def test_the_server_gets_the_address_to_listen_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: list[str], expected: list[str]
) -> None:
    commands: list[list[str]] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(os, "execv", lambda path, command: commands.append(command))
    assert main(["app", "--port", "8765", *flags]) == 0
    (command,) = commands
    assert command[1:] == ["-m", "pages.ui.server", "--port", "8765", *expected]
