"""Fixtures of all tests: a fresh accelerate state, a Hub server on loopback, and the folder of real data.

No test reads the user's fetched models or access token, or connects to another machine.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HUB_HOME = tempfile.TemporaryDirectory(prefix="gan-atelier-tests-")
os.environ |= {  # huggingface_hub reads some of them at import
    "HF_HOME": HUB_HOME.name,
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "NO_PROXY": "127.0.0.1,localhost",
    "HF_ENDPOINT": "http://127.0.0.1:9",
    "GAN_CORE_FETCHED": f"{HUB_HOME.name}/fetched",
}
for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE"):
    os.environ.pop(name, None)

import pytest  # noqa: E402
import torch  # noqa: E402

from tests.hub import server as hub_server  # noqa: E402

torch.set_num_threads(1)  # a second thread makes networks this small slower on a busy machine


@pytest.fixture(autouse=True)
def _fresh_accelerate() -> Iterator[None]:
    """Reset the state of accelerate, which otherwise lasts for the life of the process."""
    yield
    if "accelerate" in sys.modules:
        from accelerate.state import AcceleratorState

        AcceleratorState._reset_state(reset_partial_state=True)


@pytest.fixture
def data_folder() -> Path:
    """The folder that GAN_CORE_DATA names; the test is skipped where it has no MNIST."""
    folder = Path(os.environ.get("GAN_CORE_DATA") or "nowhere")
    if not (folder / "MNIST").is_dir():
        pytest.skip("GAN_CORE_DATA names no folder with MNIST")
    return folder


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[hub_server.Hub]:
    """A Hub server on loopback without models, an empty cache of fetched models, and no backoff between attempts."""
    monkeypatch.setattr("gan_core.hub.client.FIRST_BACKOFF_S", 0.0)
    monkeypatch.setenv("GAN_CORE_FETCHED", str(tmp_path / "fetched"))
    with hub_server.running_hub() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        yield server


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> str:
    """The access token of the Hub server on loopback, in the environment."""
    monkeypatch.setenv("HF_TOKEN", hub_server.TOKEN)
    return hub_server.TOKEN
