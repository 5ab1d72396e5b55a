"""What the commands share."""

from pathlib import Path

import pytest

from gan_core.commands.common import read_prompt_cases
from gan_core.errors import UsageError


def test_a_file_of_prompts_is_read_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "prompts").write_text(
        '\ufeff{"prompt": "a"}\n\n{"prompt": "b", "colours": ["Red"]}\n', encoding="utf-8"
    )
    assert [case["prompt"] for case in read_prompt_cases(tmp_path / "prompts")] == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[" * 100_000, "cannot be read as JSON lines of prompts: it is nested too deeply"),
        (b'{"prompt": ' + b"1" * 5000 + b"}", "cannot be read as JSON lines of prompts: it holds a number"),
        (b"\xff\xfe", "cannot be read as JSON lines of prompts"),
        (b"a red bag", "cannot be read as JSON lines of prompts: it is no JSON"),
        (b'{"prompt": null}', "must hold lines such as"),
        (b"", "must hold lines such as"),
    ],
    ids=["nested", "long number", "binary", "text", "no prompt", "empty"],
)
def test_a_file_of_no_prompts_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "prompts").write_bytes(content)
    with pytest.raises(UsageError, match=reason):
        read_prompt_cases(tmp_path / "prompts")
