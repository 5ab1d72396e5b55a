"""Upscaling tile by tile: tiles that do not show, memory that suffices, notices on what was changed."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from gan_core.errors import ExternalError, UsageError
from gan_core.images.reading import DecodedImage
from gan_core.upscaling import planning, tiled
from gan_core.upscaling.upscaler import Upscaler, load_imported_upscaler, open_upscaler
from tests import small_upscalers
from tests.small_upscalers import (
    max_difference,
    memory_limited_network,
    nearest_upscaler,
    noise_pixels,
    upscale_to_end,
    upscale_untiled,
)

pytestmark = pytest.mark.core


@pytest.mark.parametrize("tile", [16, 23, 40])
def test_tiles_of_native_networks_leave_no_seams(native: Upscaler, tile: int) -> None:
    pixels = noise_pixels()
    large, notes = upscale_to_end(native, DecodedImage(pixels), tile=tile)
    assert max_difference(large.pixels, upscale_untiled(native, pixels)) <= 1
    assert notes == []


def test_too_little_overlap_would_leave_seams(native: Upscaler) -> None:
    """The other tests of seams can fail."""
    pixels = noise_pixels()
    large, _ = upscale_to_end(dataclasses.replace(native, receptive_radius=2), DecodedImage(pixels), tile=23)
    assert max_difference(large.pixels, upscale_untiled(native, pixels)) > 1


@pytest.mark.parametrize(("scale", "channels"), [(2, 3), (3, 1)])
def test_native_networks_of_every_scale_and_channel_count_are_tiled_exactly(
    tmp_path: Path, scale: int, channels: int
) -> None:
    small_upscalers.make_upscaler_checkpoint(tmp_path, scale=scale, image_channels=channels)
    network = open_upscaler("tiny-sr", tmp_path)
    pixels = noise_pixels(channels=channels)
    large, _ = upscale_to_end(network, DecodedImage(pixels), tile=20)
    assert max_difference(large.pixels, upscale_untiled(network, pixels)) <= 1


def test_an_imported_network_of_known_receptive_radius_is_tiled_exactly(compact_bytes: bytes) -> None:
    network = load_imported_upscaler(compact_bytes, "compact.safetensors")
    assert network.receptive_radius == 4  # four convolutions of 3 x 3
    pixels = noise_pixels()
    large, notes = upscale_to_end(network, DecodedImage(pixels), tile=20)
    assert max_difference(large.pixels, upscale_untiled(network, pixels)) <= 1
    assert notes == []


def test_seams_of_a_network_of_unknown_receptive_radius_are_blended_with_a_notice(native: Upscaler) -> None:
    pixels = np.full((80, 100, 3), 120, np.uint8) + noise_pixels(80, 100) // 8
    far = dataclasses.replace(native, receptive_radius=None, is_native=False)
    large, notes = upscale_to_end(far, DecodedImage(pixels), tile=40)
    assert len(notes) == 1
    assert "seams are blended" in notes[0]
    assert (
        max_difference(large.pixels, upscale_untiled(native, pixels)) <= 1
    )  # 16 pixels of overlap cover its radius of 7


def test_a_blended_seam_is_no_step() -> None:
    """The first tile is black, each next one brighter."""
    seen: list[int] = []

    def brighter(small: Tensor) -> Tensor:
        seen.append(small.shape[-1])
        return torch.full((1, 3, 2 * small.shape[2], 2 * small.shape[3]), -1 + 0.4 * (len(seen) - 1))

    large, _ = upscale_to_end(
        nearest_upscaler(brighter, receptive_radius=None), DecodedImage(noise_pixels(40, 120)), tile=60
    )
    assert len(seen) == 2
    steps = np.diff(large.pixels[0, :, 0].astype(int))
    assert steps.min() >= 0
    assert steps.max() <= 3


@pytest.mark.parametrize("options", [{}, {"tile_bytes": 120_000_000}], ids=["default", "little memory"])
def test_no_tile_exceeds_the_memory_allowed(options: dict[str, int]) -> None:
    seen: list[int] = []

    def network(small: Tensor) -> Tensor:
        seen.append(small.shape[2] * small.shape[3])
        return interpolate(small, scale_factor=2, mode="nearest")

    small = nearest_upscaler(network, bytes_per_pixel=options.get("tile_bytes", tiled.TILE_MEMORY_BYTES) // 4000)
    pixels = noise_pixels(150, 200)
    large, _ = upscale_to_end(small, DecodedImage(pixels), **options)
    assert max(seen) <= 4000
    assert np.array_equal(large.pixels, pixels.repeat(2, 0).repeat(2, 1))


def test_an_untileable_network_gets_the_whole_image_or_refuses_it() -> None:
    seen: list[int] = []

    def network(small: Tensor) -> Tensor:
        seen.append(small.shape[2])
        return interpolate(small, scale_factor=2, mode="nearest")

    whole = nearest_upscaler(network, untileable=True, bytes_per_pixel=10**9)
    upscale_to_end(whole, DecodedImage(noise_pixels()), tile=16)
    assert seen == [60]
    with pytest.raises(UsageError, match="cannot process an image in tiles, and 600 x 500 pixels are too many"):
        upscale_to_end(whole, DecodedImage(noise_pixels(500, 600)))


# Networks for which tiles are discouraged -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def swin(tmp_path_factory: pytest.TempPathFactory) -> Upscaler:
    file = tmp_path_factory.mktemp("swin") / "swin.pth"
    torch.save({"params": small_upscalers.swin_network().state_dict()}, file)
    return load_imported_upscaler(file, file.name)


def test_spandrels_advice_on_tiles_is_read(swin: Upscaler) -> None:
    assert (swin.tiling_discouraged, swin.untileable, swin.multiple_of) == (True, False, 8)
    assert planning.tile_overlap(swin) == dataclasses.replace(planning.WIDE_OVERLAP, align=8)


def test_a_large_image_is_tiled_with_a_wide_overlap_and_a_notice(
    swin: Upscaler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "MAX_WHOLE_PIXELS", 200 * 200)
    pixels = np.asarray(Image.effect_noise((300, 170), 60).convert("RGB"))
    large, notes = upscale_to_end(swin, DecodedImage(pixels), tile_bytes=1, precision="float32")
    assert [note for note in notes if "works best on a whole image" in note and "overlap by" in note] == notes
    assert len(notes) == 1
    whole = upscale_untiled(swin, pixels)
    error = np.square(large.pixels.astype(float) - whole).mean()
    assert 10 * np.log10(255**2 / max(error, 1e-9)) > 50


def test_an_image_of_up_to_512_x_512_pixels_stays_whole(swin: Upscaler) -> None:
    sizes = []

    def network(small: Tensor) -> Tensor:
        sizes.append(tuple(small.shape[2:]))
        return interpolate(small, scale_factor=2, mode="nearest")

    watched = dataclasses.replace(swin, network=network, layer_progress=None)
    _, notes = upscale_to_end(watched, DecodedImage(noise_pixels(512, 512)), tile_bytes=1, precision="float32")
    assert (sizes, notes) == ([(512, 512)], [])
    _, notes = upscale_to_end(watched, DecodedImage(noise_pixels(512, 900)), tile_bytes=1, precision="float32")
    assert len(sizes) > 2
    assert all(height * width <= 512 * 512 for height, width in sizes)
    assert len(notes) == 1


def test_the_side_of_a_tile_can_be_chosen_and_short_memory_makes_tiles_smaller(swin: Upscaler) -> None:
    pixels = noise_pixels(150, 200)
    _, notes = upscale_to_end(swin, DecodedImage(pixels), tile=64, precision="float32")
    assert "works best on a whole image" in notes[0]
    limited = dataclasses.replace(swin, network=memory_limited_network(160 * 160, MemoryError), layer_progress=None)
    large, notes = upscale_to_end(limited, DecodedImage(pixels), precision="float32")
    assert large.size == (400, 300)
    assert "Memory is short" in notes[0]


def test_a_network_of_squares_gets_squares(swin: Upscaler) -> None:
    sizes = []

    def network(small: Tensor) -> Tensor:
        sizes.append(max(small.shape[2:]))
        return interpolate(small, scale_factor=2, mode="nearest")

    square = nearest_upscaler(network, needs_square=True, tiling_discouraged=True)
    upscale_to_end(square, DecodedImage(noise_pixels(100, 2000)), tile_bytes=1, precision="float32")
    assert max(sizes) <= 512 + 8


def test_the_cost_of_an_image_counts_the_overlaps_of_its_tiles(swin: Upscaler) -> None:
    assert planning.planned_window_pixels(swin, 500, 500, 1) == 500 * 500
    assert 1.2 < planning.planned_window_pixels(swin, 2000, 1500, 1) / (2000 * 1500) < 2


# Memory ---------------------------------------------------------------------------------------------------------------


OUT_OF_MEMORY_ERRORS = [
    lambda: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    lambda: RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried; not enough memory"),
    MemoryError,
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY_ERRORS)
def test_where_memory_is_short_tiles_are_halved_with_a_notice(error: Callable[[], Exception]) -> None:
    pixels = noise_pixels(150, 200)
    large, notes = upscale_to_end(nearest_upscaler(memory_limited_network(9000, error)), DecodedImage(pixels))
    assert np.array_equal(large.pixels, pixels.repeat(2, 0).repeat(2, 1))
    assert [note[:15] for note in notes] == ["Memory is short"] * 2


def test_where_no_tile_fits_it_ends_with_one_sentence() -> None:
    with pytest.raises(ExternalError, match="not enough memory for plain"):
        upscale_to_end(
            nearest_upscaler(memory_limited_network(100, OUT_OF_MEMORY_ERRORS[0])), DecodedImage(noise_pixels(150, 200))
        )


def test_other_failures_are_not_mistaken_for_a_shortage_of_memory() -> None:
    with pytest.raises(RuntimeError, match="shapes"):
        upscale_to_end(
            nearest_upscaler(memory_limited_network(100, lambda: RuntimeError("shapes do not fit"))),
            DecodedImage(noise_pixels()),
        )


def test_a_network_whose_values_are_not_finite_is_refused() -> None:
    with pytest.raises(UsageError, match="not finite"):
        upscale_to_end(
            nearest_upscaler(lambda small: interpolate(small, scale_factor=2) * float("nan")),
            DecodedImage(noise_pixels()),
        )
