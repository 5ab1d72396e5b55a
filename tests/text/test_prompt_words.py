"""The words of a prompt with their places."""

import pytest

from gan_core.text.prompt_words import join_words, place_words
from gan_core.text.tokenizer import tokenize

SENTENCES = (
    "A red T-shirt for Men's day", "t shirts and T-Shirts", "it isn't red, don't", "boys' shoes", "two-tone shoes",
    "crème brûlée", "красное платье", "赤いドレス", "a\tred\n\nbag", "d'orsay pumps", "", "🦄🦄", "''s",
    "the dogs’ bowl", "rock'n'roll t-shirt", "हिन्दी शब्द", "x" * 1200, "men's-shirt", "o'clock's",
)  # fmt: skip


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_words_are_those_of_the_encoder(sentence: str) -> None:
    assert [word.word for word in place_words(sentence)] == tokenize(sentence)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_each_word_stands_where_it_says(sentence: str) -> None:
    for word in place_words(sentence):
        assert sentence[word.start : word.end] == word.text


def test_words_are_joined_as_they_are_written() -> None:
    words = place_words("three two-tone T-shirts, red")
    assert join_words(words[1:]) == "two-tone T-shirts red"
    assert join_words([words[1], words[3]]) == "two T-shirts"


def test_punctuation_separates_and_hyphens_join() -> None:
    _, second, third, fourth = place_words("red, two-tone shoes")
    assert second.begins_phrase
    assert not third.begins_phrase
    assert third.is_hyphenated
    assert not fourth.is_hyphenated
