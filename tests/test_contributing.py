"""The examples in CONTRIBUTING.md are copies of the code."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n# (\S+)\n(.*?)```", TEXT, re.DOTALL)


def test_there_are_three_examples() -> None:
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize(("file", "code"), EXAMPLES, ids=[file for file, _ in EXAMPLES])
def test_an_example_is_part_of_the_file_that_it_names(file: str, code: str) -> None:
    assert code in (ROOT / file).read_text(encoding="utf-8"), f"CONTRIBUTING.md shows another version of {file}"


def test_the_paths_that_it_names_exist() -> None:
    named = re.findall(r"(?:gan_core|pages|tests)/[\w/]+(?:\.py)?", TEXT)
    assert [path for path in named if not (ROOT / path).exists()] == []
