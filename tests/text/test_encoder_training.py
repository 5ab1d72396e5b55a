"""Encoders learn what captions name, synonyms included, and can imitate another encoder."""

from dataclasses import replace

import pytest
from torch.nn.functional import cosine_similarity

from gan_core.errors import UsageError
from gan_core.text import encoder_training, training_captions
from gan_core.text.encoder import TextEncoder
from gan_core.text.encoder_training import train_encoder
from gan_core.text.training_captions import prototype_names
from tests.text.shop import COLOURS, SHOP_ROWS, cosine, shop_table, with_unrelated_words


@pytest.fixture(scope="module")
def table() -> TextEncoder:
    return shop_table()


@pytest.fixture(autouse=True)
def _short_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_captions, "CAPTION_COUNT", 300)
    for name, value in (("STEPS", 200), ("BATCH_SIZE", 64), ("NOISE_SCALE", 0.5)):
        monkeypatch.setattr(encoder_training, name, value)


def test_article_and_colour_are_learned_also_for_words_of_no_caption(table: TextEncoder) -> None:
    trained = train_encoder(table, SHOP_ROWS, 8)
    assert trained.columns == {"article": ("Bags", "Shoes"), "colour": ("Blue", "Green", "Red")}
    assert trained.encoder.dim == 8
    prompts = ["a crimson purse", "blue shoes", "purse in green"]
    assert trained.predict(prompts, "colour") == ["Red", "Blue", "Green"]
    assert trained.predict(prompts, "article") == ["Bags", "Shoes", "Bags"]
    assert cosine(trained.encoder, "red bag", "blue bag") < cosine(table, "red bag", "blue bag") - 0.2


def test_an_encoder_is_a_function_of_its_seed(table: TextEncoder) -> None:
    fingerprints = [train_encoder(table, SHOP_ROWS, 8, seed=seed).encoder.fingerprint for seed in (0, 0, 1)]
    assert fingerprints[0] == fingerprints[1] != fingerprints[2]


def test_progress_is_reported_for_each_step(table: TextEncoder) -> None:
    steps: list[int] = []
    train_encoder(table, SHOP_ROWS, 8, progress=steps.append)
    assert steps == [1] * 200


def test_synonyms_are_learned_with_the_words_they_replace(table: TextEncoder) -> None:
    larger = with_unrelated_words(table, "jade", "brogue")
    trained = train_encoder(larger, SHOP_ROWS, 8, synonyms={"green": ["jade"], "shoes": ["brogue", "a brogue"]})
    prompts = ["jade bag", "red brogue", "a brogue in blue", "jade brogue"]
    assert trained.predict(prompts, "colour") == ["Green", "Red", "Blue", "Green"]
    assert trained.predict(prompts, "article") == ["Bags", "Shoes", "Shoes", "Shoes"]


def test_synonyms_get_the_embeddings_of_their_words_and_are_stored_with_the_encoder(table: TextEncoder) -> None:
    larger, synonyms = with_unrelated_words(table, "jade"), {"green": ["jade"]}
    trained = [train_encoder(larger, SHOP_ROWS, 8, synonyms=given).encoder for given in (synonyms, {})]
    with_synonyms, without = (replace(encoder, prototypes=encoder.prototypes[:0]) for encoder in trained)
    similarity = cosine(with_synonyms, "jade shoes", "green shoes")
    assert similarity > max(0.9, cosine(without, "jade shoes", "green shoes"))
    assert with_synonyms.synonyms == synonyms
    assert without.synonyms == {}


def test_names_of_several_images_become_prototypes(table: TextEncoder) -> None:
    encoder = train_encoder(table, SHOP_ROWS, 8).encoder
    assert len(encoder.prototypes) == len(prototype_names(SHOP_ROWS)) > 0
    assert cosine(encoder, "a crimson purse", "red bag") > 0.99


def test_an_encoder_can_imitate_another_one(table: TextEncoder) -> None:
    teacher = train_encoder(table, SHOP_ROWS, 8).encoder
    other = train_encoder(table, SHOP_ROWS, 8, seed=1).encoder
    imitating = train_encoder(table, SHOP_ROWS, 8, seed=1, teacher=teacher).encoder
    sentences = [f"{colour} {thing}" for colour in ("red", "blue", "green") for thing in ("bag", "shoes")]
    goals = teacher.encode(sentences)
    assert cosine_similarity(imitating.encode(sentences), goals).min() > 0.9
    assert cosine_similarity(other.encode(sentences), goals).min() < 0.5
    with pytest.raises(UsageError, match="has 8 values per sentence, not the 9 asked for"):
        train_encoder(table, SHOP_ROWS, 9, teacher=teacher)


def test_without_columns_the_words_of_captions_are_learned(table: TextEncoder) -> None:
    rows = [{"file_name": f"{number}", "text": f"a {COLOURS[number % 3]} bag number {number}"} for number in range(60)]
    trained = train_encoder(table, rows, 8)
    assert set(trained.columns["words"]) == {"red", "blue", "green", "bag", "a"}
    assert cosine(trained.encoder, "red bag", "green bag") < cosine(table, "red bag", "green bag")


def test_captions_without_a_word_of_the_table_are_an_error(table: TextEncoder) -> None:
    rows = [{"file_name": f"{number}", "text": "красное платье с белым поясом"} for number in range(60)]
    with pytest.raises(UsageError, match="no word of the word table"):
        train_encoder(table, rows, 8)
