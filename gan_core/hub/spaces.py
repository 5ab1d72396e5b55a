"""Deploys the app as a Space on the Hub: its source, chosen models, a Dockerfile and a README.

A Space is written as a whole: files of an earlier deployment that are no longer needed are deleted. A Space with other
contents is not changed unless forced.
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
    OWN_FILE,
    REFERENCE_IMAGE_FILE,
    SOURCE_FILE,
    TEXT_ENCODER_FILE,
    WEIGHTS_FILE,
    OwnModel,
)
from gan_core.errors import UsageError
from gan_core.hub import client
from gan_core.hub.cards import split_front_matter
from gan_core.hub.reference import validate_repository
from gan_core.hub.repository import RepoInfo, find_upload_target, read_text
from gan_core.paths import PACKAGE, PROJECT_ROOT

APP_PORT = 8501  # of the server in the Dockerfile
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
SPACE_TAG = "gan-atelier"  # in the README: the Space was deployed from here, and may be overwritten
TITLE_PATTERN = re.compile(r"[^\x00-\x1f\x7f]{1,60}")
HUB_OWN_FILES = (".gitattributes",)  # which the Hub creates in every Space
MAX_README_BYTES = 100_000  # a larger README was not written here
INDEX_URL_PATTERN = re.compile(r"https?://[\w.:/@%+~-]+")

SpaceFiles = dict[str, bytes | Path]


@dataclass(frozen=True)
class Deployment:
    """The addresses of the commit and of the Space, and the paths of the files that were uploaded and deleted."""

    commit_url: str
    url: str
    sent: tuple[str, ...]
    deleted: tuple[str, ...]


def deploy_space(
    space: str, files: SpaceFiles, *, private: bool = False, force: bool = False, token: str | None = None
) -> Deployment:
    """Uploads the files to the Space OWNER/SPACE in one commit; the Space is created where it is new.

    Raises UsageError where the Space holds other contents (unless `force`), AuthenticationRequired, and what
    `client.upload_files` raises.
    """
    validate_repository(space)
    client.require_token(token)
    existing = find_upload_target(space, token, private=private, repo_type="space")
    if existing and not force and not is_replaceable(existing, token):
        raise UsageError(f"{space} on the Hub holds something else: choose another name, or replace it with --force.")
    existing_paths = {file.path for file in existing.files} if existing else set()
    deleted = tuple(sorted(existing_paths - set(files) - set(HUB_OWN_FILES)))
    commit_url = client.upload_files(
        space, files, "Deployed by GAN Atelier", private=private, parent=existing.commit if existing else None,
        token=token, repo_type="space", deleted=deleted,
    )  # fmt: skip
    return Deployment(commit_url, client.web_url(space, "space"), tuple(files), deleted)


def space_files(models: Iterable[Checkpoint], title: str = "GAN Atelier", torch_index: str | None = None) -> SpaceFiles:
    """All files of a Space by their paths in it. Raises UsageError on an invalid title, package index or models."""
    checkpoints = list(models)
    validate_space(checkpoints, title, torch_index)
    contents: SpaceFiles = {name: PROJECT_ROOT / name for name in TOP_LEVEL_FILES}
    for name, folder in SOURCE_FOLDERS.items():
        contents |= {f"{name}/{file.relative_to(folder).as_posix()}": file for file in source_files(folder)}
    for checkpoint in checkpoints:
        contents |= {
            f"checkpoints/{checkpoint.name}/{name}": checkpoint.folder / name for name in existing_files(checkpoint)
        }
        if checkpoint.own:  # who deploys a model shows it to strangers
            contents[f"checkpoints/{checkpoint.name}/{OWN_FILE}"] = (
                OwnModel(checkpoint.title, public=True).to_json().encode()
            )
    contents["Dockerfile"] = dockerfile(torch_index).encode()
    contents["README.md"] = readme(title, checkpoints).encode()
    missing = [name for name, content in contents.items() if isinstance(content, Path) and not content.is_file()]
    if missing:
        raise UsageError(f"{PROJECT_ROOT / missing[0]} is missing: deploy from a whole copy of the project.")
    return dict(sorted(contents.items()))


def validate_space(checkpoints: list[Checkpoint], title: str, torch_index: str | None) -> None:
    """Raises UsageError where a Space of these models, title and package index would not work."""
    if not TITLE_PATTERN.fullmatch(title):
        raise UsageError("A title has 1 to 60 characters on one line.")
    if torch_index is not None and not INDEX_URL_PATTERN.fullmatch(torch_index):
        raise UsageError(f"--torch-index must be the address of a package index, not {torch_index[:80]!r}.")
    if not checkpoints:
        raise UsageError("No model is chosen: the app needs at least one.")
    names = [checkpoint.name for checkpoint in checkpoints]
    if len(set(names)) < len(names):
        raise UsageError("Two of the chosen models have the same name: rename the folder of one.")
    incomplete = [checkpoint.name for checkpoint in checkpoints if not (checkpoint.folder / WEIGHTS_FILE).is_file()]
    if incomplete:
        raise UsageError(f"{incomplete[0]} has no weights ({WEIGHTS_FILE}).")


def source_files(folder: Path) -> Iterator[Path]:
    """The files of a source folder, without hidden and compiled ones."""
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        if file.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in parts):
            yield file


def existing_files(checkpoint: Checkpoint) -> list[str]:
    """The names of the checkpoint's files that a Space needs."""
    return [name for name in MODEL_FILES if (checkpoint.folder / name).is_file()]


def dockerfile(torch_index: str | None) -> str:
    """The project's Dockerfile with the package index of torch filled in, as a Space passes no build arguments."""
    text = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
    return text.replace("ARG TORCH_INDEX=\n", f"ARG TORCH_INDEX={torch_index or ''}\n")


def readme(title: str, models: Iterable[Checkpoint]) -> str:
    """The README of a Space: front matter that configures it, a title and the list of models."""
    front_matter = {
        "title": json.dumps(title, ensure_ascii=False),  # quoted, as a title may contain a colon
        "colorFrom": "red", "colorTo": "yellow", "sdk": "docker", "app_port": APP_PORT, "pinned": "false",
        "license": "mit", "short_description": "Draw with GANs, and see how they work", "tags": f"[{SPACE_TAG}]",
    }  # fmt: skip
    lines = [f"{name}: {value}" for name, value in front_matter.items()]
    about = "Generative adversarial networks to try and to generate images with, on a CPU."
    model_lines = [
        f"- `{model.name}`: {model.family.title}, licence {model.licence or 'not stated'}" for model in models
    ]
    return "\n".join(["---", *lines, "---", "", f"# {title}", "", about, "", "Models:", "", *model_lines, ""])


def is_replaceable(info: RepoInfo, token: str | None) -> bool:
    """Whether a Space was deployed from here, or is still empty."""
    card = info.file(CARD_FILE)
    if card is None or card.size == 0:
        return not {file.path for file in info.files} - {CARD_FILE, *HUB_OWN_FILES}
    return has_space_tag(read_text(info, CARD_FILE, MAX_README_BYTES, token))


def has_space_tag(text: str) -> bool:
    """Whether the README of a Space has the tag of those deployed from here."""
    front_matter, _ = split_front_matter(text)
    return re.search(rf"^tags: \[{SPACE_TAG}\]$", front_matter or "", re.MULTILINE) is not None
