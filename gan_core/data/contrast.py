"""Finds data sets that show nothing: nearly black or white, or nearly the same image again and again."""

import numpy as np
from numpy.typing import NDArray

MIN_COUNT = 8  # images below which nothing is said
EXTREME_SHARE = 0.999  # of all pixels that lie in the darkest or the brightest tenth of a set that shows nothing
TENTH = 26  # levels of 256
MEASURED_SIDE = 32
MIN_DEVIATION = 1.5  # levels by which the images of a set differ from their mean, on average


class Contrast:
    """Sums over the images of a data set, one after the other; all of one size, in grey or in colour."""

    def __init__(self) -> None:
        self.count = 0
        self.histogram = np.zeros(256, np.int64)
        self.sum: NDArray[np.float64] | float = 0.0
        self.sum_of_squares: NDArray[np.float64] | float = 0.0

    def add(self, image: NDArray[np.uint8]) -> None:
        """Adds an image (C, S, S), of which about MEASURED_SIDE pixels a side count."""
        step = max(image.shape[1] // MEASURED_SIDE, 1)
        image = image[:, ::step, ::step]
        self.count += 1
        self.histogram += np.bincount(image.ravel(), minlength=256)
        grey = image.mean(axis=0)  # (S, S)
        self.sum = self.sum + grey
        self.sum_of_squares = self.sum_of_squares + grey**2

    def warnings(self) -> list[str]:
        """Sentences on what the set lacks; none where it shows something."""
        if self.count < MIN_COUNT:
            return []
        total, texts = self.histogram.sum(), []
        if self.histogram[:TENTH].sum() >= EXTREME_SHARE * total:
            texts.append("The images are nearly black: hardly any pixel has a tenth of the full brightness. Were their"
                         " values converted to 8 or 16 bits?")  # fmt: skip
        elif self.histogram[-TENTH:].sum() >= EXTREME_SHARE * total:
            texts.append("The images are nearly white: hardly any pixel is darker than nine tenths of the full"
                         " brightness. Were their values converted to 8 or 16 bits?")  # fmt: skip
        mean = self.sum / self.count
        deviation = np.sqrt(np.maximum(self.sum_of_squares / self.count - mean**2, 0)).mean()
        if deviation < MIN_DEVIATION:
            texts.append("The images are nearly all the same: there is hardly anything to learn from them.")
        return texts
