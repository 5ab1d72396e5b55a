"""The contents of a checkpoint's config.json, source.json and own.json, and the names of its files."""

import json
import re
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from gan_core.errors import UsageError
from gan_core.json_text import parse_json

FORMAT_VERSION = 1
HUB_PREFIX = "hub:"  # begins a reference to a model on the Hugging Face Hub
LICENCE_PATTERN = re.compile(r"[a-z0-9][a-z0-9.+-]{1,49}")  # identifiers of the Hub

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"  # the generator
DISCRIMINATOR_FILE = "critic.safetensors"
TEXT_ENCODER_FILE = "text.safetensors"
CARD_FILE = "README.md"
SOURCE_FILE = "source.json"  # of a fetched model
OWN_FILE = "own.json"  # of a model that was exported on this machine
REFERENCE_IMAGE_FILE = "reference.png"  # images that the published weights generate, for `check`

REQUIRED_SETTINGS = ("format", "name", "family", "model", "objective", "training", "data")
SETTING_TYPES: dict[str, tuple[Any, str]] = {  # of config.json: the type, and what it is called in messages
    **dict.fromkeys(("model", "objective", "training", "data", "scores"), (dict, "an object")),
    **dict.fromkeys(("name", "family", "kind"), (str, "a text")),
    **dict.fromkeys(("text_encoder", "licence"), (str | None, "a text or null")),
    "classes": (list, "a list of texts"),
    "format": (int, "a whole number"),
}


@dataclass(frozen=True)
class Description:
    """The contents of config.json.

    `model`, `objective` and `training` are settings as plain JSON. `data` has the data set's name, title, licence and
    number of images. `text_encoder` is the fingerprint of the text encoder in the same folder. `scores` are those that
    `evaluate --save` measured. `licence` is that of the weights, by its identifier on the Hub; None where none is
    stated.
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
    licence: str | None = None
    format: int = FORMAT_VERSION

    def to_json(self) -> str:
        """The text of config.json."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, path: Path) -> Self:
        """Parse the text of config.json at `path`. Raises UsageError where it cannot be used."""
        not_a_config = f"{path} is not the config of a checkpoint"
        try:
            values = parse_object(text)
        except ValueError as error:
            raise UsageError(f"{not_a_config}: {error}.") from error
        if (kind := values.get("kind", "generator")) != "generator":
            raise UsageError(f"{path.parent.name} is a {str(kind)[:40]}, not a generator: it generates no images.")
        version = values.get("format")
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise UsageError(
                f"{path} has format {version}; this version reads up to {FORMAT_VERSION}: update GAN Atelier."
            )
        if fault := find_fault(values):
            raise UsageError(f"{not_a_config}: {fault}.")
        return cls(**{**values, "classes": tuple(values.get("classes", ()))})


def parse_object(text: str) -> dict[str, Any]:
    """The object in a JSON text. Raises ValueError, whose text ends a sentence, where there is none."""
    values = parse_json(text)
    if not isinstance(values, dict):
        raise ValueError("it holds no JSON object")
    return values


def find_fault(values: dict[str, Any]) -> str:
    """What is wrong with the settings of a config.json, as the end of a sentence; empty where nothing is."""
    if missing := [name for name in REQUIRED_SETTINGS if name not in values]:
        return f"it lacks {', '.join(missing)}"
    if unknown := sorted(set(values) - set(SETTING_TYPES)):
        return f"it has a setting that this version does not know, {', '.join(unknown)[:80]}"
    for name, value in values.items():
        expected, description = SETTING_TYPES[name]
        is_sound = isinstance(value, expected) and value is not True and value is not False
        if not is_sound or (name == "classes" and not all(isinstance(each, str) for each in values["classes"])):
            return f"{name} is {abbreviate(value)}, and must be {description}"
    return ""


def abbreviate(value: Any) -> str:
    """A value as Python writes it, at most 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


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

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Parses the text of source.json. Raises ValueError where it cannot be used."""
        values = parse_object(text)
        try:
            source = cls(**{**values, "notes": tuple(values.get("notes", ()))})
        except TypeError as error:
            raise ValueError("its settings are not those of a source") from error
        texts = (source.repository, source.commit, *source.notes, source.file or "", source.licence or "")
        if not all(isinstance(text, str) for text in texts) or not isinstance(source.revisions, dict):
            raise ValueError("its settings are not those of a source")
        return source

    @property
    def reference(self) -> str:
        """The reference that fetches exactly this model again."""
        return f"{HUB_PREFIX}{self.repository}{f'/{self.file}' if self.file else ''}@{self.commit}"

    def to_json(self) -> str:
        """The text of source.json."""
        return json.dumps(asdict(self), indent=2) + "\n"


@dataclass(frozen=True)
class OwnModel:
    """What this machine knows of a model that was exported on it, the contents of own.json.

    `title` is the name as it was entered, where that could not be the folder's name. `public`: strangers see the model
    in a hosted app. `data` is the path of the training data, which is never published; None for a named data set.
    """

    title: str | None = None
    public: bool = False
    data: str | None = None

    def to_json(self) -> str:
        """The text of own.json."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Parses the text of own.json. Where it cannot be read, the model has no title and strangers do not see it."""
        try:
            values = parse_object(text)
        except ValueError:
            return cls()
        known = {setting.name: values.get(setting.name) for setting in fields(cls)}
        texts = {name: value if isinstance(value, str) else None for name, value in known.items()}
        return cls(title=texts["title"], public=known["public"] is True, data=texts["data"])


def validate_licence(licence: str) -> str:
    """The identifier of a licence. Raises UsageError where it is none that the Hub would accept."""
    if not LICENCE_PATTERN.fullmatch(licence):
        raise UsageError(
            f"{licence[:60]!r} is not a licence identifier of the Hub, such as mit, apache-2.0 or cc-by-nc-4.0."
        )
    return licence
