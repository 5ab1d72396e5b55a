"""What a dictionary says of words: senses that can be seen, and colours as near as they look."""

from pathlib import Path

import numpy as np
import pytest

from gan_core import word_vectors
from gan_core.dictionary import Sense, lab, read_senses, senses_of, tones
from gan_core.errors import InputError

NOUNS = """\
  1 This software and database is being provided to you, the LICENSEE, under a licence.
00000100 06 n 02 case 0 casing 0 000 | a portable container
00000200 06 n 03 wallet 0 billfold 0 pocket_book 1 001 @ 00000100 n 0000 | a pocket-size case for papers; "he lost it"
00000300 21 n 01 wallet 1 000 | the money that one has
00000400 07 n 02 crimson 0 deep_red 0 001 @ 00000500 n 0000 | a deep and vivid red color
00000500 07 n 01 red 0 000 | the quality of the color of blood
"""
ADJECTIVES = """\
00000100 00 s 02 crimson 0 violent(a) 0 001 & 00000200 a 0000 | marked by bloodshed; "crimson years"
00000200 00 a 01 bloody 0 000 | having blood upon it
"""


@pytest.fixture
def wordnet(tmp_path: Path) -> Path:
    (tmp_path / "data.noun").write_text(NOUNS)
    (tmp_path / "data.adj").write_text(ADJECTIVES)
    return tmp_path


def test_a_sense_names_its_words_its_meaning_and_what_it_is_a_kind_of(wordnet: Path) -> None:
    (sense,) = read_senses(wordnet)["billfold"]
    assert str(sense) == "wallet, billfold, pocket book: a pocket-size case for papers, a kind of case"
    assert sense.thing


def test_only_what_can_be_seen_is_read(wordnet: Path) -> None:
    senses = read_senses(wordnet)
    assert len(senses["wallet"]) == 1  # the money is a possession
    assert [sense.thing for sense in senses["crimson"]] == [False, True]
    assert senses["violent"][0].lemmas == ("crimson", "violent")


def test_a_plural_has_the_senses_of_its_singular(wordnet: Path) -> None:
    senses = read_senses(wordnet)
    assert senses_of("billfolds", senses) == senses_of("billfold", senses)
    assert senses_of("nonsense", senses) == []


def test_a_folder_that_is_no_wordnet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no data\."):
        read_senses(tmp_path)


def test_lab_is_what_the_cie_says() -> None:
    white, black, red = lab(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]]))
    np.testing.assert_allclose(white, [100, 0, 0], atol=0.05)
    np.testing.assert_allclose(black, [0, 0, 0], atol=0.05)
    np.testing.assert_allclose(red, [53.2, 80.1, 67.2], atol=0.3)


def test_colours_that_look_alike_lie_near_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {
        "red": (255, 0, 0), "crimson": (220, 20, 60), "blue": (0, 0, 255), "navy": (0, 0, 128),
        "white": (255, 255, 255), "lime": (0, 255, 0),
    }  # fmt: skip
    monkeypatch.setattr("gan_core.dictionary.TONES", 5)
    red, crimson, blue, shoe = tones(["red", "crimson", "blue", "shoe"], names)
    assert red @ crimson > red @ blue + 0.3
    assert not shoe.any()
    assert np.linalg.norm(blue) == pytest.approx(1, abs=1e-5)


def test_a_word_is_read_in_the_sense_that_the_captions_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    shoe, machine = Sense(("pump",), "a low-cut shoe", thing=True), Sense(("pump",), "a device for fluids", thing=True)
    rare = Sense(("oxford",), "a laced shoe", thing=True)
    known = {"shoe": [1.0, 0, 0, 0], "device": [0, 1.0, 0, 0], "pump": [0, 0, 1.0, 0], "oxford": [0, 0, 0, 1.0]}

    def read(texts: list[str]) -> np.ndarray:
        """By the last word of ours that a text holds."""
        rows = [next((known[word] for word in known if word in text.split()), [0.1, 0.1, 0.1, 0.1]) for text in texts]
        return np.array(rows, np.float32)

    monkeypatch.setattr(word_vectors, "colour_names", lambda: {"red": (255, 0, 0), "blue": (0, 0, 255)})
    monkeypatch.setattr("gan_core.dictionary.TONES", 2)
    dictionary = {"pump": [machine, shoe], "oxford": [rare], "shoe": [shoe]}
    reader: word_vectors.Transformer = read  # type: ignore[assignment]
    table = word_vectors.distil(["shoe", "pump", "device"], dictionary, ["a shoe"], 1, 4, reader)
    assert table.words == ("shoe", "pump", "device", "oxford")  # the rarer word that the captions' subject brings
    rows = table.vectors() / np.linalg.norm(table.vectors(), axis=1, keepdims=True)
    assert rows[1] @ rows[0] > rows[1] @ rows[2]  # a pump is worn here
