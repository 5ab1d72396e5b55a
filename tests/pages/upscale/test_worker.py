"""The worker of the page Upscale: the size and the format in which the browser shows an image."""

import numpy as np
import pytest

from gan_core.images.reading import DecodedImage
from pages.upscale import worker


@pytest.mark.parametrize(("limit", "size"), [(200, (20, 10)), (50, (10, 5)), (1, (1, 1))])
def test_an_image_is_shown_with_at_most_so_many_pixels(
    limit: int, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MAX_DISPLAY_PIXELS", limit)
    assert worker.display_size(DecodedImage(np.zeros((10, 20, 3), np.uint8))) == size


@pytest.mark.parametrize(
    ("max_lossless_pixels", "has_alpha", "mime"),
    [(200, False, "image/png"), (199, False, "image/jpeg"), (199, True, "image/png")],
)
def test_only_large_images_without_transparency_are_shown_as_jpeg(
    max_lossless_pixels: int, has_alpha: bool, mime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MAX_LOSSLESS_PIXELS", max_lossless_pixels)
    alpha = np.zeros((10, 20), np.uint8) if has_alpha else None
    assert worker.encode_for_browser(DecodedImage(np.zeros((10, 20, 3), np.uint8), alpha=alpha)).mime == mime
