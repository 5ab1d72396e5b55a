"""Colour names as features and synonyms: names of similar colours are near each other."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from PIL import ImageColor

from gan_core.errors import UsageError
from gan_core.text.tokenizer import normalize_word

BASIC_COLOURS = {  # Berlin and Kay 1969
    "black", "blue", "brown", "green", "grey", "orange", "pink", "purple", "red", "white", "yellow",
}  # fmt: skip
TONE_COUNT = 48  # reference colours
TONE_RADIUS = 22.0  # standard deviation around a reference colour, in CIELAB, where 2.3 is just noticeable


def colour_names() -> dict[str, tuple[int, int, int]]:
    """Colour names of one word -> sRGB in [0, 255], from the xkcd survey and from CSS.

    Where both have a name, CSS is used (the survey's crimson is brown), except for the basic names (CSS's brown is
    red). Raises UsageError where matplotlib, which contains the survey, is not installed.
    """
    try:
        from matplotlib.colors import XKCD_COLORS  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise UsageError("Colour names need the package matplotlib: install it in this environment.") from error
    codes = {name.removeprefix("xkcd:"): ImageColor.getrgb(code) for name, code in XKCD_COLORS.items()}
    codes |= {name: ImageColor.getrgb(name) for name in ImageColor.colormap if name not in BASIC_COLOURS}
    return {normalize_word(name): code[:3] for name, code in codes.items() if name.isalpha()}


def colour_features(words: list[str], rgb_by_name: dict[str, tuple[int, int, int]]) -> np.ndarray:
    """The similarity of each word's colour to TONE_COUNT reference colours, as unit vectors (N, TONE_COUNT) float32;
    zeros for a word that names no colour."""
    colours = srgb_to_lab(np.array(list(rgb_by_name.values())))
    centres = [colours[0]]
    while len(centres) < TONE_COUNT:  # the colour farthest from all before
        squares = np.min([np.square(colours - centre).sum(axis=1) for centre in centres], axis=0)
        centres.append(colours[squares.argmax()])
    features = np.exp(-np.square(colours[:, None] - np.array(centres)).sum(axis=2) / (2 * TONE_RADIUS**2))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    features_by_name = dict(zip(rgb_by_name, features, strict=True))
    return np.stack([features_by_name.get(word, np.zeros(TONE_COUNT)) for word in words]).astype(np.float32)


def colour_synonyms(words: Iterable[str], rgb_by_name: dict[str, tuple[int, int, int]]) -> dict[str, tuple[str, ...]]:
    """Synonyms of each word that names a colour: the names of colours nearer to it than to any other of the words, at
    most two TONE_RADIUS away."""
    targets = [word for word in dict.fromkeys(words) if word in rgb_by_name]
    if not targets:
        return {}
    candidates = [name for name in rgb_by_name if name not in targets]
    target_colours = srgb_to_lab(np.array([rgb_by_name[word] for word in targets]))
    candidate_colours = srgb_to_lab(np.array([rgb_by_name[name] for name in candidates]))
    distances = np.sqrt(np.square(candidate_colours[:, None] - target_colours).sum(axis=2))  # (candidates, targets)
    found: dict[str, list[str]] = defaultdict(list)
    for name, row in zip(candidates, distances, strict=True):
        if row.min() < 2 * TONE_RADIUS:
            found[targets[row.argmin()]].append(name)
    return {word: tuple(synonyms) for word, synonyms in found.items()}


def srgb_to_lab(colours: np.ndarray) -> np.ndarray:
    """sRGB (N, 3) in [0, 255] -> CIELAB (N, 3) for the illuminant D65, in which distances are perceived differences."""
    scaled = colours / 255
    linear = np.where(scaled > 0.04045, ((scaled + 0.055) / 1.055) ** 2.4, scaled / 12.92)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratios = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    x, y, z = np.where(ratios > 0.008856, np.cbrt(ratios), 7.787 * ratios + 16 / 116).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)
