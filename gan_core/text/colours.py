"""The names of colours."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from PIL import ImageColor

from gan_core.errors import InputError
from gan_core.text.encoder import plain

BASIC = {"black", "blue", "brown", "green", "grey", "orange", "pink", "purple", "red", "white", "yellow"}  # Berlin, Kay


TONES = 48  # centres in the space of colours


REACH = 22.0  # of a centre, in CIELAB, where 2.3 is a just noticeable difference


def colour_names() -> dict[str, tuple[int, int, int]]:
    """Single words that name a colour -> sRGB (0 to 255): those of the xkcd survey, and over them CSS's, for where
    the two differ the survey's answer is the odd one: its crimson is a brown. Not so for the basic names, which people
    gave most often: CSS's brown is a red."""
    try:
        from matplotlib.colors import XKCD_COLORS  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise InputError("The names of colours come with the package matplotlib, in this environment.") from error
    codes = {name.removeprefix("xkcd:"): ImageColor.getrgb(code) for name, code in XKCD_COLORS.items()}
    codes |= {name: ImageColor.getrgb(name) for name in ImageColor.colormap if name not in BASIC}
    return {plain(name): code[:3] for name, code in codes.items() if name.isalpha()}


def tones(words: list[str], names: dict[str, tuple[int, int, int]]) -> np.ndarray:
    """For each word how near its colour lies to each of TONES (N, TONES), of length 1; zeros where it names none."""
    colours = lab(np.array(list(names.values())))
    centres = [colours[0]]
    while len(centres) < TONES:  # the farthest from all before
        centres.append(colours[np.min([np.square(colours - each).sum(axis=1) for each in centres], axis=0).argmax()])
    near = np.exp(-np.square(colours[:, None] - np.array(centres)).sum(axis=2) / (2 * REACH**2))
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    rows = dict(zip(names, near, strict=True))
    return np.stack([rows.get(word, np.zeros(TONES)) for word in words]).astype(np.float32)


def said_for_colours(words: Iterable[str], names: dict[str, tuple[int, int, int]]) -> dict[str, tuple[str, ...]]:
    """What may be said in place of each word that names a colour: the names that look more like it than like any other
    of the words, and not too far from it."""
    here = [word for word in dict.fromkeys(words) if word in names]
    if not here:
        return {}
    others = [name for name in names if name not in here]
    places = lab(np.array([names[word] for word in here]))
    distances = np.sqrt(np.square(lab(np.array([names[name] for name in others]))[:, None] - places).sum(axis=2))
    found: dict[str, list[str]] = defaultdict(list)
    for name, row in zip(others, distances, strict=True):
        if row.min() < 2 * REACH:
            found[here[row.argmin()]].append(name)
    return {word: tuple(said) for word, said in found.items()}


def lab(colours: np.ndarray) -> np.ndarray:
    """sRGB (N, 3) from 0 to 255 -> CIELAB under D65 (N, 3), where distances are those that are seen."""
    share = colours / 255
    linear = np.where(share > 0.04045, ((share + 0.055) / 1.055) ** 2.4, share / 12.92)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratios = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    x, y, z = np.where(ratios > 0.008856, np.cbrt(ratios), 7.787 * ratios + 16 / 116).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)
