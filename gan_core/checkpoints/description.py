"""The contents of a checkpoint's config.json and source.json, and the names of its files."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from gan_core.errors import UsageError

FORMAT_VERSION = 1
HUB_PREFIX = "hub:"  # begins a reference to a model on the Hugging Face Hub

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"  # the generator
DISCRIMINATOR_FILE = "critic.safetensors"
TEXT_ENCODER_FILE = "text.safetensors"
CARD_FILE = "README.md"
SOURCE_FILE = "source.json"  # of a fetched model
REFERENCE_IMAGE_FILE = "reference.png"  # images that the published weights generate, for `check`


@dataclass(frozen=True)
class Description:
    """The contents of config.json.

    `model`, `objective` and `training` are settings as plain JSON. `data` has the data set's name, title, licence and
    number of images. `text_encoder` is the fingerprint of the text encoder in the same folder. `scores` are those that
    `evaluate --save` measured.
    """

    name: str
    family: str
    model: dict[str, Any]
    objective: dict[str, Any]
    training: dict[str, Any]
    data: dict[str, Any]
    classes: tuple[str, ...] = ()
    text_encoder: str | None = None
    scores: dict[str, Any] = field(default_factory=dict)
    licence: str = "mit"
    format: int = FORMAT_VERSION

    def to_json(self) -> str:
        """The text of config.json."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, path: Path) -> Self:
        """Parse the text of config.json at `path`. Raises UsageError where it cannot be used."""
        try:
            values = json.loads(text)
            if values.get("kind", "generator") != "generator":
                raise UsageError(f"{path.parent.name} is a {values['kind']}, not a generator: it generates no images.")
            if values["format"] > FORMAT_VERSION:
                raise UsageError(
                    f"{path} has format {values['format']}; this version reads up to {FORMAT_VERSION}: update GAN "
                    "Atelier."
                )
            description = cls(**values | {"classes": tuple(values.get("classes", ()))})
        except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
            raise UsageError(f"{path} is not the config of a checkpoint: {error!r}.") from error
        objects = ("model", "objective", "training", "data", "scores")
        invalid = [name for name in objects if not isinstance(getattr(description, name), dict)]
        invalid += [name for name in ("name", "family") if not isinstance(getattr(description, name), str)]
        if invalid:
            raise UsageError(
                f"{path} is not the config of a checkpoint: {invalid[0]} is {getattr(description, invalid[0])!r}."
            )
        return description


@dataclass(frozen=True)
class HubSource:
    """The origin of a fetched model, the contents of source.json.

    `revisions` maps each branch or tag to the time when it was last seen at this commit, in seconds since 1970. `file`
    names the weights where the repository has several. `notes` are sentences shown to the user.
    """

    repository: str
    commit: str
    revisions: dict[str, float]
    file: str | None = None
    licence: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The reference that fetches exactly this model again."""
        return f"{HUB_PREFIX}{self.repository}{f'/{self.file}' if self.file else ''}@{self.commit}"

    def to_json(self) -> str:
        """The text of source.json."""
        return json.dumps(asdict(self), indent=2) + "\n"
