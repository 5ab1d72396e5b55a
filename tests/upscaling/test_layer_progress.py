"""The progress of a forward pass, layer by layer, and a stop in the middle of a tile."""

from pathlib import Path

import pytest

from gan_core.images.reading import DecodedImage
from gan_core.upscaling.events import Finished, Progress
from gan_core.upscaling.pipeline import upscale
from gan_core.upscaling.planning import planned_window_pixels
from gan_core.upscaling.upscaler import load_native_upscaler
from tests.small_upscalers import make_upscaler_checkpoint, nearest_upscaler, noise_pixels

pytestmark = pytest.mark.core


def test_a_single_tile_tells_its_progress_between_its_layers(tmp_path: Path) -> None:
    upscaler = load_native_upscaler(make_upscaler_checkpoint(tmp_path), "cpu")
    shares: list[float] = []
    events = list(upscale(upscaler, DecodedImage(noise_pixels()), on_progress=shares.append))
    assert sum(isinstance(event, Progress) for event in events) == 1
    assert len(shares) > 4
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.5
    assert shares[-1] == pytest.approx(1)


def test_with_several_tiles_the_progress_never_goes_back(tmp_path: Path) -> None:
    upscaler = load_native_upscaler(make_upscaler_checkpoint(tmp_path), "cpu")
    shares: list[float] = []
    list(upscale(upscaler, DecodedImage(noise_pixels()), tile=30, on_progress=shares.append))
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)


def test_a_job_stops_in_the_middle_of_a_tile(tmp_path: Path) -> None:
    upscaler = load_native_upscaler(make_upscaler_checkpoint(tmp_path), "cpu")
    shares: list[float] = []
    events = list(
        upscale(upscaler, DecodedImage(noise_pixels()), should_stop=lambda: len(shares) >= 2, on_progress=shares.append)
    )
    assert len(shares) == 2
    assert not any(isinstance(event, Progress | Finished) for event in events)
    assert upscaler.layer_progress is not None
    assert isinstance(list(upscale(upscaler, DecodedImage(noise_pixels())))[-1], Finished)  # and works again


def test_a_patch_is_what_the_result_has_in_its_place(tmp_path: Path) -> None:
    upscaler = load_native_upscaler(make_upscaler_checkpoint(tmp_path), "cpu")
    *events, last = upscale(upscaler, DecodedImage(noise_pixels()), tile=30)
    assert isinstance(last, Finished)
    patches = [event.patch for event in events if isinstance(event, Progress) and event.patch]
    assert len(patches) == 6
    for patch in patches:
        height, width = patch.pixels.shape[:2]
        there = last.image.pixels[patch.top : patch.top + height, patch.left : patch.left + width]
        assert (patch.pixels == there).all()


def test_the_planned_cost_is_what_the_tiles_read() -> None:
    upscaler = nearest_upscaler(receptive_radius=5, bytes_per_pixel=100, supports_bfloat16=False)
    pixels, tile_bytes = noise_pixels(150, 200), 100 * 60 * 60
    events = upscale(upscaler, DecodedImage(pixels), tile_bytes=tile_bytes, precision="float32")
    read = sum(event.window_pixels for event in events if isinstance(event, Progress))
    assert planned_window_pixels(upscaler, 200, 150, tile_bytes) == read
    assert read > 150 * 200
