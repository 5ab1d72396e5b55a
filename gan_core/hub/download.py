"""Downloads models from the Hub into a cache of checkpoints; without a network, the cached copy is used.

A model is cached under repository, file and commit, so that several commits of one model lie side by side.
"""

import re
import shutil
import time
from dataclasses import dataclass, replace

from filelock import FileLock

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import SOURCE_FILE
from gan_core.errors import Unreachable, UsageError
from gan_core.files import write_atomically
from gan_core.hub.conversion import install_model
from gan_core.hub.file_download import Progress, download_file
from gan_core.hub.preview import Preview, preview_model
from gan_core.hub.reference import Reference
from gan_core.importers.inputs import Choices

COMMIT_HASH = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class FetchedModel:
    """A model of the Hub on this machine; `note` is a sentence where it may not be the newest."""

    checkpoint: Checkpoint
    note: str = ""


def fetch_model(reference: Reference, progress: Progress = lambda *_: None, token: str | None = None) -> FetchedModel:
    """The model on this machine, downloaded where it is not cached.

    A cached commit needs no network. A branch or tag is looked up; where the Hub cannot be reached, the commit that it
    was last downloaded at is used. Raises what `preview_model` and `download_model` raise.
    """
    if COMMIT_HASH.fullmatch(reference.revision or "") and (cached := find_cached(reference)):
        return FetchedModel(cached)
    try:
        return FetchedModel(download_model(preview_model(reference, token), progress, token))
    except Unreachable as error:
        cached = find_cached(reference)
        if cached is None or cached.source is None:
            raise
        day = time.strftime("%Y-%m-%d", time.localtime(max(cached.source.revisions.values(), default=0)))
        return FetchedModel(cached, f"{error} The copy of {day}, commit {cached.source.commit[:7]}, is used.")


def find_cached(reference: Reference) -> Checkpoint | None:
    """The cached model that was downloaded last by this reference, or by its commit."""
    candidates = []
    for checkpoint in store.list_checkpoints(store.hub_cache_dir()):
        source = checkpoint.source
        if source and (source.repository, source.file) == (reference.repository, reference.file):
            fetched_at = source.revisions.get(reference.revision or "main")
            if source.commit == reference.revision or fetched_at is not None:
                candidates.append((fetched_at or 0.0, checkpoint))
    return max(candidates, key=lambda candidate: candidate[0])[1] if candidates else None


def download_model(
    preview: Preview,
    progress: Progress = lambda *_: None,
    token: str | None = None,
    choices: Choices | None = None,
) -> Checkpoint:
    """Downloads, converts, tests and caches a model.

    `progress` counts the bytes of all files. With `choices`, which say what weights of another project do not tell, a
    cached model is converted anew. Raises ExternalError where the download fails, UsageError where the model
    cannot be used.
    """
    root = store.hub_cache_dir()
    root.mkdir(parents=True, exist_ok=True)
    folder, staging = root / preview.name, root / f".{preview.name}.download"
    with FileLock(root / f".{preview.name}.lock"):
        if not choices and (cached := store.try_open_checkpoint(folder)) and cached.source:
            return record_revision(cached, preview)
        done, total = 0, preview.size
        for file in preview.files:
            download_file(
                preview.info, file, staging / file.path, lambda now, _, base=done: progress(base + now, total), token
            )
            done += file.size
        try:
            checkpoint = install_model(preview, staging, folder, choices)
        except UsageError:
            shutil.rmtree(staging, ignore_errors=True)  # complete but not usable: another attempt would fail as well
            raise
        shutil.rmtree(staging, ignore_errors=True)
    return checkpoint


def record_revision(cached: Checkpoint, preview: Preview) -> Checkpoint:
    """Stores that the revision was at the commit of this cached model just now."""
    assert cached.source is not None
    revisions = cached.source.revisions | {preview.info.revision: time.time()}
    source = replace(cached.source, revisions=revisions, licence=preview.licence)
    write_atomically(cached.folder / SOURCE_FILE, lambda file: file.write_text(source.to_json(), encoding="utf-8"))
    return store.open_checkpoint(cached.folder)


def cached_models() -> dict[str, Checkpoint]:
    """The models in the cache, by name."""
    return {checkpoint.name: checkpoint for checkpoint in store.list_checkpoints(store.hub_cache_dir())}


def is_fetched(name: str) -> bool:
    """Whether the cache has a model of this name."""
    return name in cached_models()


def delete_fetched(name: str) -> Checkpoint:
    """Deletes a cached model, and no other. Raises UsageError where there is none of this name."""
    cached = cached_models()
    if name not in cached:
        raise UsageError(f"{name!r} is not a fetched model; there are: {', '.join(cached) or 'none'}.")
    checkpoint = cached[name]
    assert checkpoint.source is not None  # a cached property, to be read before the folder is gone
    trash = checkpoint.folder.with_name(f".{name}.old")
    shutil.rmtree(trash, ignore_errors=True)
    checkpoint.folder.rename(trash)  # first, so that nobody opens a folder that is half deleted
    shutil.rmtree(trash, ignore_errors=True)
    return checkpoint
