"""Words of any script, normalised, and synonyms in place of words and phrases."""

import pytest
import torch

from gan_core.text.tokenizer import SYNONYM_REPLACEMENT_SHARE, replace_synonyms, tokenize
from tests import factories

pytestmark = pytest.mark.core


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
def test_words_are_lower_case_without_accents_and_possessives(sentence: str, words: list[str]) -> None:
    assert tokenize(sentence) == words


@pytest.mark.parametrize("sentence", ["लाल पोशाक", "เสื้อ แดง", "красное платье", "赤い ドレス", "أحمر فستان"])
def test_words_of_any_script_stay_whole(sentence: str) -> None:
    assert tokenize(sentence, lower=False) == sentence.split()
    assert factories.tiny_encoder().unknown_words(sentence) == sentence.split()


def test_the_longest_phrase_with_synonyms_is_replaced() -> None:
    synonyms = {"shoes": ("brogues",), "sports shoes": ("trainers",), "red": ("crimson",)}
    generator = torch.Generator().manual_seed(0)
    texts = [" ".join(replace_synonyms(tokenize("red sports shoes for men"), synonyms, generator)) for _ in range(400)]
    things = ("sports shoes", "sports brogues", "trainers")
    assert set(texts) <= {f"{colour} {thing} for men" for colour in ("red", "crimson") for thing in things}
    assert sum("trainers" in text for text in texts) / 400 == pytest.approx(SYNONYM_REPLACEMENT_SHARE, abs=0.06)
