"""Makes a checkpoint of what was downloaded, whether it is one already or a weights file of another project."""

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import (
    CARD_FILE,
    CONFIG_FILE,
    SOURCE_FILE,
    WEIGHTS_FILE,
    Description,
    HubSource,
)
from gan_core.errors import UndecidedLabels, UnknownArchitecture
from gan_core.hub.preview import Preview
from gan_core.hub.smoke_test import smoke_test
from gan_core.importers.generators import detect_architecture
from gan_core.importers.inputs import Choices
from gan_core.importers.spandrel_networks import load_network
from gan_core.importers.weights import load_state


def install_model(preview: Preview, staging: Path, folder: Path, choices: Choices | None = None) -> Checkpoint:
    """Turns the files in `staging` into the checkpoint `folder`, after a smoke test.

    `choices` are what the user says of weights of another project. Nothing that comes with a model is executed. Raises
    UsageError where the model cannot be used.
    """
    source = HubSource(
        preview.info.repository,
        preview.info.commit,
        {preview.info.revision: time.time()},
        preview.reference.file,
        preview.licence,
    )
    with store.atomic_folder(folder, force=True) as partial:
        if preview.is_native:
            for file in preview.files:
                shutil.copyfile(staging / file.path, partial / file.path)
        else:
            source = convert_weights(preview, staging, partial, source, choices)
        (partial / SOURCE_FILE).write_text(source.to_json(), encoding="utf-8")
        smoke_test(store.open_checkpoint(partial), preview.info.repository)
    return store.open_checkpoint(folder)


def convert_weights(
    preview: Preview, staging: Path, partial: Path, source: HubSource, choices: Choices | None = None
) -> HubSource:
    """Writes config, weights and card of a weights file of another project; returns the source with the assumptions."""
    path = preview.files[0].path
    description, weights, notes = identify_model(preview, staging / path, Path(path).name, choices)
    text = description.to_json()
    (partial / CONFIG_FILE).write_text(text, encoding="utf-8")
    store.save_weights({name: value.clone() for name, value in weights.items()}, partial / WEIGHTS_FILE, text)
    card = staging / CARD_FILE
    if card.is_file():
        shutil.copyfile(card, partial / CARD_FILE)
    else:
        front_matter = f"---\nlicense: {preview.licence}\n---\n\n" if preview.licence else ""
        text = f"{front_matter}# {preview.info.repository}\n\nThe owner has not written a model card.\n"
        (partial / CARD_FILE).write_text(text, encoding="utf-8")
    return replace(source, notes=(*preview.notes, *notes))


def identify_model(
    preview: Preview, file: Path, name: str, choices: Choices | None = None
) -> tuple[Description, dict[str, Tensor], tuple[str, ...]]:
    """The description, weights and notes of a generator or, where it is none, of a super-resolution network.

    Raises UnknownArchitecture where it is neither, UndecidedLabels, and what `load_state` raises.
    """
    state, _ = load_state(file, name)
    try:
        detected = detect_architecture(state, name, preview.config, choices)
    except UndecidedLabels:
        raise
    except UnknownArchitecture as not_a_generator:
        try:
            return identify_upscaler(preview, file, name)
        except UnknownArchitecture as not_an_upscaler:
            raise UnknownArchitecture(
                f"{not_a_generator} As a super-resolution network, {not_an_upscaler}"
            ) from not_an_upscaler
    classes = tuple(str(label) for label in range(detected.config.classes))
    said = (f"Label order: {choices.label_order}, as was said.",) if choices and choices.label_order else ()
    notes = (*detected.notes, *said, *(f"Assumed: {assumption}." for assumption in detected.assumptions))
    description = describe(preview, family=detected.family, model=detected.config.to_dict(), classes=classes)
    return description, detected.weights, notes


def identify_upscaler(
    preview: Preview, file: Path, name: str
) -> tuple[Description, dict[str, Tensor], tuple[str, ...]]:
    """The same for a super-resolution network. Raises UnknownArchitecture where it is none."""
    network = load_network(file, name)
    found = network.descriptor
    config = {
        "image_channels": found.input_channels,
        "scale": found.scale,
        "architecture": " ".join([found.architecture.name, *found.tags]),
    }
    return describe(preview, family="foreign_upscaler", model=config), network.weights, network.notes


def describe(preview: Preview, **settings: Any) -> Description:
    """The description of a converted model, with what its repository states of data and licence."""
    datasets = ", ".join(preview.info.datasets)
    return Description(
        name=preview.info.repository,
        objective={"name": "unknown"},
        training={},
        data={"name": datasets or "unknown", "title": datasets or "data that its card describes"},
        licence=preview.licence or "not stated",
        **settings,
    )
