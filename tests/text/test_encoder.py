"""Embeddings of sentences, unknown words, prototypes, and the encoder's file."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from gan_core.errors import UsageError
from gan_core.text.encoder import WORDS_FILE, TextEncoder
from tests import factories
from tests.text.shop import cosine

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def table() -> TextEncoder:
    """The word table of the project."""
    return TextEncoder.load(WORDS_FILE)


def test_an_embedding_is_the_sum_of_word_vectors_at_a_fixed_length() -> None:
    encoder = TextEncoder(("red", "bag"), np.array([[127, 0], [0, 127]], np.int8), np.array([3, 4], np.float32) / 127)
    assert encoder.encode(["red bag"]).tolist() == [pytest.approx([3 / 5 * 2**0.5, 4 / 5 * 2**0.5])]
    assert encoder.encode(["bag"]).tolist() == [pytest.approx([0, 2**0.5])]
    assert encoder.encode(["Bags, RED!"]).equal(encoder.encode(["red bag"]))
    assert encoder.encode(["redbag"]).equal(encoder.encode(["red bag"]))


@pytest.mark.parametrize("sentence", ["", "   ", "🙂", "字", "<b></b>", "a" * 100_000, "?!"])
def test_any_text_has_a_finite_embedding(sentence: str) -> None:
    assert factories.tiny_encoder().encode([sentence]).isfinite().all()


def test_without_a_known_word_the_embedding_is_zero() -> None:
    assert factories.tiny_encoder().encode(["qwxz", "🙂"]).abs().sum() == 0
    assert factories.tiny_encoder().encode([]).shape == (0, 6)


def test_unknown_words_are_listed_once_as_written() -> None:
    unknown = factories.tiny_encoder().unknown_words("A Flurbl circle, FLURBL and flurbl Squares")
    assert unknown == ["Flurbl", "FLURBL", "and", "flurbl"]
    assert factories.tiny_encoder().unknown_words("Red, blue") == []


def test_a_saved_encoder_encodes_alike_and_keeps_its_fingerprint(tmp_path: Path) -> None:
    encoder = factories.tiny_encoder()
    encoder.save(tmp_path / "text.safetensors")
    again = TextEncoder.load(tmp_path / "text.safetensors")
    assert again.fingerprint == encoder.fingerprint
    assert again.encode(["red circle"]).equal(encoder.encode(["red circle"]))
    assert factories.tiny_encoder(5).fingerprint != encoder.fingerprint


def encoder_with_prototypes(recall: bool = True) -> TextEncoder:
    """Two words of captions, and "ruby", in no caption, whose vector is between theirs but nearer to red."""
    vectors = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.8, 0.5, 0.4]])
    encoder = TextEncoder.from_vectors(("red", "blue", "ruby"), vectors)
    return encoder.with_prototypes(["red", "blue"], [0, 1]) if recall else encoder


def test_a_word_of_no_caption_is_mapped_to_the_nearest_prototype() -> None:
    encoder, plain = encoder_with_prototypes(), encoder_with_prototypes(recall=False)
    assert cosine(encoder, "ruby", "red") > 0.999
    assert cosine(plain, "ruby", "red") < 0.8
    assert encoder.encode(["ruby"]).norm().item() == pytest.approx(3**0.5)
    assert encoder.encode(["red blue"]).equal(plain.encode(["red blue"]))  # both are in the captions' vocabulary
    assert encoder.encode(["flurbl", ""]).abs().sum() == 0


def test_the_nearest_prototype_is_named_for_words_of_no_caption_only() -> None:
    encoder = encoder_with_prototypes()
    nearest = [encoder.nearest_prototype(sentence) for sentence in ("ruby", "Ruby flurbl", "red", "flurbl", "")]
    assert nearest == ["red", "red", "", "", ""]
    assert encoder_with_prototypes(recall=False).nearest_prototype("ruby") == ""
    without_names = replace(encoder, prototype_names=())  # as in older files
    assert without_names.nearest_prototype("ruby") == ""


def test_a_sentence_between_two_prototypes_is_mapped_to_their_mean() -> None:
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    encoder = TextEncoder.from_vectors(("red", "blue", "purple"), vectors).with_prototypes(["red", "blue"], [0, 1])
    assert encoder.encode(["purple"]).tolist() == [pytest.approx([1, 1], abs=1e-3)]


def test_prototypes_are_saved_and_belong_to_the_fingerprint(tmp_path: Path) -> None:
    encoder = encoder_with_prototypes()
    encoder.save(tmp_path / "text.safetensors")
    again = TextEncoder.load(tmp_path / "text.safetensors")
    assert again.encode(["ruby"]).equal(encoder.encode(["ruby"]))
    assert again.prototype_names == ("red", "blue")
    assert again.fingerprint == encoder.fingerprint != encoder_with_prototypes(recall=False).fingerprint
    assert factories.tiny_encoder().with_prototypes([], []).fingerprint == factories.tiny_encoder().fingerprint


def test_prototypes_that_do_not_fit_the_words_are_an_error(tmp_path: Path) -> None:
    for damaged in ({"prototypes": np.ones((2, 5), np.float16)}, {"in_caption_vocabulary": np.ones(2, np.uint8)}):
        replace(encoder_with_prototypes(), **damaged).save(tmp_path / "torn.safetensors")
        with pytest.raises(UsageError, match="no text encoder"):
            TextEncoder.load(tmp_path / "torn.safetensors")


def test_a_failed_save_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "text.safetensors"
    factories.tiny_encoder().save(file)

    def fail(tensors: object, partial: Path, metadata: object) -> None:
        partial.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("gan_core.text.encoder.save_file", fail)
    with pytest.raises(OSError, match="disk full"):
        factories.tiny_encoder(5).save(file)
    assert TextEncoder.load(file).fingerprint == factories.tiny_encoder().fingerprint
    assert [path.name for path in tmp_path.iterdir()] == ["text.safetensors"]


def test_a_saved_file_is_readable_by_others(tmp_path: Path) -> None:
    factories.tiny_encoder().save(tmp_path / "text.safetensors")
    assert (tmp_path / "text.safetensors").stat().st_mode & 0o777 == 0o644


def test_a_damaged_or_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "text.safetensors").write_bytes(b"torn")
    with pytest.raises(UsageError, match="cannot be read as a text encoder"):
        TextEncoder.load(tmp_path / "text.safetensors")
    with pytest.raises(UsageError, match="cannot be read as a text encoder"):
        TextEncoder.load(tmp_path / "none")


def test_the_word_table_has_similar_vectors_for_similar_meanings(table: TextEncoder) -> None:
    assert cosine(table, "purse", "handbag") > cosine(table, "purse", "shoe") + 0.2
    assert cosine(table, "crimson", "red") > cosine(table, "crimson", "green")
    assert table.unknown_words("scarlet stilettos and a chartreuse cardigan") == []
    assert table.unknown_words("flurblish handbag") == ["flurblish"]


def test_encoding_takes_less_than_a_millisecond_and_the_table_less_than_10_megabytes(table: TextEncoder) -> None:
    assert WORDS_FILE.stat().st_size < 10e6
    prompts = ["a red leather handbag for women with a golden chain"] * 50
    table.encode(prompts)
    durations_s = []
    for _ in range(5):
        began = time.perf_counter()
        table.encode(prompts)
        durations_s.append((time.perf_counter() - began) / len(prompts))
    assert min(durations_s) < 1e-3


def test_embeddings_are_float32_of_length_sqrt_dim(table: TextEncoder) -> None:
    vectors = table.encode(["red"])
    assert vectors.dtype == torch.float32
    assert vectors.norm().item() == pytest.approx(table.dim**0.5, rel=1e-4)
