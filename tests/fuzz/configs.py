"""The files of JSON that people edit or bring: config.json, own.json and source.json of models, of classifiers too, and
files of prompts."""

import json
import shutil
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from gan_core.checkpoints import own, store
from gan_core.checkpoints.model_card import render_card
from gan_core.checkpoints.naming import name_and_title
from gan_core.evaluation.caption_classifier import load_caption_classifier
from gan_core.evaluation.classifier import load_feature_classifier
from tests.fuzz import commands
from tests.fuzz.json_values import LONG_NUMBER, NESTED, json_bytes, to_bytes
from tests.fuzz.targets import Target

OWN = {"title": "My model", "public": True, "data": "/home/me/pictures"}
SOURCE = {
    "repository": "someone/digits", "commit": "0" * 40, "revisions": {"main": 1.5}, "file": None, "licence": "mit",
    "notes": ["a note"],
}  # fmt: skip
JUDGE = {
    "format": 1, "kind": "judge", "name": "judge-shapes", "data": {"name": "shapes", "pictures": 3}, "channels": 1,
    "classes": ["a", "b"], "accuracy": 0.9, "size": 32, "width": 16, "columns": {"colour": ["red", "blue"]},
    "training": {"number": 1, "batch_size": 64, "rate": 0.1},
}  # fmt: skip
PROMPT_CASES = {"prompt": "crimson purse", "articles": ["Handbags"], "colours": ["Red"]}
FAMILIES = ("tiny-dcgan", "tiny-conditional", "tiny-text", "tiny-x2")


@cache
def config_documents() -> tuple[Any, ...]:
    files = [commands.models() / name / "config.json" for name in FAMILIES]
    committed = sorted((Path(__file__).resolve().parents[2] / "checkpoints").glob("*/config.json"))
    return tuple(json.loads(file.read_text(encoding="utf-8")) for file in [*files, *committed])


def read_model(value: dict[str, Any], folder: Path) -> None:
    """A model whose files of JSON are hostile: listed, described, and asked for a picture."""
    root = folder / "checkpoints"
    model = root / "broken"
    shutil.copytree(commands.models() / value["weights"], model)
    for name, content in value["files"].items():
        (model / name).write_bytes(content)
    for checkpoint in store.list_all_checkpoints(root):
        assert isinstance(checkpoint.title, str | None)
        assert isinstance(checkpoint.licence, str | None)
        assert isinstance(checkpoint.is_public, bool)
        assert checkpoint.weights_hash
        own.is_own(checkpoint)
        render_card(asdict(checkpoint.description), checkpoint.title)
    command = value["command"]
    extra = {
        "sample": ["--out", str(folder / "x.png"), "--count", "1"],
        "rename": ["New name"],
        "visibility": ["public"],
    }
    extra["upscale"] = [str(folder / "missing.png"), "--out", str(folder / "y.png")]
    names = [] if command in ("models", "upscale") else ["broken"]
    with commands.environment(GAN_CORE_FETCHED=str(folder / "fetched")):
        commands.run([*command.split(), *names, *extra.get(command, []), "--checkpoints", str(root)])


def models() -> st.SearchStrategy[dict[str, Any]]:
    files = st.dictionaries(st.just("config.json"), st.deferred(lambda: json_bytes(*config_documents())), max_size=1)
    notes = st.fixed_dictionaries({}, optional={"own.json": json_bytes(OWN), "source.json": json_bytes(SOURCE)})
    merged = st.builds(lambda first, second: first | second, files, notes)
    known = ("models", "models --json", "sample", "rename", "visibility", "forget", "check", "upscale")
    return st.fixed_dictionaries(
        {"weights": st.sampled_from(FAMILIES), "files": merged, "command": st.sampled_from(known)}
    )


def read_classifier(value: bytes, folder: Path) -> None:
    (folder / "judge-shapes").mkdir()
    (folder / "judge-shapes" / "config.json").write_bytes(value)
    for load in (load_feature_classifier, load_caption_classifier):
        try:
            load("judge-shapes", folder)
        except ValueError as error:  # UsageError is one
            if type(error) is ValueError:
                raise
    commands.run(["evaluate", "tiny-dcgan", "--data", "shapes", "--checkpoints", str(folder)])


def read_prompts(value: bytes, folder: Path) -> None:
    file = folder / "prompts.txt"
    file.write_bytes(value)
    with commands.environment(GAN_CORE_CHECKPOINTS=str(commands.models())):
        commands.run(["sample", "tiny-text", "--prompts", str(file), "--count", "2", "--out", str(folder / "out")])
        commands.run(["evaluate", "tiny-text", "--try", str(file), "--data", str(folder)])


def read_name(value: str, folder: Path) -> None:
    name, title = name_and_title(value)
    assert (folder / name).parent == folder
    (folder / name).mkdir()
    assert title is None or title.isprintable(), f"{title!r} is shown on pages and terminals"


EXAMPLES = (
    *({"weights": "tiny-dcgan", "files": {name: text}, "command": "models --json"}
      for name in ("config.json", "own.json", "source.json") for text in (NESTED, LONG_NUMBER, b'"\\ud800"', b"3")),
    {"weights": "tiny-dcgan", "files": {"own.json": b'{"title": "\\ud800 x"}'}, "command": "rename"},
)  # fmt: skip
CLASSIFIERS = (NESTED, LONG_NUMBER, *(to_bytes(JUDGE | {"channels": value}) for value in (-5, 24, 2**40, None, "1")))
TARGETS = (
    Target("model's files", models(), read_model, EXAMPLES, short_count=25),
    Target("classifier's config", json_bytes(JUDGE), read_classifier, CLASSIFIERS, short_count=10),
    Target(
        "file of prompts",
        st.one_of(
            json_bytes(PROMPT_CASES),
            st.binary(max_size=60),
            st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")),
        ),
        read_prompts,
        (NESTED, LONG_NUMBER),
        short_count=5,
    ),
    Target(
        "name of a model", st.one_of(st.text(max_size=120), st.sampled_from(commands.TEXTS)), read_name, short_count=30
    ),
)
