"""Pages without a browser: the frame runs once, then the requested page with the query of its link."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from gan_core.checkpoints.store import resolve_root
from pages.ui import model_cache
from tests import factories, small_upscalers

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 60  # generous, for busy machines
OpenPage = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _error_details() -> Iterator[None]:
    """Restore `client.showErrorDetails`, which a hosted app sets for the whole process."""
    details = config.get_option("client.showErrorDetails")
    yield
    config.set_option("client.showErrorDetails", details)


@pytest.fixture
def open_page() -> OpenPage:
    """`open_page("samples", seed="3")` is the page /samples?seed=3 after its first run."""

    def run_page(name: str, **query: str | list[str]) -> AppTest:
        app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=TIMEOUT_S).run()
        for key, value in query.items():
            app.query_params[key] = value
        return (
            app if name == "home" and not query else app.switch_page(f"pages/{name.replace('-', '_')}/page.py")
        ).run()

    return run_page


@pytest.fixture
def weights_hashes() -> dict[str, str]:
    """The weights hash of each generator by name; the test is skipped where the usual models are missing."""
    hashes = {name: checkpoint.weights_hash for name, checkpoint in model_cache.generators().items()}
    if not {"mnist-cgan", "mnist-dcgan", "mnist-vanilla", "fashion-cgan"} <= set(hashes):
        pytest.skip(f"{resolve_root()} does not hold the usual models")
    return hashes


@pytest.fixture
def no_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of checkpoints."""
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path))
    return tmp_path


@pytest.fixture
def with_upscalers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of checkpoints with two tiny upscalers, 4x and 2x, and a tiny generator."""
    small_upscalers.make_upscaler_checkpoint(tmp_path, "tiny-x4")
    small_upscalers.make_upscaler_checkpoint(tmp_path, "tiny-x2", scale=2)
    factories.checkpoint(tmp_path, "dcgan", "tiny-dcgan")
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path))
    return tmp_path
