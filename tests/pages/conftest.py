"""Pages without a browser: the frame runs once, then the page that a test asks for, with the query of its link."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.checkpoints import root_folder
from pages.shared import models
from tests import small_upscalers, tiny

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds, for a machine that is busy with something else
Open = Callable[..., AppTest]


@pytest.fixture
def opened() -> Open:
    """`opened("samples", seed="3")` is the page /samples?seed=3 after its first run."""

    def open_page(name: str, **query: str | list[str]) -> AppTest:
        app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=PATIENCE).run()
        for key, value in query.items():
            app.query_params[key] = value
        return (app if name == "home" and not query else app.switch_page(f"pages/{name}.py")).run()

    return open_page


@pytest.fixture
def known() -> dict[str, str]:
    """The hash of the weights of each model that can be used; the test is skipped where the usual ones are missing."""
    found = {name: each.weights_hash for name, each in models.catalogue().items()}
    if not {"mnist-cgan", "mnist-dcgan", "mnist-vanilla", "fashion-cgan"} <= set(found):
        pytest.skip(f"{root_folder()} does not hold the usual models")
    return found


@pytest.fixture
def no_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of checkpoints."""
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path))
    return tmp_path


@pytest.fixture
def with_upscalers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of checkpoints with two tiny models that enlarge, four times and twice, and the usual one that draws."""
    small_upscalers.checkpoint(tmp_path, "tiny-x4")
    small_upscalers.checkpoint(tmp_path, "tiny-x2", scale=2)
    tiny.checkpoint(tmp_path, "dcgan", "tiny-dcgan")
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path))
    return tmp_path
