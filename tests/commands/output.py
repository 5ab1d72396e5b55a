"""What the commands print."""

import pytest


def error_line(capsys: pytest.CaptureFixture[str]) -> str:
    """The text on standard error, which must be exactly one line."""
    error = capsys.readouterr().err
    assert error.count("\n") == 1, error
    assert "Traceback" not in error
    return error
