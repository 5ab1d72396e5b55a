"""The commands `words` and `encoder`: what they print, save and refuse."""

import json
from pathlib import Path

import numpy as np
import pytest

from gan_core.cli import main
from gan_core.text import distillation, encoder_training, training_captions
from gan_core.text.captions import is_held_out
from gan_core.text.encoder import TextEncoder
from tests.text.shop import SHOP_ROWS


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with metadata only: the commands decode no image."""
    rows = [row | {"text": f"Acme Women {row['colour']} {row['article']}"} for row in SHOP_ROWS]
    rows = [row | {"file_name": f"{number}.jpg"} for number, row in enumerate(rows * 3)]
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path / "shop"


@pytest.fixture
def _short_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_captions, "CAPTION_COUNT", 300)
    monkeypatch.setattr(encoder_training, "STEPS", 100)
    monkeypatch.setattr(encoder_training, "BATCH_SIZE", 64)


@pytest.mark.usefixtures("_short_training")
def test_encoder_is_trained_tested_and_saved(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prompts, file = tmp_path / "prompts.jsonl", tmp_path / "text.safetensors"
    cases = [
        {"prompt": "a red bag", "articles": ["Bags"], "colours": ["Red"]},
        {"prompt": "blue shoes", "articles": ["Bags"]},
    ]
    prompts.write_text("\n".join(map(json.dumps, cases)))
    call = ["encoder", "--data", str(shop), "--size", "8", "--out", str(file), "--try", str(prompts)]
    assert main(call) == 0
    lines = capsys.readouterr().out.splitlines()
    held_out = sum(is_held_out(f"{number}.jpg") for number in range(180))
    assert lines[0].startswith("article: ")
    assert lines[0].endswith(f"of {held_out} held-out titles")
    assert lines[3] == "article: 50.0% of 2 prompts; wrong: blue shoes: Shoes"
    assert lines[4] == "colour: 100.0% of 1 prompts; wrong: "
    encoder = TextEncoder.load(file)
    assert encoder.dim == 8
    assert lines[5].endswith(f"MB, {encoder.fingerprint}")
    assert main([*call[:4], "9", "--like", str(file)]) == 2
    assert "has 8 values per sentence, not the 9 asked for" in capsys.readouterr().err


def test_words_are_distilled_and_saved(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: dict[str, list[str]] = {}

    def distill(words: list[str], senses: object, captions: list[str], *_: object) -> TextEncoder:
        seen.update(words=words, captions=captions)
        return TextEncoder.from_vectors(words, np.ones((len(words), 4), np.float32))

    monkeypatch.setattr(distillation, "build_word_list", lambda captions, count: sorted(set(captions))[:count])
    monkeypatch.setattr(distillation, "SentenceTransformer", lambda folder, progress: None)
    monkeypatch.setattr(distillation, "distill_word_table", distill)
    monkeypatch.setattr("gan_core.text.wordnet.read_senses", lambda folder: {})
    file = tmp_path / "words.safetensors"
    call = ["words", str(tmp_path), "--wordnet", str(tmp_path), "--data", str(shop), "--out", str(file)]
    assert main(call) == 0
    assert {"acme", "red", "shoes", "purse"} <= set(seen["words"])
    assert "Women Red Bags" in seen["captions"]  # without the brand
    assert len(TextEncoder.load(file).words) == len(seen["words"])
    assert f"{len(seen['words'])} words of 4 values" in capsys.readouterr().out


def test_data_without_captions_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bare").mkdir()
    assert main(["encoder", "--data", str(tmp_path / "bare")]) == 2
    assert "holds no metadata.jsonl" in capsys.readouterr().err
    assert main(["encoder", "--data", "nowhere", "--data-dir", str(tmp_path)]) == 2
    assert "There is no data set 'nowhere'" in capsys.readouterr().err
