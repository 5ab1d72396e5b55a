"""The command `judge`."""

from pathlib import Path

import pytest

from gan_core.cli import main
from tests.commands.output import error_line


@pytest.mark.parametrize("epochs", ["0", "1001"])
def test_a_number_of_epochs_out_of_range_is_refused(
    epochs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["judge", "mnist", "--epochs", epochs, "--checkpoints", str(tmp_path)]) == 2
    assert "--epochs must lie between 1 and 1000" in error_line(capsys)


def test_a_classifier_is_overwritten_only_with_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "judge-pets").mkdir()
    for data in ("pets", "pets.zip"):
        assert main(["judge", data, "--checkpoints", str(tmp_path)]) == 2
        assert "judge-pets exists: overwrite it by --force." in error_line(capsys)
