"""The wheel: built without a network and installed elsewhere, it samples and serves as the checkout does."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image

import gan_core
from gan_core import paths
from gan_core.cli import main

ROOT = Path(__file__).resolve().parents[1]
PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
OFFLINE = {"PIP_NO_INDEX": "1"}
START_S = 60  # allowed for the start of the server
PROJECT_FILE = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed wheel, built from a copy so that no build litters the checkout."""
    folder = tmp_path_factory.mktemp("package")
    source = copy_project(folder / "source")
    environment = os.environ | OFFLINE
    wheels = folder / "wheels"
    build = [*PIP, "wheel", str(source), "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels)]
    subprocess.run(build, check=True, env=environment, timeout=300)
    shutil.rmtree(source)
    (wheel,) = wheels.iterdir()
    target = folder / "installed"
    install = [*PIP, "install", "--no-deps", "--no-compile", "--target", str(target), str(wheel)]
    subprocess.run(install, check=True, env=environment, timeout=300)
    wheel.unlink()
    return target


def copy_project(folder: Path) -> Path:
    """The files that pyproject.toml builds the wheel from, and pyproject.toml."""
    wheel = PROJECT_FILE["tool"]["hatch"]["build"]["targets"]["wheel"]
    hidden = shutil.ignore_patterns("__pycache__")
    for name in (*wheel["packages"], *wheel["force-include"], "pyproject.toml", PROJECT_FILE["project"]["readme"]):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=hidden)
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def elsewhere(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory from which only the installed package can be imported."""
    for name in [name for name in os.environ if name.startswith("GAN_CORE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(installed))
    return tmp_path


@pytest.fixture(scope="module")
def metadata(installed: Path) -> Message:
    (file,) = installed.glob("gan_atelier-*.dist-info/METADATA")
    with file.open("rb") as stream:
        return BytesParser().parse(stream)


def test_the_wheel_has_the_version_and_the_requirements_of_the_checkout(metadata: Message) -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = {line.partition("#")[0].strip() for line in lines} - {""}
    assert metadata["Version"] == gan_core.__version__
    assert set(map(normalized, metadata.get_all("Requires-Dist", []))) == set(map(normalized, required))


def normalized(requirement: str) -> str:
    return requirement.replace("_", "-").lower()


def test_the_tests_build_with_the_versions_that_an_install_builds_with() -> None:
    pinned = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").split()
    assert set(PROJECT_FILE["build-system"]["requires"]) <= set(pinned)


def test_the_wheel_holds_package_app_and_models_and_nothing_else(installed: Path) -> None:
    assert {file.name for file in installed.iterdir() if not file.name.endswith(".dist-info")} == {
        "bin", "gan_atelier", "gan_core",
    }  # fmt: skip
    app = installed / "gan_atelier"
    for folder, origin in ((installed / "gan_core", paths.PACKAGE), (app / "pages", ROOT / "pages"),
                           (app / "checkpoints", ROOT / "checkpoints")):  # fmt: skip
        assert files_of(folder) == files_of(origin)
    assert {file.name for file in app.iterdir()} - {"__pycache__"} == {
        ".dockerignore", ".streamlit", "Dockerfile", "LICENSE", "checkpoints", "pages", "requirements.txt",
        "streamlit_app.py",
    }  # fmt: skip
    assert files_of(app / ".streamlit") == {"config.toml"}


def files_of(folder: Path) -> set[str]:
    return {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def test_the_console_command_samples_the_pixels_of_the_checkout(installed: Path, elsewhere: Path) -> None:
    sample = ["sample", "mnist-cgan", "--label", "7", "--count", "4", "--out"]
    assert main([*sample, str(elsewhere / "checkout.png"), "--checkpoints", str(ROOT / "checkpoints")]) == 0
    subprocess.run(
        [installed / "bin" / "gan-atelier", *sample, "installed.png"], cwd=elsewhere, check=True, timeout=300
    )
    with Image.open(elsewhere / "checkout.png") as ours, Image.open(elsewhere / "installed.png") as theirs:
        np.testing.assert_array_equal(np.asarray(theirs), np.asarray(ours))


def test_the_library_samples_the_pixels_of_the_checkout(elsewhere: Path) -> None:
    code = "import gan_core; gan_core.load('mnist-cgan').sample(3, label=7)[0].save('installed.png')"
    subprocess.run([sys.executable, "-c", code], cwd=elsewhere, check=True, timeout=300)
    (ours,) = gan_core.load("mnist-cgan", checkpoints=ROOT / "checkpoints").sample(3, label=7)
    with Image.open(elsewhere / "installed.png") as theirs:
        np.testing.assert_array_equal(np.asarray(theirs), np.asarray(ours))


def test_the_console_command_ends_with_the_exit_code_of_the_command_line(installed: Path, elsewhere: Path) -> None:
    command = [installed / "bin" / "gan-atelier", "sample", "nobody", "--out", "x.png"]
    done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2
    assert "mnist-cgan" in done.stderr


def test_a_space_can_be_deployed_from_the_wheel(elsewhere: Path) -> None:
    code = (
        "from gan_core.hub import spaces; from gan_core.checkpoints import store\n"
        "print(*spaces.space_files([store.open_checkpoint(store.DEFAULT_ROOT / 'mnist-cgan')]), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=elsewhere, capture_output=True, text=True, check=True, timeout=300
    )
    sent = set(done.stdout.splitlines())
    assert {"gan_core/cli.py", "pages/ui/server.py", "Dockerfile", "checkpoints/mnist-cgan/config.json"} <= sent
    assert not [name for name in sent if name.startswith("gan_atelier")]


@pytest.fixture
def served(installed: Path, elsewhere: Path) -> Iterator[str]:
    """The address of `gan-atelier app`, started in an empty folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [installed / "bin" / "gan-atelier", "app", "--port", str(port)], cwd=elsewhere,
        env=os.environ | {"STREAMLIT_SERVER_HEADLESS": "true", "STREAMLIT_SERVER_ADDRESS": "127.0.0.1"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        until = monotonic() + START_S
        while not answers(address):
            assert process.poll() is None, f"the server ended with {process.returncode}"
            assert monotonic() < until, "the server did not answer in time"
            sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/_stcore/health", timeout=5) as response:
            return response.read() == b"ok"
    except (URLError, OSError):
        return False


def test_the_console_command_serves_the_app(served: str, installed: Path, elsewhere: Path) -> None:
    with urlopen(f"{served}/digits", timeout=START_S) as response:
        assert b"<title>" in response.read()
    assert not list(elsewhere.iterdir())
    assert not (installed / "gan_atelier" / "runs").exists()
