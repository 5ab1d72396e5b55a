"""The facts of a checkpoint: its config.json, its source, the names of its files."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from gan_core.errors import UsageError

FORMAT_VERSION = 1
HUB_PREFIX = "hub:"  # begins a reference to a model on the Hugging Face Hub


CONFIG_FILE, WEIGHTS_FILE, DISCRIMINATOR_FILE, CARD_FILE = (
    "config.json",
    "model.safetensors",
    "critic.safetensors",
    "README.md",
)


SOURCE_FILE = "source.json"


REFERENCE_IMAGE_FILE = "reference.png"  # what the model drew when it was published


TEXT_ENCODER_FILE = "text.safetensors"


@dataclass(frozen=True)
class Description:
    """What config.json holds. `model`, `objective` and `training` are plain JSON; `data` names set, licence and count;
    `text_encoder` is the fingerprint of the encoder beside it; `scores` is what `evaluate --save` measured."""

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
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, path: Path) -> Self:
        """Raises InputError with a readable reason for anything that is not such a file."""
        try:
            values = json.loads(text)
            if values.get("kind", "generator") != "generator":
                raise UsageError(f"{path.parent.name} is a {values['kind']}, not a generator: it draws nothing.")
            if values["format"] > FORMAT_VERSION:
                raise UsageError(
                    f"{path} is of format {values['format']}; this version reads up to {FORMAT_VERSION}: update."
                )
            description = cls(**values | {"classes": tuple(values.get("classes", ()))})
        except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
            raise UsageError(f"{path} is no checkpoint's config: {error!r}.") from error
        objects = ("model", "objective", "training", "data", "scores")
        invalid = [name for name in objects if not isinstance(getattr(description, name), dict)]
        invalid += [name for name in ("name", "family") if not isinstance(getattr(description, name), str)]
        if invalid:
            raise UsageError(f"{path} is no checkpoint's config: {invalid[0]} is {getattr(description, invalid[0])!r}.")
        return description


@dataclass(frozen=True)
class HubSource:
    """Where a fetched model comes from. `revisions` tells when each branch or tag was last seen at this commit, in
    seconds since 1970; `file` names the weights where the model has several; `notes` are sentences for people."""

    repository: str
    commit: str
    revisions: dict[str, float]
    file: str | None = None
    licence: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """What fetches exactly this again."""
        return f"{HUB_PREFIX}{self.repository}{f'/{self.file}' if self.file else ''}@{self.commit}"

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"
