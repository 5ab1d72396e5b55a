"""From a reference to the Hub to a model on this machine: hub:OWNER/NAME[/FILE][@REVISION] -> a checkpoint folder.

What lies there may be one of our checkpoints, a super-resolution network, or a generator of a stranger; whichever it
is, it becomes a folder like ours, named by repository and commit, and is tried before it is kept. Nothing that comes
with a model is ever run. Without a network, what was fetched before is used, and that is said.
"""

import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from safetensors import SafetensorError, safe_open

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import (
    CARD_FILE,
    CONFIG_FILE,
    DISCRIMINATOR_FILE,
    SOURCE_FILE,
    WEIGHTS_FILE,
    Description,
    HubSource,
)
from gan_core.errors import BrokenWeights, UnknownArchitecture, Unreachable, UsageError
from gan_core.hub import client
from gan_core.hub.client import Progress
from gan_core.hub.preview import Preview, preview_model
from gan_core.hub.reference import Reference
from gan_core.importers.generators import detect_architecture
from gan_core.importers.spandrel_networks import load_spandrel_model
from gan_core.importers.weights import load_state, load_weights
from gan_core.models import Task, sample_latents
from gan_core.upscaling import upscaler

COMMIT_HASH = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class FetchedModel:
    """A model from the Hub on this machine; `note` is a sentence where it may not be the newest."""

    checkpoint: Checkpoint
    note: str = ""


# Fetching -------------------------------------------------------------------------------------------------------------


def fetch_model(reference: Reference, progress: Progress = lambda *_: None, token: str | None = None) -> FetchedModel:
    """The model on this machine, downloaded where it is not here yet. Raises what `preview` and `bring` do.

    A commit that is here needs no network. A branch or tag is asked for; where the Hub cannot be reached, what it
    was when it was fetched last is used.
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
    """What was fetched by this reference last."""
    candidates = []
    for checkpoint in store.list_checkpoints(store.hub_cache_dir()):
        source = checkpoint.source
        if source and (source.repository, source.file) == (reference.repository, reference.file):
            fetched_at = source.revisions.get(reference.revision or "main")
            if source.commit == reference.revision or fetched_at is not None:
                candidates.append((fetched_at or 0.0, checkpoint))
    return max(candidates, key=lambda pair: pair[0])[1] if candidates else None


def download_model(preview: Preview, progress: Progress = lambda *_: None, token: str | None = None) -> Checkpoint:
    """Download, convert, try, keep. Raises OutsideError where the way fails, InputError where the model is no good."""
    root = store.hub_cache_dir()
    root.mkdir(parents=True, exist_ok=True)
    folder, staging = root / preview.name, root / f".{preview.name}.download"
    with FileLock(root / f".{preview.name}.lock"):
        if (cached := store.try_open_checkpoint(folder)) and cached.source:
            return record_revision(cached, preview)
        done, total = 0, preview.size
        for file in preview.files:
            client.download_file(
                preview.info, file, staging / file.path, lambda now, _, base=done: progress(base + now, total), token
            )
            done += file.size
        try:
            checkpoint = install(preview, staging, folder)
        except UsageError:
            shutil.rmtree(staging, ignore_errors=True)  # whole, but no good: another attempt would end here too
            raise
        shutil.rmtree(staging, ignore_errors=True)
    return checkpoint


def record_revision(cached: Checkpoint, preview: Preview) -> Checkpoint:
    """Note that the revision stands at this commit now."""
    assert cached.source is not None
    revisions = cached.source.revisions | {preview.info.revision: time.time()}
    partial = cached.folder / f".{SOURCE_FILE}.partial"
    partial.write_text(replace(cached.source, revisions=revisions, licence=preview.licence).to_json(), encoding="utf-8")
    partial.replace(cached.folder / SOURCE_FILE)
    return store.open_checkpoint(cached.folder)


def install(preview: Preview, staging: Path, folder: Path) -> Checkpoint:
    """What was downloaded, as a checkpoint that was tried."""
    source = HubSource(
        preview.info.repository, preview.info.commit, {preview.info.revision: time.time()}, preview.reference.file,
        preview.licence,
    )  # fmt: skip
    try:
        with store.atomic_folder(folder, force=True) as partial:
            if preview.is_native:
                for file in preview.files:
                    shutil.copyfile(staging / file.path, partial / file.path)
            else:
                source = convert(preview, staging, partial, source)
            (partial / SOURCE_FILE).write_text(source.to_json(), encoding="utf-8")
            smoke_test(store.open_checkpoint(partial), preview.info.repository)
    except BaseException:
        shutil.rmtree(folder.with_name(f".{folder.name}.partial"), ignore_errors=True)
        raise
    return store.open_checkpoint(folder)


def convert(preview: Preview, staging: Path, partial: Path, source: HubSource) -> HubSource:
    """A stranger's file of weights as config, weights and card of ours; the source with what was found in it."""
    path = preview.files[0].path
    file, title = staging / path, preview.info.repository
    description, weights, notes = identify_model(preview, file, Path(path).name)
    text = description.to_json()
    (partial / CONFIG_FILE).write_text(text, encoding="utf-8")
    store.save_weights({name: value.clone() for name, value in weights.items()}, partial / WEIGHTS_FILE, text)
    card = staging / CARD_FILE
    if card.is_file():
        shutil.copyfile(card, partial / CARD_FILE)
    else:
        front = f"---\nlicense: {preview.licence}\n---\n\n" if preview.licence else ""
        (partial / CARD_FILE).write_text(f"{front}# {title}\n\nIts owner has written no card.\n", encoding="utf-8")
    return replace(source, notes=notes)


def identify_model(
    preview: Preview, file: Path, name: str
) -> tuple[Description, dict[str, torch.Tensor], tuple[str, ...]]:
    """The description, weights and notes of a generator or, where it is none, of a super-resolution network."""
    state, _ = load_state(file, name)
    datasets = ", ".join(preview.info.datasets)
    common: dict[str, Any] = {
        "name": preview.info.repository, "objective": {"name": "unknown"}, "training": {},
        "data": {"name": datasets or "unknown", "title": datasets or "data that its card tells of"},
        "licence": preview.licence or "not stated",
    }  # fmt: skip
    try:
        detected = detect_architecture(state, name, preview.config)
    except UnknownArchitecture as no_generator:
        try:
            network, _ = load_spandrel_model(file, name)
        except UnknownArchitecture as no_upscaler:
            raise UnknownArchitecture(
                f"{no_generator} As a network that enlarges pictures, {no_upscaler}"
            ) from no_upscaler
        config = {"image_channels": network.input_channels, "scale": network.scale}
        config |= {"architecture": " ".join([network.architecture.name, *network.tags])}
        weights, _ = load_weights(file, name)
        return Description(family="foreign_upscaler", model=config, **common), weights, ()
    classes = tuple(str(label) for label in range(detected.config.classes))
    notes = tuple(f"Assumed: {assumption}." for assumption in detected.assumptions)
    model = detected.config.to_dict()
    return Description(family=detected.family, model=model, classes=classes, **common), detected.weights, notes


# Trying ---------------------------------------------------------------------------------------------------------------


@torch.inference_mode()
def smoke_test(checkpoint: Checkpoint, name: str) -> None:
    """Raises InputError where the model does not load, or draws nothing that can be shown."""
    family, config = checkpoint.family, checkpoint.config
    if family.task == Task.SUPER_RESOLUTION:
        if checkpoint.description.family == "srgan":
            require_matching_shapes(checkpoint, family.generator, WEIGHTS_FILE, name)
        upscaler.load_native_upscaler(checkpoint, "cpu")
        return
    require_matching_shapes(checkpoint, family.generator, WEIGHTS_FILE, name)
    if checkpoint.has_discriminator:
        require_matching_shapes(checkpoint, family.discriminator, DISCRIMINATOR_FILE, name)
    generator = checkpoint.load_generator("cpu")
    condition = None
    if family.task == Task.CLASS_CONDITIONAL:
        condition = torch.eye(max(config.classes, 2))[:2, : config.classes]
    elif encoder := checkpoint.load_text_encoder():
        condition = encoder.encode(["one", "another"])
    images = generator(sample_latents(config, 2, torch.Generator().manual_seed(0)), condition)
    if images.shape != (2, config.image_channels, config.image_size, config.image_size) or not images.isfinite().all():
        raise BrokenWeights(f"{name} was loaded, but draws no pictures: its values are not finite or of another size.")


def require_matching_shapes(checkpoint: Checkpoint, build: Callable[[Any], Any], file: str, name: str) -> None:
    """Raises where a config asks for another network than its weights are of, before memory is taken for it."""
    with torch.device("meta"):
        expected_shapes = {key: tuple(value.shape) for key, value in build(checkpoint.config).state_dict().items()}
    try:
        with safe_open(checkpoint.folder / file, "pt") as opened:
            shapes = {key: tuple(opened.get_slice(key).get_shape()) for key in opened.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise BrokenWeights(f"{file} of {name} cannot be read as safetensors: {error}.") from error
    if expected_shapes != shapes:
        mismatch = sorted(
            key for key in expected_shapes.keys() | shapes.keys() if expected_shapes.get(key) != shapes.get(key)
        )[0]
        raise BrokenWeights(
            f"{file} of {name} does not fit its config: {mismatch} should be {expected_shapes.get(mismatch)}."
        )


# Keeping --------------------------------------------------------------------------------------------------------------


def delete_fetched(name: str) -> Checkpoint:
    """Delete a fetched model. Raises InputError where there is none of that name: others are never deleted."""
    fetched = {checkpoint.name: checkpoint for checkpoint in store.list_checkpoints(store.hub_cache_dir())}
    if name not in fetched:
        raise UsageError(f"{name!r} is no fetched model; there are: {', '.join(fetched) or 'none'}.")
    checkpoint = fetched[name]
    assert checkpoint.source is not None  # read while it is there
    folder = checkpoint.folder
    trash = folder.with_name(f".{name}.old")
    shutil.rmtree(trash, ignore_errors=True)
    folder.rename(trash)  # at once, so that nobody finds half of it
    shutil.rmtree(trash, ignore_errors=True)
    return checkpoint
