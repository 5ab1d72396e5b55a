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
from gan_core.checkpoints.description import CARD, CONFIG, CRITIC, ENCODER, REFERENCE, SOURCE, WEIGHTS
from gan_core.checkpoints.store import ROOT
from gan_core.errors import InputError, NotFound
from gan_core.hub import client
from gan_core.hub.client import Listing
from gan_core.hub.reference import check_name

PROJECT = ROOT.parent
PORT = 8501  # where the Dockerfile's server listens
SINGLE = (".dockerignore", ".streamlit/config.toml", "LICENSE", "requirements.txt", "streamlit_app.py")
FOLDERS = ("gan_core", "pages")
MODEL_FILES = (CARD, CONFIG, CRITIC, WEIGHTS, ENCODER, REFERENCE, SOURCE)
MARK = "gan-atelier"  # a tag in the README: this Space is ours to update
TITLE = re.compile(r"[^\x00-\x1f\x7f]{1,60}")
KEPT = (".gitattributes",)  # the Hub's own, in every Space
SMALL = 100_000  # bytes of a README that is read
INDEX = re.compile(r"https?://[\w.:/@%+~-]+")
Files = dict[str, bytes | Path]


@dataclass(frozen=True)
class Deployed:
    """The commit's address, the Space's own, and the names of what was sent and what was deleted."""

    commit: str
    page: str
    sent: tuple[str, ...]
    gone: tuple[str, ...]


def deploy(
    space: str, wanted: Files, *, private: bool = False, force: bool = False, token: str | None = None
) -> Deployed:
    """The files as OWNER/SPACE on the Hub, in one commit; a new Space runs the Dockerfile.

    Raises InputError where the Space is somebody else's work (unless `force`), LoginNeeded, and what else `hub.upload`
    does.
    """
    check_name(space)
    client.require_token(token)
    try:
        there = client.look(space, None, token, kind="space")
    except NotFound:
        there = None
    if there and private and not there.private:
        raise InputError(f"{space} is on the Hub already, and public: choose another name, or make it private there.")
    if there and not force and not may_replace(there, token):
        raise InputError(f"{space} on the Hub holds something else: choose another name, or replace it by --force.")
    old = {each.path for each in there.files} if there else set()
    gone = tuple(sorted(old - set(wanted) - set(KEPT)))
    commit = client.upload(
        space, wanted, "Deployed by GAN Atelier", private=private, parent=there.commit if there else None, token=token,
        kind="space", gone=gone,
    )  # fmt: skip
    return Deployed(commit, client.page_of(space, "space"), tuple(wanted), gone)


def files(models: Iterable[Checkpoint], title: str = "GAN Atelier", torch_index: str | None = None) -> Files:
    """All files of a Space by their names there. Raises InputError on a title, an index or models that cannot be."""
    chosen = list(models)
    check(chosen, title, torch_index)
    found: Files = {name: PROJECT / name for name in SINGLE}
    for folder in FOLDERS:
        found |= {file.relative_to(PROJECT).as_posix(): file for file in sources(PROJECT / folder)}
    for each in chosen:
        found |= {f"checkpoints/{each.name}/{name}": each.folder / name for name in present(each)}
    found["Dockerfile"] = dockerfile(torch_index).encode()
    found["README.md"] = readme(title, chosen).encode()
    missing = [name for name, content in found.items() if isinstance(content, Path) and not content.is_file()]
    if missing:
        raise InputError(f"{PROJECT / missing[0]} is missing: deploy from a whole copy of the project.")
    return dict(sorted(found.items()))


def check(chosen: list[Checkpoint], title: str, torch_index: str | None) -> None:
    if not TITLE.fullmatch(title):
        raise InputError("A title has 1 to 60 characters on one line.")
    if torch_index is not None and not INDEX.fullmatch(torch_index):
        raise InputError(f"--torch-index must be the address of a package index, not {torch_index[:80]!r}.")
    if not chosen:
        raise InputError("No model is chosen: a demo without one draws nothing.")
    names = [each.name for each in chosen]
    if len(set(names)) < len(names):
        raise InputError("Two of the models chosen have the same name: rename one's folder.")
    torn = [each.name for each in chosen if not (each.folder / WEIGHTS).is_file()]
    if torn:
        raise InputError(f"{torn[0]} has no weights ({WEIGHTS}).")


def sources(folder: Path) -> Iterator[Path]:
    """The files of the program: nothing hidden, nothing compiled."""
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        if file.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in parts):
            yield file


def present(checkpoint: Checkpoint) -> list[str]:
    return [name for name in MODEL_FILES if (checkpoint.folder / name).is_file()]


def dockerfile(torch_index: str | None) -> str:
    """The project's own, with the index of torch filled in: a Space passes no build arguments by itself."""
    text = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
    return text.replace("ARG TORCH_INDEX=\n", f"ARG TORCH_INDEX={torch_index or ''}\n")


def readme(title: str, models: Iterable[Checkpoint]) -> str:
    """What the Hub reads (the front matter) and what people do."""
    front = {
        "title": json.dumps(title, ensure_ascii=False),  # quoted: a title may hold a colon
        "colorFrom": "red", "colorTo": "yellow", "sdk": "docker", "app_port": PORT, "pinned": "false",
        "license": "mit", "short_description": "Draw with GANs, and see how they work", "tags": f"[{MARK}]",
    }  # fmt: skip
    lines = [f"{name}: {value}" for name, value in front.items()]
    about = "Generative adversarial networks to look at and draw with, on a processor and without a queue of jobs."
    listed = [f"- `{each.name}`: {each.family.title}, licence {each.licence or 'not stated'}" for each in models]
    return "\n".join(["---", *lines, "---", "", f"# {title}", "", about, "", "Models:", "", *listed, ""])


def may_replace(there: Listing, token: str | None) -> bool:
    """Whether a Space was deployed from here, or nobody has put anything into it yet."""
    card = there.file(CARD)
    if card is None or card.size == 0:
        return not {each.path for each in there.files} - {CARD, *KEPT}
    return is_ours(client.read(there, CARD, SMALL, token))


def is_ours(text: str) -> bool:
    """Whether a Space's README says that it was deployed from here."""
    front = re.match(r"\A---\n(.*?)\n---", text, re.DOTALL)
    return bool(front and re.search(rf"^tags: \[{MARK}\]$", front[1], re.MULTILINE))
