"""Prompts of the page Text: hostile text to the reader of prompts, the encoder and the notes on what was understood."""

from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.commands import TEXTS
from tests.fuzz.targets import Target

WORDS = (
    "red", "blue", "handbag", "handbags", "women's", "for men", "and", "no", "without", "not", "a", "two", "with",
    "t-shirt",
    "dress", "flower", "striped", ",", ".", "!", "(", ")", "[x](y)", "*", "_", "`", "$x$", ":red[", "<b>", "&amp;",
    "é", "İ", "ß",
    "ﬁ", "\u0301", "\u202e", "\u200b", "😀", "a" * 400, "'", '"', "-", "--", "—", "1", "३", "\n", "\t", "or", "but",
    "instead of",
)  # fmt: skip


def prompts() -> st.SearchStrategy[str]:
    joined = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)
    glued = st.lists(st.sampled_from(WORDS), max_size=8).map("".join)
    return st.one_of(joined, glued, st.text(max_size=60), st.sampled_from(TEXTS), joined.map(lambda text: text * 30))


@cache
def worlds() -> list[Any]:
    """The worlds of two models of the project, and of a tiny one, whose data state no kinds."""
    from gan_core.checkpoints.store import DEFAULT_ROOT, find_checkpoint
    from gan_core.text.prompt_world import build_world
    from tests.fuzz import commands

    found = []
    for name, root in (
        ("fashion-text", DEFAULT_ROOT),
        ("flowers-text", DEFAULT_ROOT),
        ("tiny-text", commands.models()),
    ):
        if (root / name).is_dir():
            checkpoint = find_checkpoint(name, root)
            encoder: Any = checkpoint.load_text_encoder()
            scores = {"captions": checkpoint.description.scores.get("captions")}
            found.append(build_world(checkpoint.description.data.get("subjects"), encoder, scores))
            found[-1].prepare()
    return found


def read(value: str, folder: Path) -> None:
    from gan_core.text.prompt_reading import read_prompt
    from pages.ui.markdown import escape_markdown

    for world in worlds():
        reading = read_prompt(value, world)
        assert bool(world.encoder.encode([reading.drawn]).isfinite().all())
        for finding in reading.findings:
            assert finding.message.strip()
            escape_markdown(finding.message)


TARGETS = (Target("prompt", prompts(), read, short_count=25, prepare=worlds),)
