"""What all tests share: a clean accelerate state, a Hub on loopback, and the folder of real data for those marked
`shared`. No test reads what its user has fetched, nor that user's token, nor ever leaves this machine."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HUB_HOME = tempfile.TemporaryDirectory(prefix="gan-atelier-tests-")
os.environ |= {  # the Hub's client reads some of them when it is imported
    "HF_HOME": HUB_HOME.name, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "NO_PROXY": "127.0.0.1,localhost",
    "HF_ENDPOINT": "http://127.0.0.1:9", "GAN_CORE_FETCHED": f"{HUB_HOME.name}/fetched",
}  # fmt: skip
for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE"):
    os.environ.pop(name, None)

import pytest  # noqa: E402
import torch  # noqa: E402

from tests.hub import server as hub_server  # noqa: E402

torch.set_num_threads(1)  # nets this small gain nothing from a second thread, and lose much on a busy machine


@pytest.fixture(autouse=True)
def _fresh_accelerate() -> Iterator[None]:
    """accelerate keeps precision and processes for the life of a process; each test starts without."""
    yield
    if "accelerate" in sys.modules:
        from accelerate.state import AcceleratorState

        AcceleratorState._reset_state(reset_partial_state=True)


@pytest.fixture
def data_folder() -> Path:
    """The folder that GAN_CORE_DATA names; the test is skipped where it holds no MNIST."""
    folder = Path(os.environ.get("GAN_CORE_DATA") or "nowhere")
    if not (folder / "MNIST").is_dir():
        pytest.skip("GAN_CORE_DATA names no folder with MNIST")
    return folder


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[hub_server.Hub]:
    """A Hub on loopback without models, an empty folder for what is fetched, and no waiting between attempts."""
    monkeypatch.setattr("gan_core.hub.client.FIRST_BACKOFF_S", 0.0)
    monkeypatch.setenv("GAN_CORE_FETCHED", str(tmp_path / "fetched"))
    with hub_server.running_hub() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        yield server


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> str:
    """The token that the Hub on loopback knows, in the environment."""
    monkeypatch.setenv("HF_TOKEN", hub_server.TOKEN)
    return hub_server.TOKEN
