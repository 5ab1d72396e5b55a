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
from gan_core.checkpoints.description import CARD, CONFIG, CRITIC, SOURCE, WEIGHTS, Description, Source
from gan_core.errors import BrokenWeights, InputError, UnknownArchitecture, Unreachable
from gan_core.hub import client
from gan_core.hub.client import Report
from gan_core.hub.preview import Preview, preview
from gan_core.hub.reference import Reference
from gan_core.importers.generators import recognise
from gan_core.importers.spandrel_networks import read_network
from gan_core.importers.weights import read_state, read_weights
from gan_core.models import draw_latents
from gan_core.upscaling import upscaler

COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Fetched:
    """A model from the Hub on this machine; `note` is a sentence where it may not be the newest."""

    checkpoint: Checkpoint
    note: str = ""


# Fetching -------------------------------------------------------------------------------------------------------------


def fetch(reference: Reference, report: Report = lambda *_: None, token: str | None = None) -> Fetched:
    """The model on this machine, downloaded where it is not here yet. Raises what `preview` and `bring` do.

    A commit that is here needs no network. A branch or tag is asked for; where the Hub cannot be reached, what it
    was when it was fetched last is used.
    """
    if COMMIT.fullmatch(reference.revision or "") and (here := latest(reference)):
        return Fetched(here)
    try:
        return Fetched(bring(preview(reference, token), report, token))
    except Unreachable as error:
        here = latest(reference)
        if here is None or here.source is None:
            raise
        day = time.strftime("%Y-%m-%d", time.localtime(max(here.source.revisions.values(), default=0)))
        return Fetched(here, f"{error} The copy of {day}, commit {here.source.commit[:7]}, is used.")


def latest(reference: Reference) -> Checkpoint | None:
    """What was fetched by this reference last."""
    found = []
    for each in store.available(store.fetched_folder()):
        source = each.source
        if source and (source.repository, source.file) == (reference.repository, reference.file):
            seen = source.revisions.get(reference.revision or "main")
            if source.commit == reference.revision or seen is not None:
                found.append((seen or 0.0, each))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def bring(wanted: Preview, report: Report = lambda *_: None, token: str | None = None) -> Checkpoint:
    """Download, convert, try, keep. Raises OutsideError where the way fails, InputError where the model is no good."""
    root = store.fetched_folder()
    root.mkdir(parents=True, exist_ok=True)
    folder, staging = root / wanted.name, root / f".{wanted.name}.download"
    with FileLock(root / f".{wanted.name}.lock"):
        if (here := store.usable(folder)) and here.source:
            return mark(here, wanted)
        done, total = 0, wanted.size
        for file in wanted.files:
            client.download(
                wanted.listing, file, staging / file.path, lambda now, _, base=done: report(base + now, total), token
            )
            done += file.size
        try:
            made = keep(wanted, staging, folder)
        except InputError:
            shutil.rmtree(staging, ignore_errors=True)  # whole, but no good: another attempt would end here too
            raise
        shutil.rmtree(staging, ignore_errors=True)
    return made


def mark(here: Checkpoint, wanted: Preview) -> Checkpoint:
    """Note that the revision stands at this commit now."""
    assert here.source is not None
    revisions = here.source.revisions | {wanted.listing.revision: time.time()}
    partial = here.folder / f".{SOURCE}.partial"
    partial.write_text(replace(here.source, revisions=revisions, licence=wanted.licence).to_json(), encoding="utf-8")
    partial.replace(here.folder / SOURCE)
    return store.read(here.folder)


def keep(wanted: Preview, staging: Path, folder: Path) -> Checkpoint:
    """What was downloaded, as a checkpoint that was tried."""
    source = Source(
        wanted.listing.repository, wanted.listing.commit, {wanted.listing.revision: time.time()}, wanted.reference.file,
        wanted.licence,
    )  # fmt: skip
    try:
        with store.new_folder(folder, force=True) as partial:
            if wanted.ours:
                for file in wanted.files:
                    shutil.copyfile(staging / file.path, partial / file.path)
            else:
                source = convert(wanted, staging, partial, source)
            (partial / SOURCE).write_text(source.to_json(), encoding="utf-8")
            attempt(store.read(partial), wanted.listing.repository)
    except BaseException:
        shutil.rmtree(folder.with_name(f".{folder.name}.partial"), ignore_errors=True)
        raise
    return store.read(folder)


def convert(wanted: Preview, staging: Path, partial: Path, source: Source) -> Source:
    """A stranger's file of weights as config, weights and card of ours; the source with what was found in it."""
    path = wanted.files[0].path
    file, title = staging / path, wanted.listing.repository
    description, weights, notes = described(wanted, file, Path(path).name)
    text = description.to_json()
    (partial / CONFIG).write_text(text, encoding="utf-8")
    store.save_weights({name: value.clone() for name, value in weights.items()}, partial / WEIGHTS, text)
    card = staging / CARD
    if card.is_file():
        shutil.copyfile(card, partial / CARD)
    else:
        front = f"---\nlicense: {wanted.licence}\n---\n\n" if wanted.licence else ""
        (partial / CARD).write_text(f"{front}# {title}\n\nIts owner has written no card.\n", encoding="utf-8")
    return replace(source, notes=notes)


def described(wanted: Preview, file: Path, name: str) -> tuple[Description, dict[str, torch.Tensor], tuple[str, ...]]:
    """The description, weights and notes of a generator or, where it is none, of a super-resolution network."""
    state, _ = read_state(file, name)
    datasets = ", ".join(wanted.listing.datasets)
    common: dict[str, Any] = {
        "name": wanted.listing.repository, "objective": {"name": "unknown"}, "training": {},
        "data": {"name": datasets or "unknown", "title": datasets or "data that its card tells of"},
        "licence": wanted.licence or "not stated",
    }  # fmt: skip
    try:
        found = recognise(state, name, wanted.config)
    except UnknownArchitecture as no_generator:
        try:
            network, _ = read_network(file, name)
        except UnknownArchitecture as no_upscaler:
            raise UnknownArchitecture(
                f"{no_generator} As a network that enlarges pictures, {no_upscaler}"
            ) from no_upscaler
        config = {"image_channels": network.input_channels, "scale": network.scale}
        config |= {"architecture": " ".join([network.architecture.name, *network.tags])}
        weights, _ = read_weights(file, name)
        return Description(family="foreign_upscaler", model=config, **common), weights, ()
    classes = tuple(str(label) for label in range(found.config.classes))
    notes = tuple(f"Assumed: {each}." for each in found.assumed)
    model = found.config.to_dict()
    return Description(family=found.family, model=model, classes=classes, **common), found.weights, notes


# Trying ---------------------------------------------------------------------------------------------------------------


@torch.inference_mode()
def attempt(checkpoint: Checkpoint, name: str) -> None:
    """Raises InputError where the model does not load, or draws nothing that can be shown."""
    family, config = checkpoint.family, checkpoint.config
    if family.condition == "picture":
        if checkpoint.description.family == "srgan":
            check_shapes(checkpoint, family.generator, WEIGHTS, name)
        upscaler.load_checkpoint(checkpoint, "cpu")
        return
    check_shapes(checkpoint, family.generator, WEIGHTS, name)
    if checkpoint.has_critic:
        check_shapes(checkpoint, family.discriminator, CRITIC, name)
    generator = checkpoint.load_generator("cpu")
    condition = None
    if family.condition == "label":
        condition = torch.eye(max(config.classes, 2))[:2, : config.classes]
    elif encoder := checkpoint.load_encoder():
        condition = encoder.encode(["one", "another"])
    drawn = generator(draw_latents(config, 2, torch.Generator().manual_seed(0)), condition)
    if drawn.shape != (2, config.image_channels, config.image_size, config.image_size) or not drawn.isfinite().all():
        raise BrokenWeights(f"{name} was loaded, but draws no pictures: its values are not finite or of another size.")


def check_shapes(checkpoint: Checkpoint, build: Callable[[Any], Any], file: str, name: str) -> None:
    """Raises where a config asks for another network than its weights are of, before memory is taken for it."""
    with torch.device("meta"):
        wanted = {key: tuple(value.shape) for key, value in build(checkpoint.config).state_dict().items()}
    try:
        with safe_open(checkpoint.folder / file, "pt") as opened:
            found = {key: tuple(opened.get_slice(key).get_shape()) for key in opened.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise BrokenWeights(f"{file} of {name} cannot be read as safetensors: {error}.") from error
    if wanted != found:
        odd = sorted(key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key))[0]
        raise BrokenWeights(f"{file} of {name} does not fit its config: {odd} should be {wanted.get(odd)}.")


# Keeping --------------------------------------------------------------------------------------------------------------


def forget(name: str) -> Checkpoint:
    """Delete a fetched model. Raises InputError where there is none of that name: others are never deleted."""
    known = {each.name: each for each in store.available(store.fetched_folder())}
    if name not in known:
        raise InputError(f"{name!r} is no fetched model; there are: {', '.join(known) or 'none'}.")
    gone = known[name]
    assert gone.source is not None  # read while it is there
    folder = gone.folder
    hidden = folder.with_name(f".{name}.old")
    shutil.rmtree(hidden, ignore_errors=True)
    folder.rename(hidden)  # at once, so that nobody finds half of it
    shutil.rmtree(hidden, ignore_errors=True)
    return gone
