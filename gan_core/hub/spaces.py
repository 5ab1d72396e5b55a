"""Which files make a hosted demo: the app, the models that were chosen, and a README that tells the Hub how to run it.

A Space is written as a whole: what an earlier deployment left there and this one does not have is deleted. One that
somebody else filled is left alone.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import (
    CARD_FILE,
    CONFIG_FILE,
    DISCRIMINATOR_FILE,
    REFERENCE_IMAGE_FILE,
    SOURCE_FILE,
    TEXT_ENCODER_FILE,
    WEIGHTS_FILE,
)
from gan_core.errors import NotFound, UsageError
from gan_core.hub import client
from gan_core.hub.client import RepoInfo
from gan_core.hub.reference import validate_repository
from gan_core.paths import PACKAGE, PROJECT_ROOT

APP_PORT = 8501  # where the Dockerfile's server listens
TOP_LEVEL_FILES = (".dockerignore", ".streamlit/config.toml", "LICENSE", "requirements.txt", "streamlit_app.py")
SOURCE_FOLDERS = {"gan_core": PACKAGE, "pages": PROJECT_ROOT / "pages"}
MODEL_FILES = (
    CARD_FILE,
    CONFIG_FILE,
    DISCRIMINATOR_FILE,
    WEIGHTS_FILE,
    TEXT_ENCODER_FILE,
    REFERENCE_IMAGE_FILE,
    SOURCE_FILE,
)
SPACE_TAG = "gan-atelier"  # a tag in the README: this Space is ours to update
TITLE_PATTERN = re.compile(r"[^\x00-\x1f\x7f]{1,60}")
HUB_OWN_FILES = (".gitattributes",)  # the Hub's own, in every Space
MAX_README_BYTES = 100_000  # bytes of a README that is read
INDEX_URL_PATTERN = re.compile(r"https?://[\w.:/@%+~-]+")
SpaceFiles = dict[str, bytes | Path]


@dataclass(frozen=True)
class Deployment:
    """The commit's address, the Space's own, and the names of what was sent and what was deleted."""

    commit_url: str
    url: str
    sent: tuple[str, ...]
    deleted: tuple[str, ...]


def deploy_space(
    space: str, files: SpaceFiles, *, private: bool = False, force: bool = False, token: str | None = None
) -> Deployment:
    """The files as OWNER/SPACE on the Hub, in one commit; a new Space runs the Dockerfile.

    Raises InputError where the Space is somebody else's work (unless `force`), LoginNeeded, and what else `hub.upload`
    does.
    """
    validate_repository(space)
    client.require_token(token)
    try:
        existing = client.repo_info(space, None, token, repo_type="space")
    except NotFound:
        existing = None
    if existing and private and not existing.private:
        raise UsageError(f"{space} is on the Hub already, and public: choose another name, or make it private there.")
    if existing and not force and not is_replaceable(existing, token):
        raise UsageError(f"{space} on the Hub holds something else: choose another name, or replace it by --force.")
    existing_paths = {file.path for file in existing.files} if existing else set()
    deleted = tuple(sorted(existing_paths - set(files) - set(HUB_OWN_FILES)))
    commit_url = client.upload_files(
        space, files, "Deployed by GAN Atelier", private=private, parent=existing.commit if existing else None, token=token,
        repo_type="space", deleted=deleted,
    )  # fmt: skip
    return Deployment(commit_url, client.web_url(space, "space"), tuple(files), deleted)


def space_files(models: Iterable[Checkpoint], title: str = "GAN Atelier", torch_index: str | None = None) -> SpaceFiles:
    """All files of a Space by their names there. Raises InputError on a title, an index or models that cannot be."""
    checkpoints = list(models)
    validate_space(checkpoints, title, torch_index)
    contents: SpaceFiles = {name: PROJECT_ROOT / name for name in TOP_LEVEL_FILES}
    for name, folder in SOURCE_FOLDERS.items():
        contents |= {f"{name}/{file.relative_to(folder).as_posix()}": file for file in source_files(folder)}
    for checkpoint in checkpoints:
        contents |= {
            f"checkpoints/{checkpoint.name}/{name}": checkpoint.folder / name for name in existing_files(checkpoint)
        }
    contents["Dockerfile"] = dockerfile(torch_index).encode()
    contents["README.md"] = readme(title, checkpoints).encode()
    missing = [name for name, content in contents.items() if isinstance(content, Path) and not content.is_file()]
    if missing:
        raise UsageError(f"{PROJECT_ROOT / missing[0]} is missing: deploy from a whole copy of the project.")
    return dict(sorted(contents.items()))


def validate_space(checkpoints: list[Checkpoint], title: str, torch_index: str | None) -> None:
    if not TITLE_PATTERN.fullmatch(title):
        raise UsageError("A title has 1 to 60 characters on one line.")
    if torch_index is not None and not INDEX_URL_PATTERN.fullmatch(torch_index):
        raise UsageError(f"--torch-index must be the address of a package index, not {torch_index[:80]!r}.")
    if not checkpoints:
        raise UsageError("No model is chosen: a demo without one draws nothing.")
    names = [checkpoint.name for checkpoint in checkpoints]
    if len(set(names)) < len(names):
        raise UsageError("Two of the models chosen have the same name: rename one's folder.")
    incomplete = [checkpoint.name for checkpoint in checkpoints if not (checkpoint.folder / WEIGHTS_FILE).is_file()]
    if incomplete:
        raise UsageError(f"{incomplete[0]} has no weights ({WEIGHTS_FILE}).")


def source_files(folder: Path) -> Iterator[Path]:
    """The files of the program: nothing hidden, nothing compiled."""
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        if file.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in parts):
            yield file


def existing_files(checkpoint: Checkpoint) -> list[str]:
    return [name for name in MODEL_FILES if (checkpoint.folder / name).is_file()]


def dockerfile(torch_index: str | None) -> str:
    """The project's own, with the index of torch filled in: a Space passes no build arguments by itself."""
    text = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
    return text.replace("ARG TORCH_INDEX=\n", f"ARG TORCH_INDEX={torch_index or ''}\n")


def readme(title: str, models: Iterable[Checkpoint]) -> str:
    """What the Hub reads (the front matter) and what people do."""
    front_matter = {
        "title": json.dumps(title, ensure_ascii=False),  # quoted: a title may hold a colon
        "colorFrom": "red", "colorTo": "yellow", "sdk": "docker", "app_port": APP_PORT, "pinned": "false",
        "license": "mit", "short_description": "Draw with GANs, and see how they work", "tags": f"[{SPACE_TAG}]",
    }  # fmt: skip
    lines = [f"{name}: {value}" for name, value in front_matter.items()]
    about = "Generative adversarial networks to look at and draw with, on a processor and without a queue of jobs."
    model_lines = [
        f"- `{model.name}`: {model.family.title}, licence {model.licence or 'not stated'}" for model in models
    ]
    return "\n".join(["---", *lines, "---", "", f"# {title}", "", about, "", "Models:", "", *model_lines, ""])


def is_replaceable(info: RepoInfo, token: str | None) -> bool:
    """Whether a Space was deployed from here, or nobody has put anything into it yet."""
    card = info.file(CARD_FILE)
    if card is None or card.size == 0:
        return not {file.path for file in info.files} - {CARD_FILE, *HUB_OWN_FILES}
    return has_space_tag(client.read_text(info, CARD_FILE, MAX_README_BYTES, token))


def has_space_tag(text: str) -> bool:
    """Whether a Space's README says that it was deployed from here."""
    front_matter = re.match(r"\A---\n(.*?)\n---", text, re.DOTALL)
    return bool(front_matter and re.search(rf"^tags: \[{SPACE_TAG}\]$", front_matter[1], re.MULTILINE))
