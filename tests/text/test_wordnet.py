"""What a dictionary says of words: senses that can be seen, and colours as near as they look."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from gan_core.errors import UsageError
from gan_core.text import distillation
from gan_core.text.colours import colour_features, colour_names, colour_synonyms, srgb_to_lab
from gan_core.text.encoder import TextEncoder
from gan_core.text.encoder_training import wordnet_synonyms
from gan_core.text.wordnet import Sense, noun_synonyms, pluralize, read_senses, senses_of

NOUN_FILE = """\
  1 This software and database is being provided to you, the LICENSEE, under a licence.
00000100 06 n 02 case 0 casing 0 000 | a portable container
00000200 06 n 03 wallet 0 billfold 0 pocket_book 1 001 @ 00000100 n 0000 | a pocket-size case for papers; "he lost it"
00000300 21 n 01 wallet 1 000 | the money that one has
00000400 07 n 02 crimson 0 deep_red 0 001 @ 00000500 n 0000 | a deep and vivid red color
00000500 07 n 01 red 0 000 | the quality of the color of blood
"""
ADJECTIVE_FILE = """\
00000100 00 s 02 crimson 0 violent(a) 0 001 & 00000200 a 0000 | marked by bloodshed; "crimson years"
00000200 00 a 01 bloody 0 000 | having blood upon it
"""


@pytest.fixture
def wordnet(tmp_path: Path) -> Path:
    (tmp_path / "data.noun").write_text(NOUN_FILE)
    (tmp_path / "data.adj").write_text(ADJECTIVE_FILE)
    return tmp_path


def test_a_sense_names_its_words_its_meaning_and_what_it_is_a_kind_of(wordnet: Path) -> None:
    (sense,) = read_senses(wordnet)["billfold"]
    assert str(sense) == "wallet, billfold, pocket book: a pocket-size case for papers, a kind of case"
    assert sense.is_thing


def test_only_what_can_be_seen_is_read(wordnet: Path) -> None:
    senses = read_senses(wordnet)
    assert len(senses["wallet"]) == 1  # the money is a possession
    assert [sense.is_thing for sense in senses["crimson"]] == [False, True]
    assert senses["violent"][0].lemmas == ("crimson", "violent")


def test_a_plural_has_the_senses_of_its_singular(wordnet: Path) -> None:
    senses = read_senses(wordnet)
    assert senses_of("billfolds", senses) == senses_of("billfold", senses)
    assert senses_of("nonsense", senses) == []


def test_a_folder_that_is_no_wordnet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no data\."):
        read_senses(tmp_path)


def test_lab_is_what_the_cie_says() -> None:
    white, black, red = srgb_to_lab(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]]))
    np.testing.assert_allclose(white, [100, 0, 0], atol=0.05)
    np.testing.assert_allclose(black, [0, 0, 0], atol=0.05)
    np.testing.assert_allclose(red, [53.2, 80.1, 67.2], atol=0.3)


def test_where_css_and_the_survey_disagree_on_a_colour_css_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    survey = {"xkcd:crimson": "#8c000f", "xkcd:rust": "#a83c09", "xkcd:light red": "#ff474c", "xkcd:brown": "#653700"}
    monkeypatch.setitem(sys.modules, "matplotlib", ModuleType("matplotlib"))
    monkeypatch.setitem(sys.modules, "matplotlib.colors", SimpleNamespace(XKCD_COLORS=survey))
    names = colour_names()
    assert names["crimson"] == (220, 20, 60)
    assert names["rust"] == (168, 60, 9)  # which only the survey knows
    assert "light red" not in names  # single words alone
    assert names["brown"] == (101, 55, 0)  # which everybody named: CSS's is a red


def test_colours_that_look_alike_lie_near_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {
        "red": (255, 0, 0), "crimson": (220, 20, 60), "blue": (0, 0, 255), "navy": (0, 0, 128),
        "white": (255, 255, 255), "lime": (0, 255, 0),
    }  # fmt: skip
    monkeypatch.setattr("gan_core.text.colours.TONE_COUNT", 5)
    red, crimson, blue, shoe = colour_features(["red", "crimson", "blue", "shoe"], names)
    assert red @ crimson > red @ blue + 0.3
    assert not shoe.any()
    assert np.linalg.norm(blue) == pytest.approx(1, abs=1e-5)


def test_a_word_is_read_in_the_sense_that_the_captions_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    shoe, machine = (
        Sense(("pump",), "a low-cut shoe", is_thing=True),
        Sense(("pump",), "a device for fluids", is_thing=True),
    )
    rare = Sense(("oxford",), "a laced shoe", is_thing=True)
    known = {"shoe": [1.0, 0, 0, 0], "device": [0, 1.0, 0, 0], "pump": [0, 0, 1.0, 0], "oxford": [0, 0, 0, 1.0]}

    def read(texts: list[str]) -> np.ndarray:
        """By the last word of ours that a text holds."""
        rows = [next((known[word] for word in known if word in text.split()), [0.1, 0.1, 0.1, 0.1]) for text in texts]
        return np.array(rows, np.float32)

    monkeypatch.setattr(distillation, "colour_names", lambda: {"red": (255, 0, 0), "blue": (0, 0, 255)})
    monkeypatch.setattr("gan_core.text.colours.TONE_COUNT", 2)
    dictionary = {"pump": [machine, shoe], "oxford": [rare], "shoe": [shoe]}
    reader: distillation.SentenceTransformer = read  # type: ignore[assignment]
    table = distillation.distill_word_table(["shoe", "pump", "device"], dictionary, ["a shoe"], 1, 4, reader)
    assert table.words == ("shoe", "pump", "device", "oxford")  # the rarer word that the captions' subject brings
    rows = table.float_embeddings() / np.linalg.norm(table.float_embeddings(), axis=1, keepdims=True)
    assert rows[1] @ rows[0] > rows[1] @ rows[2]  # a pump is worn here


# What may be said instead ---------------------------------------------------------------------------------------------

PURSE = Sense(("wallet", "billfold", "pocket book"), "a case for papers", "case", True, "noun 2", "noun 1")
KIND = Sense(("card case", "notecase"), "a wallet for cards", "wallet", True, "noun 3", "noun 2")
MONEY = Sense(("wallet",), "the money that one has", "", True, "noun 4")
SENSES = {"wallet": [MONEY, PURSE], "billfold": [PURSE], "notecase": [KIND], "red": [Sense(("red",), "a colour")]}


def mentions_papers(word: str, text: str) -> float:
    return float("papers" in text)


def test_a_thing_may_be_called_by_its_other_names_and_by_those_of_its_kinds() -> None:
    found = noun_synonyms(["wallets", "red", "nonsense"], SENSES, mentions_papers)
    others = (
        "billfold",
        "billfolds",
        "pocket book",
        "pocket books",
        "card case",
        "card cases",
        "notecase",
        "notecases",
    )
    assert found == {"wallets": ("wallet", *others)}


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("shoe", "shoes"),
        ("dress", "dresses"),
        ("brush", "brushes"),
        ("ruby", "rubies"),
        ("toy", "toys"),
        ("jeans",) * 2,
    ],
)
def test_a_plural_ends_as_the_language_has_it(one: str, many: str) -> None:
    assert pluralize(one) == many


def test_a_word_of_the_captions_never_stands_for_another_of_them() -> None:
    assert "billfold" not in noun_synonyms(["wallet", "billfold"], SENSES, mentions_papers)["wallet"]


def test_a_colour_may_be_called_by_the_names_that_look_like_it_and_not_by_what_is_far_from_all() -> None:
    names = {
        "red": (255, 0, 0), "crimson": (220, 20, 60), "blue": (0, 0, 255), "royal": (20, 20, 220), "snow": (250,) * 3,
    }  # fmt: skip
    assert colour_synonyms(["red", "blue", "shoe"], names) == {"red": ("crimson",), "blue": ("royal",)}
    assert colour_synonyms(["shoe"], names) == {}


def test_what_may_be_said_instead_is_found_for_what_the_captions_speak_of(
    wordnet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"red": (255, 0, 0), "scarlet": (255, 36, 0), "blue": (0, 0, 255), "royal": (20, 20, 220)}
    monkeypatch.setattr("gan_core.text.colours.colour_names", lambda: names)
    words = ("red", "blue", "wallet", "shoe", "papers", "quality", "color", "blood")
    table = TextEncoder.from_vectors(words, np.eye(8, 16, dtype=np.float32) + 0.1)
    things, colours = ("Wallet", "Shoe"), ("Red", "Blue")
    rows = [
        {"file_name": f"{number}.jpg", "article": things[number % 2], "colour": colours[number // 2 % 2]}
        for number in range(40)
    ]
    found = wordnet_synonyms(rows, table, wordnet)
    assert found["wallet"] == ("wallets", "billfold", "billfolds", "pocket book", "pocket books")
    assert found["blue"] == ("royal",)
    # A kind of it, as WordNet says, and what looks like it:
    assert found["red"] == ("reds", "crimson", "crimsons", "deep red", "deep reds", "scarlet")


def test_only_the_last_word_of_a_kind_is_called_otherwise(wordnet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wallet chain is no billfold, but what "wallets and shoes" joins are both."""
    monkeypatch.setattr("gan_core.text.colours.colour_names", lambda: {"red": (255, 0, 0)})
    table = TextEncoder.from_vectors(("wallet", "papers", "chain"), np.eye(3, 16, dtype=np.float32) + 0.1)

    def found(*kinds: str) -> dict[str, tuple[str, ...]]:
        rows = [{"file_name": f"{number}.jpg", "article": kinds[number % len(kinds)]} for number in range(40)]
        return wordnet_synonyms(rows, table, wordnet)

    assert "billfold" in found("Wallet", "Chain")["wallet"]
    assert "billfold" in found("Wallet and Papers", "Chain")["wallet"]
    assert "wallet" not in found("Wallet Chain", "Shoe")
