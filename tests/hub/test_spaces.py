import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gan_core.checkpoints import own
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import OwnModel
from gan_core.checkpoints.store import DEFAULT_ROOT, list_checkpoints, open_checkpoint
from gan_core.errors import AuthenticationRequired, ExternalError, UsageError
from gan_core.hub import spaces
from tests.evaluation.references import generator_and_upscaler
from tests.hub.server import TOKEN, Fault, Hub

SPACE = "spaces/me/demo"  # its name on the Hub on loopback


@pytest.fixture
def models(tmp_path: Path) -> list[Checkpoint]:
    """Two small models with their references, in folders with other files."""
    checkpoints = generator_and_upscaler(tmp_path)
    for checkpoint in checkpoints:
        (checkpoint.folder / "state.pt").write_bytes(b"a run's state")
        (checkpoint.folder / ".secret").write_bytes(b"x")
    return checkpoints


def deploy(models: list[Checkpoint], **overrides) -> spaces.Deployment:
    options: dict[str, Any] = {"token": TOKEN} | overrides
    return spaces.deploy_space("me/demo", spaces.space_files(models), **options)


def write_files(files: spaces.SpaceFiles, folder: Path) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.read_bytes())
    return folder


def front_matter(readme: bytes) -> dict:
    return yaml.safe_load(readme.decode().split("---\n")[1])


# Files ---------------------------------------------------------------------------------------------------------


def test_a_model_of_ones_own_that_is_deployed_is_shown_there_without_the_path_of_its_data(
    models: list[Checkpoint],
) -> None:
    own.write_note(models[0], OwnModel("Digits!", public=False, data="/home/me/pictures.zip"))
    note = spaces.space_files([open_checkpoint(models[0].folder)])[f"checkpoints/{models[0].name}/own.json"]
    assert isinstance(note, bytes)
    assert OwnModel.from_json(note.decode()) == OwnModel("Digits!", public=True)


def test_a_space_holds_the_source_the_models_and_nothing_else(models: list[Checkpoint]) -> None:
    source = {
        file.relative_to(DEFAULT_ROOT.parent).as_posix()
        for folder in ("gan_core", "pages")
        for file in (DEFAULT_ROOT.parent / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert set(spaces.space_files(models)) == source | {
        ".dockerignore", ".streamlit/config.toml", "Dockerfile", "LICENSE", "README.md", "requirements.txt",
        "streamlit_app.py",
        *(f"checkpoints/digits/{name}" for name in
          ("README.md", "config.json", "critic.safetensors", "model.safetensors", "reference.png")),
        *(f"checkpoints/sharp/{name}" for name in ("README.md", "config.json", "model.safetensors", "reference.png")),
    }  # fmt: skip


def test_the_files_of_a_space_pass_the_check_and_start_the_app(models: list[Checkpoint], tmp_path: Path) -> None:
    folder = write_files(spaces.space_files(models), tmp_path / "space")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GAN_CORE")}
    for command in (["-m", "gan_core", "check"], ["-c", "import pages.ui.server"]):
        subprocess.run([sys.executable, *command], cwd=folder, env=environment, check=True, timeout=300)


def test_the_readme_configures_the_space_to_run_the_dockerfile_at_its_port(models: list[Checkpoint]) -> None:
    title = 'My "demo": a GAN'
    readme = spaces.space_files(models, title)["README.md"]
    assert isinstance(readme, bytes)
    settings = front_matter(readme)
    assert (settings["sdk"], settings["app_port"], settings["title"], settings["license"]) == (
        "docker",
        8501,
        title,
        "mit",
    )
    assert len(settings["short_description"]) <= 60
    docker = (DEFAULT_ROOT.parent / "Dockerfile").read_text()
    assert f"PORT={settings['app_port']}" in docker
    assert f"EXPOSE {settings['app_port']}" in docker
    assert b"- `digits`:" in readme
    assert spaces.has_space_tag(readme.decode())


def test_the_package_index_of_torch_is_written_into_the_dockerfile(models: list[Checkpoint]) -> None:
    default, changed = (
        spaces.space_files(models, torch_index=index)["Dockerfile"] for index in (None, "https://a.example/cpu")
    )
    assert default == (DEFAULT_ROOT.parent / "Dockerfile").read_bytes()
    assert b"\nARG TORCH_INDEX=https://a.example/cpu\n" in changed  # type: ignore[operator]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"torch_index": "https://a.example/cpu\nRUN rm -rf /"}, "address of a package index"),
        ({"torch_index": "$(id)"}, "address of a package index"),
        ({"title": "a\nsdk: static"}, "on one line"),
        ({"title": ""}, "1 to 60 characters"),
        ({"models": []}, "No model is chosen"),
    ],
)
def test_a_space_that_would_not_work_is_refused_with_the_reason(
    models: list[Checkpoint], change: dict, message: str
) -> None:
    options: dict[str, Any] = {"models": models} | change
    with pytest.raises(UsageError, match=message):
        spaces.space_files(**options)


def test_a_container_holds_the_files_of_a_space_and_no_secrets(models: list[Checkpoint], tmp_path: Path) -> None:
    expected = set(spaces.space_files(models)) - {".dockerignore"}
    folder = write_files(spaces.space_files(models), tmp_path / "project")
    strays = {
        ".env", ".git/config", ".venv/bin/python", ".streamlit/secrets.toml", "data/mnist.zip", "runs/mine/state.pt",
        "checkpoints/.digits.partial/model.safetensors", "checkpoints/judge-mnist/model.safetensors",
        "gan_core/__pycache__/cli.pyc", "gan_core/.cli.py.swp", "pages/.DS_Store", "tests/test_cli.py",
    }  # fmt: skip
    write_files(dict.fromkeys(strays, b"x"), folder)
    assert docker_context(folder) == expected


def docker_context(folder: Path) -> set[str]:
    """The files in the build context: the last line of .dockerignore that matches a file or its folder decides."""
    lines = [line for line in (folder / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    rules = [(line.startswith("!"), as_pattern(line.removeprefix("!"))) for line in lines]
    names = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    return {name for name in names if [included for included, rule in rules if rule.fullmatch(name)][-1]}


def as_pattern(line: str) -> re.Pattern[str]:
    """`**/` is any number of folders, `*` anything but a slash; a folder that matches stands for all its files."""
    parts = re.split(r"(\*\*/|\*)", line)
    wildcards = {"**/": "(?:.*/)?", "*": "[^/]*"}
    return re.compile("".join(wildcards.get(part, re.escape(part)) for part in parts) + "(?:/.*)?")


# Upload -------------------------------------------------------------------------------------------------------------


def test_a_new_space_runs_docker_and_holds_the_files_byte_for_byte(hub: Hub, models: list[Checkpoint]) -> None:
    deployment = deploy(models)
    (created,) = hub.created
    assert (created["type"], created["sdk"], created["name"]) == ("space", "docker", "demo")
    uploaded = hub.files(SPACE)
    expected = spaces.space_files(models)
    assert set(uploaded) == {*expected, ".gitattributes"}
    for name, content in expected.items():
        assert uploaded[name] == (content if isinstance(content, bytes) else content.read_bytes()), name
    assert deployment.url == f"{hub.address}/spaces/me/demo"
    assert deployment.sent == tuple(expected)
    assert deployment.deleted == ()


def test_an_update_deletes_unneeded_files_in_the_same_commit(hub: Hub, models: list[Checkpoint]) -> None:
    deploy(models)
    commits = len(hub.repositories[SPACE].commits)
    deployment = deploy(models[:1])
    assert [name for name in deployment.deleted if not name.startswith("checkpoints/sharp/")] == []
    assert set(hub.files(SPACE)) == {*spaces.space_files(models[:1]), ".gitattributes"}
    assert len(hub.repositories[SPACE].commits) == commits + 1
    assert hub.parents[-1][0] == hub.parents[-1][1]  # a change in between would have been refused


@pytest.mark.parametrize(
    "readme",
    [
        {"README.md": b"---\ntitle: Mine\nsdk: gradio\n---\n"},
        {"README.md": b"Longer than a README is read." + b"x" * 100_000},
        {"README.md": b""},
        {},
    ],
)
def test_a_space_with_other_contents_is_not_changed_unless_forced(
    hub: Hub, models: list[Checkpoint], readme: dict[str, bytes]
) -> None:
    hub.add(SPACE, readme | {"app.py": b"print()"})
    with pytest.raises(UsageError, match="holds something else"):
        deploy(models)
    assert set(hub.files(SPACE)) == {"app.py", *readme}
    assert "app.py" in deploy(models, force=True).deleted


def test_an_empty_space_is_filled(hub: Hub, models: list[Checkpoint]) -> None:
    hub.add(SPACE, {".gitattributes": b"", "README.md": b""})
    assert deploy(models).deleted == ()


def test_a_space_can_be_private_and_a_public_one_is_refused_as_private(hub: Hub, models: list[Checkpoint]) -> None:
    deploy(models, private=True)
    assert hub.repositories[SPACE].private
    hub.repositories[SPACE].private = False
    with pytest.raises(UsageError, match="and public"):
        deploy(models, private=True)


def test_without_a_valid_token_nothing_is_uploaded(hub: Hub, models: list[Checkpoint]) -> None:
    for token in (None, "hf_wrong"):
        with pytest.raises(AuthenticationRequired):
            deploy(models, token=token)
    assert SPACE not in hub.repositories


@pytest.mark.parametrize("name", ["demo", "me/../x", "me/de mo", ""])
def test_an_invalid_name_is_refused(hub: Hub, models: list[Checkpoint], name: str) -> None:
    with pytest.raises(UsageError, match="is not a name on the Hub"):
        spaces.deploy_space(name, spaces.space_files(models), token=TOKEN)


def test_every_committed_model_can_be_deployed() -> None:
    names = {
        name.split("/")[1]
        for name in spaces.space_files(list_checkpoints(DEFAULT_ROOT))
        if name.startswith("checkpoints/")
    }
    assert names == {checkpoint.name for checkpoint in list_checkpoints(DEFAULT_ROOT)}


@pytest.mark.parametrize("status", [429, 500, 403])
def test_an_error_of_the_hub_is_raised_without_the_token(
    hub: Hub, models: list[Checkpoint], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    hub.faults.append(Fault("/commit/", "POST", status=status))
    with pytest.raises((ExternalError, UsageError)) as caught:
        deploy(models)
    assert TOKEN not in str(caught.value)


# The container -------------------------------------------------------------------------------------------------------


def test_the_container_runs_without_privileges_in_hosted_mode_with_a_health_check() -> None:
    text = (DEFAULT_ROOT.parent / "Dockerfile").read_text()
    steps = [line.split(" ", 1) for line in text.replace("\\\n", " ").splitlines() if re.match("[A-Z]+ ", line)]
    instructions = dict(steps)
    assert instructions["FROM"].endswith("-slim")
    assert instructions["USER"] == "1000"
    assert [word for word, _ in steps].index("USER") < [word for word, _ in steps].index("CMD")
    assert "_stcore/health" in instructions["HEALTHCHECK"]
    assert "--hosted" in instructions["CMD"]
    assert instructions["ARG"] == "TORCH_INDEX="
    assert "://" not in re.sub(
        r"http://127\.0\.0\.1", "", "".join(rest for _, rest in steps)
    )  # who builds names the index


def test_the_pages_import_no_heavy_package_besides_torch() -> None:
    heavy = ("torchvision", "spandrel", "accelerate", "torchmetrics", "huggingface_hub", "scipy", "matplotlib")
    code = (
        "import importlib, pkgutil, sys, pages\n"
        "for module in pkgutil.walk_packages(pages.__path__, 'pages.'):\n"
        "    if not module.name.endswith('.page'): importlib.import_module(module.name)\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=DEFAULT_ROOT.parent, timeout=300
    )
    assert completed.stdout.strip() == "[]"
