"""Names and formats of the files in a run's folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from gan_core.training.run_files import parse_log, preview_file, preview_steps

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("encode", [str, str.encode])
def test_incomplete_lines_and_rows_without_a_step_are_skipped(encode: type) -> None:
    text = '{"step": 1, "generator": 0.5}\n[1]\n{"generator": 1}\n{"step": 2}\n\x00\n{"step": 3, "gen'
    assert parse_log(encode(text)) == [{"step": 1, "generator": 0.5}, {"step": 2}]


def test_bytes_that_are_no_text_are_skipped() -> None:
    assert parse_log(b'\xff\xfe\n{"step": 1}\n') == [{"step": 1}]


@pytest.mark.parametrize("step", ["null", '"3"', "[]", "true", "1e300", "NaN", "1" * 5000], ids=lambda text: text[:9])
def test_rows_whose_step_is_none_are_skipped(step: str) -> None:
    assert parse_log(f'{{"step": {step}}}\n{"[" * 100_000}\n{{"step": 4.0}}\n') == [{"step": 4.0}]


def test_previews_are_found_in_the_order_of_their_steps(tmp_path: Path) -> None:
    for step in (100, 20, 12_345_678):
        file = preview_file(tmp_path, step)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"")
    for name in ("step-x.png", ".step-0000007.png.partial", "other.png"):
        (tmp_path / "previews" / name).write_bytes(b"")
    assert preview_steps(tmp_path) == [20, 100, 12_345_678]
    assert preview_steps(tmp_path / "nowhere") == []


def test_the_names_need_no_torch() -> None:
    code = "import sys, gan_core.training.run_files; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "False"
