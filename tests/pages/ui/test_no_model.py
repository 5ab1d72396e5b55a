"""Pages without a model tell their owner how to get one, and the visitors of a host nothing that they cannot do."""

from pathlib import Path

import pytest

from pages.ui.limits import HOSTED_VARIABLE
from tests.pages.conftest import OpenPage


@pytest.mark.parametrize("name", ["home", "samples", "digits", "text", "upscale"])
def test_only_an_owner_is_told_to_train_a_model(
    open_page: OpenPage, no_models: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def text() -> str:
        app = open_page(name)
        assert not app.exception
        return " ".join(element.value for element in app.markdown)

    assert "python -m gan_core" in text()
    monkeypatch.setenv(HOSTED_VARIABLE, "1")
    assert "python -m gan_core" not in text()
