"""Colour names: their values, their similarity, their synonyms."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from gan_core.text.colours import colour_features, colour_names, colour_synonyms, srgb_to_lab


def test_lab_has_the_values_of_the_cie() -> None:
    white, black, red = srgb_to_lab(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]]))
    np.testing.assert_allclose(white, [100, 0, 0], atol=0.05)
    np.testing.assert_allclose(black, [0, 0, 0], atol=0.05)
    np.testing.assert_allclose(red, [53.2, 80.1, 67.2], atol=0.3)


def test_css_wins_over_the_survey_except_for_basic_names(monkeypatch: pytest.MonkeyPatch) -> None:
    survey = {"xkcd:crimson": "#8c000f", "xkcd:rust": "#a83c09", "xkcd:light red": "#ff474c", "xkcd:brown": "#653700"}
    monkeypatch.setitem(sys.modules, "matplotlib", ModuleType("matplotlib"))
    monkeypatch.setitem(sys.modules, "matplotlib.colors", SimpleNamespace(XKCD_COLORS=survey))
    names = colour_names()
    assert names["crimson"] == (220, 20, 60)
    assert names["rust"] == (168, 60, 9)  # only in the survey
    assert "light red" not in names  # single words only
    assert names["brown"] == (101, 55, 0)  # CSS's brown is a red


def test_similar_colours_have_similar_features(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {
        "red": (255, 0, 0), "crimson": (220, 20, 60), "blue": (0, 0, 255), "navy": (0, 0, 128),
        "white": (255, 255, 255), "lime": (0, 255, 0),
    }  # fmt: skip
    monkeypatch.setattr("gan_core.text.colours.TONE_COUNT", 5)
    red, crimson, blue, shoe = colour_features(["red", "crimson", "blue", "shoe"], names)
    assert red @ crimson > red @ blue + 0.3
    assert not shoe.any()
    assert np.linalg.norm(blue) == pytest.approx(1, abs=1e-5)


def test_synonyms_of_a_colour_are_the_names_of_similar_colours() -> None:
    names = {
        "red": (255, 0, 0), "crimson": (220, 20, 60), "blue": (0, 0, 255), "royal": (20, 20, 220), "snow": (250,) * 3,
    }  # fmt: skip
    assert colour_synonyms(["red", "blue", "shoe"], names) == {"red": ("crimson",), "blue": ("royal",)}
    assert colour_synonyms(["shoe"], names) == {}
