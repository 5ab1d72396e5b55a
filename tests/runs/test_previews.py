"""Previews of a run: single images, and a time-lapse."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core.images import tensors
from gan_core.images.encoding import encode_png
from gan_core.runs import previews
from gan_core.runs.previews import class_counts, read_preview, split_grid, time_lapse
from gan_core.training.run_files import preview_file


def grid_png(images: np.ndarray) -> bytes:
    return encode_png(tensors.to_pil(tensors.make_grid(images)))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_preview_is_cut_into_its_images(channels: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (64, 28, 28, channels), np.uint8)
    np.testing.assert_array_equal(split_grid(grid_png(images)), images)


def write_previews(folder: Path, steps: list[int]) -> None:
    for index, step in enumerate(steps):
        file = preview_file(folder, step)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(grid_png(np.full((64, 4, 4, 1), 20 * index, np.uint8)))


@pytest.mark.parametrize(("limit", "brightness"), [(120, [0, 20, 40, 60, 80]), (3, [0, 40, 80])])
def test_a_time_lapse_shows_evenly_spaced_previews_and_rests_on_the_last(
    limit: int, brightness: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "MAX_FRAMES", limit)
    write_previews(tmp_path, [0, 10, 200, 3000, 40_000])
    with Image.open(io.BytesIO(time_lapse(tmp_path))) as animation:
        shown, durations = [], []
        for index in range(animation.n_frames):  # type: ignore[attr-defined]
            animation.seek(index)
            animation.load()
            shown.append(animation.convert("RGB").getpixel((0, 0))[0])  # type: ignore[index]
            durations.append(animation.info["duration"])
    assert list(dict.fromkeys(shown)) == brightness
    assert sum(durations) == pytest.approx(len(brightness) * previews.FRAME_MS + previews.LAST_FRAME_MS, abs=120)


def test_images_of_a_preview_are_counted_by_class(tmp_path: Path) -> None:
    class BrightnessClassifier:
        classes = ("dark", "bright", "never")

        def predict_labels(self, images: np.ndarray) -> np.ndarray:
            return (images.mean(axis=(1, 2, 3)) > 127).astype(int)

    images = np.zeros((64, 4, 4, 1), np.uint8)
    images[:24] = 255
    assert class_counts(grid_png(images), BrightnessClassifier()) == [40, 24, 0]


def test_a_missing_preview_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="step-0000007"):
        read_preview(tmp_path, 7)
