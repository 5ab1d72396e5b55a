"""The names of colours."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from PIL import ImageColor

from gan_core.errors import UsageError
from gan_core.text.encoder import normalize_word

BASIC_COLOURS = {
    "black",
    "blue",
    "brown",
    "green",
    "grey",
    "orange",
    "pink",
    "purple",
    "red",
    "white",
    "yellow",
}  # Berlin, Kay


TONE_COUNT = 48  # centres in the space of colours


TONE_RADIUS = 22.0  # of a centre, in CIELAB, where 2.3 is a just noticeable difference


def colour_names() -> dict[str, tuple[int, int, int]]:
    """Single words that name a colour -> sRGB (0 to 255): those of the xkcd survey, and over them CSS's, for where
    the two differ the survey's answer is the odd one: its crimson is a brown. Not so for the basic names, which people
    gave most often: CSS's brown is a red."""
    try:
        from matplotlib.colors import XKCD_COLORS  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise UsageError("The names of colours come with the package matplotlib, in this environment.") from error
    codes = {name.removeprefix("xkcd:"): ImageColor.getrgb(code) for name, code in XKCD_COLORS.items()}
    codes |= {name: ImageColor.getrgb(name) for name in ImageColor.colormap if name not in BASIC_COLOURS}
    return {normalize_word(name): code[:3] for name, code in codes.items() if name.isalpha()}


def colour_features(words: list[str], rgb_by_name: dict[str, tuple[int, int, int]]) -> np.ndarray:
    """For each word how near its colour lies to each of TONES (N, TONES), of length 1; zeros where it names none."""
    colours = srgb_to_lab(np.array(list(rgb_by_name.values())))
    centres = [colours[0]]
    while len(centres) < TONE_COUNT:  # the farthest from all before
        centres.append(
            colours[np.min([np.square(colours - centre).sum(axis=1) for centre in centres], axis=0).argmax()]
        )
    features = np.exp(-np.square(colours[:, None] - np.array(centres)).sum(axis=2) / (2 * TONE_RADIUS**2))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    features_by_name = dict(zip(rgb_by_name, features, strict=True))
    return np.stack([features_by_name.get(word, np.zeros(TONE_COUNT)) for word in words]).astype(np.float32)


def colour_synonyms(words: Iterable[str], rgb_by_name: dict[str, tuple[int, int, int]]) -> dict[str, tuple[str, ...]]:
    """What may be said in place of each word that names a colour: the names that look more like it than like any other
    of the words, and not too far from it."""
    targets = [word for word in dict.fromkeys(words) if word in rgb_by_name]
    if not targets:
        return {}
    candidates = [name for name in rgb_by_name if name not in targets]
    target_colours = srgb_to_lab(np.array([rgb_by_name[word] for word in targets]))
    distances = np.sqrt(
        np.square(srgb_to_lab(np.array([rgb_by_name[name] for name in candidates]))[:, None] - target_colours).sum(
            axis=2
        )
    )
    found: dict[str, list[str]] = defaultdict(list)
    for name, row in zip(candidates, distances, strict=True):
        if row.min() < 2 * TONE_RADIUS:
            found[targets[row.argmin()]].append(name)
    return {word: tuple(synonyms) for word, synonyms in found.items()}


def srgb_to_lab(colours: np.ndarray) -> np.ndarray:
    """sRGB (N, 3) from 0 to 255 -> CIELAB under D65 (N, 3), where distances are those that are seen."""
    scaled = colours / 255
    linear = np.where(scaled > 0.04045, ((scaled + 0.055) / 1.055) ** 2.4, scaled / 12.92)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratios = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    x, y, z = np.where(ratios > 0.008856, np.cbrt(ratios), 7.787 * ratios + 16 / 116).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)
