"""Sentences become vectors: what changes them, what does not, and what is said of words that nobody knows."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cosine_similarity

from gan_core.errors import UsageError
from gan_core.text.encoder import WORDS_FILE, TextEncoder, tokenize
from tests import factories

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def table() -> TextEncoder:
    """The words that the project carries."""
    return TextEncoder.load(WORDS_FILE)


def cosine(encoder: TextEncoder, first: str, second: str) -> float:
    vectors = encoder.encode([first, second])
    return cosine_similarity(vectors[0], vectors[1], dim=0).item()


def test_a_sentence_is_the_sum_of_its_words_at_a_fixed_length() -> None:
    encoder = TextEncoder(("red", "bag"), np.array([[127, 0], [0, 127]], np.int8), np.array([3, 4], np.float32) / 127)
    assert encoder.encode(["red bag"]).tolist() == [pytest.approx([3 / 5 * 2**0.5, 4 / 5 * 2**0.5])]
    assert encoder.encode(["bag"]).tolist() == [pytest.approx([0, 2**0.5])]
    assert encoder.encode(["Bags, RED!"]).equal(encoder.encode(["red bag"]))
    assert encoder.encode(["redbag"]).equal(encoder.encode(["red bag"]))


@pytest.mark.parametrize("sentence", ["", "   ", "🙂", "字", "<b></b>", "a" * 100_000, "?!"])
def test_any_text_has_a_finite_vector(sentence: str) -> None:
    assert factories.tiny_encoder().encode([sentence]).isfinite().all()


def test_without_a_known_word_the_vector_is_zero() -> None:
    assert factories.tiny_encoder().encode(["qwxz", "🙂"]).abs().sum() == 0
    assert factories.tiny_encoder().encode([]).shape == (0, 6)


def test_unknown_words_are_named_once_as_they_were_written() -> None:
    assert factories.tiny_encoder().unknown_words("A Flurbl circle, FLURBL and flurbl Squares") == [
        "Flurbl",
        "FLURBL",
        "and",
        "flurbl",
    ]
    assert factories.tiny_encoder().unknown_words("Red, blue") == []


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("Men's T-Shirt", ["men", "tshirt"]),
        ("a t shirt", ["a", "tshirt"]),
        ("Café—NOIR", ["cafe", "noir"]),
        ("ladies’ bag", ["ladies", "bag"]),
        ("rose\u0301 rouge", ["rose", "rouge"]),
        ("ro\u0301se", ["rose"]),
    ],
)
def test_words_are_read_in_lower_case_without_accents_and_possessives(sentence: str, words: list[str]) -> None:
    assert tokenize(sentence) == words


@pytest.mark.parametrize("sentence", ["लाल पोशाक", "เสื้อ แดง", "красное платье", "赤い ドレス", "أحمر فستان"])
def test_words_of_any_script_stay_whole(sentence: str) -> None:
    assert tokenize(sentence, lower=False) == sentence.split()
    assert factories.tiny_encoder().unknown_words(sentence) == sentence.split()


def test_an_encoder_survives_its_file_and_keeps_its_fingerprint(tmp_path: Path) -> None:
    encoder = factories.tiny_encoder()
    encoder.save(tmp_path / "text.safetensors")
    again = TextEncoder.load(tmp_path / "text.safetensors")
    assert again.fingerprint == encoder.fingerprint
    assert again.encode(["red circle"]).equal(encoder.encode(["red circle"]))
    assert factories.tiny_encoder(5).fingerprint != encoder.fingerprint


def encoder_with_prototypes(recall: bool = True) -> TextEncoder:
    """Two words that captions say, and "ruby", which none says, between them but nearer to red."""
    vectors = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.8, 0.5, 0.4]])
    encoder = TextEncoder.from_vectors(("red", "blue", "ruby"), vectors)
    return encoder.with_prototypes(["red", "blue"], [0, 1]) if recall else encoder


def test_a_word_that_no_caption_says_is_read_as_what_the_encoder_remembers() -> None:
    encoder, plain = encoder_with_prototypes(), encoder_with_prototypes(recall=False)
    assert cosine(encoder, "ruby", "red") > 0.999
    assert cosine(plain, "ruby", "red") < 0.8
    assert encoder.encode(["ruby"]).norm().item() == pytest.approx(3**0.5)
    assert encoder.encode(["red blue"]).equal(plain.encode(["red blue"]))  # both are captions' own
    assert encoder.encode(["flurbl", ""]).abs().sum() == 0


def test_a_sentence_tells_what_it_is_read_as_where_that_is_not_what_it_says() -> None:
    encoder = encoder_with_prototypes()
    assert [encoder.nearest_prototype(sentence) for sentence in ("ruby", "Ruby flurbl", "red", "flurbl", "")] == [
        "red",
        "red",
        "",
        "",
        "",
    ]
    assert encoder_with_prototypes(recall=False).nearest_prototype("ruby") == ""
    assert replace(encoder, prototype_names=()).nearest_prototype("ruby") == ""  # a file may hold the memory alone


def test_between_two_names_that_are_as_like_it_a_sentence_is_read_as_both() -> None:
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    encoder = TextEncoder.from_vectors(("red", "blue", "purple"), vectors).with_prototypes(["red", "blue"], [0, 1])
    assert encoder.encode(["purple"]).tolist() == [pytest.approx([1, 1], abs=1e-3)]


def test_what_is_remembered_travels_in_the_file_and_belongs_to_the_fingerprint(tmp_path: Path) -> None:
    encoder = encoder_with_prototypes()
    encoder.save(tmp_path / "text.safetensors")
    again = TextEncoder.load(tmp_path / "text.safetensors")
    assert again.encode(["ruby"]).equal(encoder.encode(["ruby"]))
    assert again.prototype_names == ("red", "blue")
    assert again.fingerprint == encoder.fingerprint != encoder_with_prototypes(recall=False).fingerprint
    assert factories.tiny_encoder().with_prototypes([], []).fingerprint == factories.tiny_encoder().fingerprint


def test_a_memory_that_does_not_fit_its_words_is_no_encoder(tmp_path: Path) -> None:
    for torn in ({"prototypes": np.ones((2, 5), np.float16)}, {"in_caption_vocabulary": np.ones(2, np.uint8)}):
        replace(encoder_with_prototypes(), **torn).save(tmp_path / "torn.safetensors")
        with pytest.raises(UsageError, match="no text encoder"):
            TextEncoder.load(tmp_path / "torn.safetensors")


def test_a_file_that_is_no_encoder_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.safetensors").write_bytes(b"torn")
    with pytest.raises(UsageError, match="cannot be read as a text encoder"):
        TextEncoder.load(tmp_path / "text.safetensors")
    with pytest.raises(UsageError, match="cannot be read as a text encoder"):
        TextEncoder.load(tmp_path / "none")


def test_the_table_knows_words_by_their_meaning(table: TextEncoder) -> None:
    assert cosine(table, "purse", "handbag") > cosine(table, "purse", "shoe") + 0.2
    assert cosine(table, "crimson", "red") > cosine(table, "crimson", "green")
    assert table.unknown_words("scarlet stilettos and a chartreuse cardigan") == []
    assert table.unknown_words("flurblish handbag") == ["flurblish"]


def test_reading_costs_less_than_a_millisecond_and_the_table_less_than_10_megabytes(table: TextEncoder) -> None:
    assert WORDS_FILE.stat().st_size < 10e6
    prompts = ["a red leather handbag for women with a golden chain"] * 50
    table.encode(prompts)
    took = []
    for _ in range(5):
        began = time.perf_counter()
        table.encode(prompts)
        took.append((time.perf_counter() - began) / len(prompts))
    assert min(took) < 1e-3


def test_vectors_are_float32_on_the_cpu(table: TextEncoder) -> None:
    vectors = table.encode(["red"])
    assert vectors.dtype == torch.float32
    assert vectors.norm().item() == pytest.approx(table.dim**0.5, rel=1e-4)
