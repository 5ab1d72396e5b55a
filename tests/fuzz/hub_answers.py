"""What a Hub, or a server that is called one, may answer: hostile listings, cards, configs and files of a model."""

from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from gan_core.hub import cards, client, preview
from gan_core.hub.download import fetch_model
from gan_core.hub.reference import parse_reference
from tests.fuzz import commands, weights
from tests.fuzz.configs import config_documents
from tests.fuzz.json_values import apply_changes, hostile_values, json_bytes
from tests.fuzz.targets import Target
from tests.hub import server

CARDS = (
    b"---\nlicense: mit\ntags: [gan]\n---\n# A model\n", b"---\nlicense: other\nlicense_name: mine\n---\n",
    b"# No front matter", b"---\n", b"",
    b"---\nlicense: '\n\xff---\n", b"---\nlicense: [a, b]\n---\n", b"\xef\xbb\xbf---\r\nlicense: mit\r\n---\r\n",
)  # fmt: skip
FILES = (
    "model.safetensors",
    "config.json",
    "README.md",
    "generator.pth",
    "pytorch_model.bin",
    "critic.safetensors",
    "text.safetensors",
    "G/netG.pt",
)
PATHS = (
    "../out.safetensors",
    "/etc/x.safetensors",
    "a\\b.pth",
    "a//b.pth",
    "C:x.pth",
    "x" * 300 + ".pth",
    "\u202e.pth",
    "",
)
REFERENCES = (
    "hub:someone/model",
    "hub:someone/model@main",
    "hub:someone/model/generator.pth",
    "hub:someone/model/G/netG.pt",
    "hub:someone/model@x",
)
ANSWER = {
    "id": "someone/model", "sha": "0" * 40, "private": False, "gated": False,
    "cardData": {"license": "mit", "datasets": ["mnist"]},
    "tags": ["license:mit"],
}  # fmt: skip
ENTRY = {"type": "file", "path": "model.safetensors", "size": 10, "oid": "0" * 40, "lfs": {"oid": "0" * 64, "size": 10}}


def fetch(value: dict[str, Any], folder: Path) -> None:
    """Fetches a model whose files are hostile, then lists and samples what came of it."""
    with server.running_hub() as hub, at(hub.address, folder):
        hub.add("someone/model", value["files"] or {"README.md": b""})
        commands.run(["fetch", value["reference"]])
        commands.run(["models", "--json", "--checkpoints", str(folder / "none")])


def read_answers(value: dict[str, Any], folder: Path) -> None:
    """Fetches from a server whose answers are not those of a Hub."""
    with server.running_hub() as hub, at(hub.address, folder), answering(value["answers"]):
        hub.add("someone/model", {"model.safetensors": b"0123456789", "README.md": b"# A model"})
        reference = parse_reference("hub:someone/model")
        preview.as_lines(preview.preview_model(reference))
        fetch_model(reference)


class answering:
    """Replaces the JSON of the Hub's answers, by a part of their address, for a block."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    def __enter__(self) -> None:
        self.send = server.Handler.answer
        answers, send = self.answers, self.send

        def answer(handler: Any, status: int, value: Any, headers: Any = None) -> None:
            kind = "tree" if "/tree/" in handler.path else "revision"
            send(handler, status, answers.get(kind, value), headers)

        server.Handler.answer = answer  # type: ignore[method-assign]

    def __exit__(self, *details: object) -> None:
        server.Handler.answer = self.send  # type: ignore[method-assign]


class at(commands.environment):
    """The Hub's address and an empty cache of fetched models, without pauses between attempts, for a block."""

    def __init__(self, address: str, folder: Path) -> None:
        super().__init__(HF_ENDPOINT=address, GAN_CORE_FETCHED=str(folder / "fetched"))

    def __enter__(self) -> None:
        super().__enter__()
        self.backoff, client.FIRST_BACKOFF_S = client.FIRST_BACKOFF_S, 0.0

    def __exit__(self, *details: object) -> None:
        client.FIRST_BACKOFF_S = self.backoff
        super().__exit__(*details)


def read_card(value: bytes, folder: Path) -> None:
    text = value.decode("utf-8", "replace")
    licence = cards.read_licence(text)
    assert licence is None or licence.strip()
    cards.with_licence(cards.without_signature(cards.with_signature(text)), "mit")
    assert cards.is_unedited(cards.with_signature(text))


@cache
def small_weights() -> tuple[bytes, ...]:
    return tuple(data for data in weights.weights_files() if len(data) < 300_000)


def repositories() -> st.SearchStrategy[Any]:
    cards_, configs = st.sampled_from(CARDS), st.deferred(lambda: json_bytes(*config_documents(), weights.MODEL_CONFIG))
    contents = st.one_of(st.deferred(lambda: st.sampled_from(small_weights())), weights.broken_weights(), configs)
    named = st.fixed_dictionaries(
        {"model.safetensors": contents}, optional={"config.json": configs, "README.md": cards_}
    )
    return st.one_of(named, st.dictionaries(st.sampled_from((*FILES, *PATHS[5:7])), contents, max_size=4))


def answers() -> st.SearchStrategy[dict[str, Any]]:
    changes = st.lists(
        st.tuples(st.integers(0, 2**16), st.sampled_from(("set", "delete", "rename", "wrap")), hostile_values()),
        max_size=3,
    )
    entries = st.builds(
        lambda path, changes_: apply_changes(ENTRY | {"path": path}, changes_),
        st.sampled_from((*FILES, *PATHS)),
        changes,
    )
    tree = st.one_of(st.lists(entries, max_size=4), hostile_values())
    return st.fixed_dictionaries(
        {}, optional={"tree": tree, "revision": st.builds(lambda changes_: apply_changes(ANSWER, changes_), changes)}
    )


ODD_ANSWERS = tuple(
    {"answers": {"tree": tree}} for tree in (3.5, [[]], [None], [{"type": "file"}], [ENTRY | {"size": "x"}])
)
TARGETS = (
    Target(
        "model on the Hub",
        st.fixed_dictionaries({"files": repositories(), "reference": st.sampled_from(REFERENCES)}),
        fetch,
        short_count=3,
    ),
    Target("answer of a Hub", st.fixed_dictionaries({"answers": answers()}), read_answers, ODD_ANSWERS, short_count=3),
    Target(
        "card on the Hub",
        st.one_of(
            st.sampled_from(CARDS),
            st.binary(max_size=80).map(lambda data: b"---\n" + data + b"\n---\n"),
            json_bytes(ANSWER),
        ),
        read_card,
        short_count=20,
    ),
)
