"""Word tables: rarer words near the captions are added, and definitions are those of the captions' sense."""

import numpy as np
import pytest

from gan_core.text import distillation
from gan_core.text.wordnet import Sense


def test_a_word_gets_the_definition_of_the_sense_that_the_captions_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    shoe = Sense(("pump",), "a low-cut shoe", is_thing=True)
    machine = Sense(("pump",), "a device for fluids", is_thing=True)
    rare = Sense(("oxford",), "a laced shoe", is_thing=True)
    known = {"shoe": [1.0, 0, 0, 0], "device": [0, 1.0, 0, 0], "pump": [0, 0, 1.0, 0], "oxford": [0, 0, 0, 1.0]}

    def encode(texts: list[str]) -> np.ndarray:
        """The vector of the first known word that a text contains."""
        rows = [next((known[word] for word in known if word in text.split()), [0.1, 0.1, 0.1, 0.1]) for text in texts]
        return np.array(rows, np.float32)

    monkeypatch.setattr(distillation, "colour_names", lambda: {"red": (255, 0, 0), "blue": (0, 0, 255)})
    monkeypatch.setattr("gan_core.text.colours.TONE_COUNT", 2)
    dictionary = {"pump": [machine, shoe], "oxford": [rare], "shoe": [shoe]}
    transformer: distillation.SentenceTransformer = encode  # type: ignore[assignment]
    table = distillation.distill_word_table(["shoe", "pump", "device"], dictionary, ["a shoe"], 1, 4, transformer)
    assert table.words == ("shoe", "pump", "device", "oxford")  # the rarer word nearest to the caption
    rows = table.float_embeddings() / np.linalg.norm(table.float_embeddings(), axis=1, keepdims=True)
    assert rows[1] @ rows[0] > rows[1] @ rows[2]  # a pump is a shoe here


def test_a_sense_is_compared_with_its_nearest_captions_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distillation, "NEAREST_CAPTIONS", 2)
    senses, captions = np.eye(2, dtype=np.float32), np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    assert distillation.caption_closeness(senses, captions).tolist() == pytest.approx([0.9, 0.8])


def test_frequent_words_weigh_less() -> None:
    weights = distillation.sif_weights(1_000)
    assert weights.shape == (1_000, 1)
    assert (np.diff(weights[:, 0]) > 0).all()
    assert weights.max() < 1


def test_principal_components_keep_the_directions_of_largest_variance() -> None:
    vectors = np.random.default_rng(0).normal(size=(200, 3)) * [1, 10, 3]
    components = distillation.principal_components(vectors, 2)
    assert components.std(axis=0) == pytest.approx([10, 3], rel=0.15)
