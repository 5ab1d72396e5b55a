"""Any picture through any network: tiles that do not show, memory that suffices, events that can be stopped."""

import dataclasses
import pickle
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn.functional import interpolate

from gan_core.errors import ExternalError, UsageError
from gan_core.images.reading import DecodedImage, ImageMetadata
from gan_core.upscaling import pipeline
from gan_core.upscaling.pipeline import Finished, Notice, Progress, upscale
from gan_core.upscaling.probing import compute_receptive_radius
from gan_core.upscaling.tiling import Canvas, Overlap, cheapest_grid, resize, split_axis
from gan_core.upscaling.upscaler import (
    Upscaler,
    load_imported_upscaler,
    open_upscaler,
    tensor_to_pixels,
    upscale_window,
)
from tests import factories, small_upscalers
from tests.small_upscalers import nearest_upscaler, noise_pixels

pytestmark = pytest.mark.core


@pytest.fixture(autouse=True)
def no_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same on every processor: what is tried in bfloat16 where there is any is told by tests of its own."""
    monkeypatch.setattr(pipeline, "supports_bfloat16", lambda on_cpu: False)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Upscaler:
    root = tmp_path_factory.mktemp("checkpoints")
    small_upscalers.make_upscaler_checkpoint(root)
    return open_upscaler("tiny-sr", root)


@pytest.fixture(scope="module")
def foreign_bytes() -> bytes:
    return save(small_upscalers.compact_network().state_dict(), {"license": "bsd-3-clause"})


def upscale_to_end(
    upscaler: Upscaler, image: DecodedImage, scale: float | None = None, **options: Any
) -> tuple[DecodedImage, list[str]]:
    """The large picture and what was said."""
    events = list(upscale(upscaler, image, scale, **options))
    assert isinstance(events[-1], Finished)
    return events[-1].image, [event.text for event in events if isinstance(event, Notice)]


def upscale_untiled(upscaler: Upscaler, pixels: np.ndarray) -> np.ndarray:
    """What the bare network draws of the picture at once."""
    return tensor_to_pixels(upscale_window(upscaler, pixels, use_bfloat16=False), pixels.dtype)


def max_difference(first: np.ndarray, second: np.ndarray) -> int:
    return int(np.abs(first.astype(int) - second.astype(int)).max())


# Tiles


@pytest.mark.parametrize("tile", [16, 23, 40])
def test_tiles_of_our_networks_do_not_show(ours: Upscaler, tile: int) -> None:
    pixels = noise_pixels()
    large, notes = upscale_to_end(ours, DecodedImage(pixels), tile=tile)
    assert max_difference(large.pixels, upscale_untiled(ours, pixels)) <= 1
    assert notes == []


def test_with_too_little_overlap_tiles_would_show(ours: Upscaler) -> None:
    """So the tests above can fail."""
    pixels = noise_pixels()
    large, _ = upscale_to_end(dataclasses.replace(ours, receptive_radius=2), DecodedImage(pixels), tile=23)
    assert max_difference(large.pixels, upscale_untiled(ours, pixels)) > 1


@pytest.mark.parametrize(("scale", "channels"), [(2, 3), (3, 1)])
def test_every_scale_and_channel_count_of_ours_is_tiled_exactly(tmp_path: Path, scale: int, channels: int) -> None:
    small_upscalers.make_upscaler_checkpoint(tmp_path, scale=scale, image_channels=channels)
    network = open_upscaler("tiny-sr", tmp_path)
    pixels = noise_pixels(channels=channels)
    large, _ = upscale_to_end(network, DecodedImage(pixels), tile=20)
    assert max_difference(large.pixels, upscale_untiled(network, pixels)) <= 1


def test_a_foreign_network_whose_reach_is_known_is_tiled_exactly(foreign_bytes: bytes) -> None:
    network = load_imported_upscaler(foreign_bytes, "compact.safetensors")
    assert network.receptive_radius == 4  # four convolutions of 3 x 3
    pixels = noise_pixels()
    large, notes = upscale_to_end(network, DecodedImage(pixels), tile=20)
    assert max_difference(large.pixels, upscale_untiled(network, pixels)) <= 1
    assert notes == []


def test_a_network_that_looks_further_is_blended_and_it_is_said(ours: Upscaler) -> None:
    pixels = np.full((80, 100, 3), 120, np.uint8) + noise_pixels(80, 100) // 8
    far = dataclasses.replace(ours, receptive_radius=None, is_native=False)
    large, notes = upscale_to_end(far, DecodedImage(pixels), tile=40)
    assert len(notes) == 1
    assert "seams are blended" in notes[0]
    assert max_difference(large.pixels, upscale_untiled(ours, pixels)) <= 1  # 16 pixels cover its reach of 7


def test_a_seam_that_is_blended_is_no_step() -> None:
    """Tiles of which the first is black and each next is brighter."""
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


def test_the_grid_takes_strips_where_they_cost_less_and_tiles_where_those_do() -> None:
    assert cheapest_grid(1000, 200, 200 * 200, Overlap(8)) == (6, 1)
    rows, columns = cheapest_grid(1000, 1500, 330_000, Overlap(19))
    assert columns > 1
    assert (1000 + 38 * (rows - 1)) * (1500 + 38 * (columns - 1)) < 1.15 * 1_500_000
    assert cheapest_grid(1000, 1500, float("inf"), Overlap(19)) == (1, 1)


def test_tiles_cover_the_picture_once_and_begin_where_the_network_wants_them() -> None:
    parts = split_axis(0, 203, 203, 5, Overlap(10, feather=5, align=8))
    assert (parts[0].start, parts[-1].stop) == (0, 203)
    assert all(before.stop == after.start for before, after in pairwise(parts))
    assert all(part.read_start % 8 == 0 for part in parts)


@pytest.mark.parametrize("options", [{}, {"tile_bytes": 120_000_000}], ids=["as usual", "where memory is scarce"])
def test_only_a_tile_is_ever_drawn_at_once(options: dict[str, int]) -> None:
    seen: list[int] = []

    def network(small: Tensor) -> Tensor:
        seen.append(small.shape[2] * small.shape[3])
        return interpolate(small, scale_factor=2, mode="nearest")

    small = nearest_upscaler(network, bytes_per_pixel=options.get("tile_bytes", pipeline.TILE_MEMORY_BYTES) // 4000)
    pixels = noise_pixels(150, 200)
    large, _ = upscale_to_end(small, DecodedImage(pixels), **options)
    assert max(seen) <= 4000
    assert np.array_equal(large.pixels, pixels.repeat(2, 0).repeat(2, 1))


# Sizes


@pytest.mark.parametrize(("scale", "size"), [(None, (150, 120)), (1, (75, 60)), (0.5, (38, 30)), (3.3, (248, 198))])
def test_any_scale_can_be_asked_for(scale: float | None, size: tuple[int, int]) -> None:
    assert upscale_to_end(nearest_upscaler(), DecodedImage(noise_pixels()), scale)[0].size == size


@pytest.mark.parametrize("size", [(30, 37), (61, 75), (97, 122), (260, 300)])
@pytest.mark.parametrize("deep", [False, True])
def test_resizing_by_and_by_is_resizing_at_once(size: tuple[int, int], deep: bool) -> None:
    drawn = noise_pixels(120, 150)
    drawn = drawn[:, :, :1].astype(np.uint16) * 255 if deep else drawn
    canvas = Canvas((120, 150), size, drawn.shape[2], drawn.dtype)
    held = []
    for top in range(0, 120, 30):
        canvas.paste(drawn[top : top + 30, :80], top, 0)
        canvas.paste(drawn[top : top + 30, 80:], top, 80)
        held.append(len(canvas.rows))
        canvas.finish_rows(top + 30)
    assert max_difference(canvas.result, resize(drawn, *size)) <= (40 if deep else 1)
    assert max(held) < 120


def test_a_result_beyond_all_memory_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="make 500 megapixels; at most 400"):
        pipeline.validate_output_size(nearest_upscaler(), 25_000, 5_000)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"scale": 0}, "Scale must be above 0"),
        ({"scale": -2}, "Scale must be above 0"),
        ({"scale": float("nan")}, "Scale must be above 0"),
        ({"tile": 3}, "A tile must have between 16"),
        ({"precision": "half"}, "Precision must be one of auto, float32, bfloat16"),
    ],
)
def test_a_wrong_setting_is_refused_before_the_first_event(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        upscale(nearest_upscaler(), DecodedImage(noise_pixels()), **options)


# Memory


def memory_limited_network(limit: int, error: Callable[[], Exception]) -> Callable[[Tensor], Tensor]:
    """A network that fails on more than `limit` pixels."""

    def network(small: Tensor) -> Tensor:
        if small.shape[2] * small.shape[3] > limit:
            raise error()
        return interpolate(small, scale_factor=2, mode="nearest")

    return network


OUT_OF_MEMORY_ERRORS = [
    lambda: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    lambda: RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried; not enough memory"),
    MemoryError,
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY_ERRORS)
def test_where_memory_is_short_tiles_are_halved_and_it_is_said(error: Callable[[], Exception]) -> None:
    pixels = noise_pixels(150, 200)
    large, notes = upscale_to_end(nearest_upscaler(memory_limited_network(9000, error)), DecodedImage(pixels))
    assert np.array_equal(large.pixels, pixels.repeat(2, 0).repeat(2, 1))
    assert [note[:15] for note in notes] == ["Memory is short"] * 2


def test_where_no_tile_fits_it_ends_with_a_sentence() -> None:
    with pytest.raises(ExternalError, match="not enough memory for plain"):
        upscale_to_end(
            nearest_upscaler(memory_limited_network(100, OUT_OF_MEMORY_ERRORS[0])), DecodedImage(noise_pixels(150, 200))
        )


def test_memory_too_short_to_try_bfloat16_is_no_failure_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "supports_bfloat16", lambda on_cpu: True)
    pixels = noise_pixels(60, 80)
    large, notes = upscale_to_end(
        nearest_upscaler(memory_limited_network(3000, OUT_OF_MEMORY_ERRORS[0])), DecodedImage(pixels)
    )
    assert np.array_equal(large.pixels, pixels.repeat(2, 0).repeat(2, 1))
    assert [note[:15] for note in notes] == ["Memory is short"]


def test_other_failures_are_not_taken_for_a_shortage() -> None:
    with pytest.raises(RuntimeError, match="shapes"):
        upscale_to_end(
            nearest_upscaler(memory_limited_network(100, lambda: RuntimeError("shapes do not fit"))),
            DecodedImage(noise_pixels()),
        )


def test_a_network_that_must_see_the_whole_picture_does_or_refuses() -> None:
    seen: list[int] = []

    def network(small: Tensor) -> Tensor:
        seen.append(small.shape[2])
        return interpolate(small, scale_factor=2, mode="nearest")

    whole = nearest_upscaler(network, untileable=True, bytes_per_pixel=10**9)
    upscale_to_end(whole, DecodedImage(noise_pixels()), tile=16)
    assert seen == [60]
    with pytest.raises(UsageError, match="must see a picture as a whole, and 600 x 500 pixels are too many"):
        upscale_to_end(whole, DecodedImage(noise_pixels(500, 600)))


# Events


def test_progress_comes_a_tile_at_a_time_and_ends_at_all(ours: Upscaler) -> None:
    events = [event for event in upscale(ours, DecodedImage(noise_pixels()), tile=30) if isinstance(event, Progress)]
    assert len(events) == 6
    done = [event.done_pixels for event in events]
    assert done == sorted(set(done))
    assert done[-1] == events[-1].total_pixels == 60 * 75


def test_it_can_be_stopped_and_closed() -> None:
    drawn: list[int] = []

    def network(small: Tensor) -> Tensor:
        drawn.append(1)
        return interpolate(small, scale_factor=2, mode="nearest")

    events = list(
        upscale(nearest_upscaler(network), DecodedImage(noise_pixels()), tile=20, should_stop=lambda: len(drawn) >= 2)
    )
    assert len(drawn) == 2
    assert not any(isinstance(event, Finished) for event in events)
    iterator = upscale(nearest_upscaler(network), DecodedImage(noise_pixels()), tile=20)
    next(iterator)
    iterator.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert len(drawn) == 3


def test_whoever_takes_the_events_keeps_gradients_on(ours: Upscaler) -> None:
    for _ in upscale(ours, DecodedImage(noise_pixels()), tile=30):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


# Half precision


def network_breaking_in_bfloat16(broken: float) -> Callable[[Tensor], Tensor]:
    """A network that draws `broken` under autocast."""

    def network(small: Tensor) -> Tensor:
        large = interpolate(small, scale_factor=2, mode="nearest")
        return torch.full_like(large, broken) if torch.is_autocast_enabled("cpu") else large

    return network


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -1.0])
def test_what_fails_in_half_precision_is_redone_in_full_and_it_is_said(broken: float) -> None:
    large, notes = upscale_to_end(
        nearest_upscaler(network_breaking_in_bfloat16(broken)),
        DecodedImage(noise_pixels()),
        precision="bfloat16",
        tile=30,
    )
    assert np.array_equal(large.pixels, noise_pixels().repeat(2, 0).repeat(2, 1))
    assert notes == ["plain fails in bfloat16; it goes on in float32."]


def test_a_picture_that_is_black_may_stay_black() -> None:
    _, notes = upscale_to_end(
        nearest_upscaler(network_breaking_in_bfloat16(-1.0)),
        DecodedImage(np.zeros((60, 75, 3), np.uint8)),
        precision="bfloat16",
    )
    assert notes == []


@pytest.mark.parametrize(("error", "half"), [(0.001, True), (0.1, False)])
def test_half_precision_is_taken_unasked_only_where_it_does_no_harm(
    error: float, half: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "supports_bfloat16", lambda on_cpu: True)
    pixels = noise_pixels(80, 90)
    used: list[bool] = []

    def network(small: Tensor) -> Tensor:
        used.append(torch.is_autocast_enabled("cpu"))
        return interpolate(small, scale_factor=2, mode="nearest") + (error if used[-1] else 0)

    _, notes = upscale_to_end(nearest_upscaler(network), DecodedImage(pixels))
    assert used[-1] is half
    assert len(notes) == (0 if half else 1)


def test_a_processor_without_bfloat16_is_not_asked_to_emulate_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "supports_bfloat16", lambda on_cpu: False)
    large, _ = upscale_to_end(nearest_upscaler(network_breaking_in_bfloat16(0.0)), DecodedImage(noise_pixels(80, 90)))
    assert np.array_equal(large.pixels, noise_pixels(80, 90).repeat(2, 0).repeat(2, 1))


def test_a_network_that_draws_nothing_finite_is_refused() -> None:
    with pytest.raises(UsageError, match="not finite"):
        upscale_to_end(
            nearest_upscaler(lambda small: interpolate(small, scale_factor=2) * float("nan")),
            DecodedImage(noise_pixels()),
        )


# Kinds of pictures


def test_grey_stays_grey_and_colours_go_singly_through_a_grey_network(tmp_path: Path, ours: Upscaler) -> None:
    grey = noise_pixels(20, 20, 1)
    assert upscale_to_end(ours, DecodedImage(grey))[0].pixels.shape == (80, 80, 1)
    small_upscalers.make_upscaler_checkpoint(tmp_path, "grey", image_channels=1)
    network = open_upscaler("grey", tmp_path)
    colours = np.concatenate([grey, grey, grey], 2)
    single = upscale_to_end(network, DecodedImage(grey))[0].pixels
    assert np.array_equal(upscale_to_end(network, DecodedImage(colours))[0].pixels, np.concatenate([single] * 3, 2))


def test_sixteen_bits_stay_sixteen_bits() -> None:
    deep = np.random.default_rng(0).integers(0, 65_536, (40, 50, 1)).astype(np.uint16)
    large, _ = upscale_to_end(nearest_upscaler(), DecodedImage(deep), tile=20)
    assert large.pixels.dtype == np.uint16
    assert max_difference(large.pixels, deep.repeat(2, 0).repeat(2, 1)) <= 1


def test_transparency_is_kept_apart_from_the_network() -> None:
    alpha = np.zeros((40, 50), np.uint8)
    alpha[10:30, 10:40] = 255
    large, _ = upscale_to_end(
        nearest_upscaler(network_breaking_in_bfloat16(0.0)), DecodedImage(noise_pixels(40, 50), alpha), 3
    )
    assert large.alpha is not None
    assert large.alpha.shape == (120, 150)
    assert (large.alpha[36:84, 36:114] == 255).all()
    assert (large.alpha[:24] == 0).all()


def test_the_large_picture_keeps_the_metadata() -> None:
    metadata = ImageMetadata(dpi=(300, 300), text_chunks={"Title": "A door"})
    assert upscale_to_end(nearest_upscaler(), DecodedImage(noise_pixels(), metadata=metadata))[0].metadata == metadata


# Loading


def test_one_of_ours_is_loaded_by_name_folder_and_file(tmp_path: Path) -> None:
    made = small_upscalers.make_upscaler_checkpoint(tmp_path)
    for reference in ("tiny-sr", str(made.folder), str(made.folder / "model.safetensors")):
        network = open_upscaler(reference, tmp_path)
        assert (network.name, network.scale, network.receptive_radius, network.is_native) == ("tiny-sr", 4, 7, True)


def test_a_model_that_enlarges_nothing_is_refused_by_what_it_is(tmp_path: Path) -> None:
    factories.checkpoint(tmp_path, "dcgan", "shapes")
    with pytest.raises(UsageError, match="shapes is a DCGAN, which draws new pictures and enlarges none"):
        open_upscaler("shapes", tmp_path)


def test_a_reference_to_the_hub_must_be_fetched_first(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="gan_core fetch hub:owner/name"):
        open_upscaler("hub:owner/name", tmp_path)


@pytest.mark.parametrize("wrap", [lambda state: state, lambda state: {"params": state}])
def test_a_foreign_network_is_loaded_from_a_file_and_from_bytes(
    tmp_path: Path, foreign_bytes: bytes, wrap: Callable[[Any], Any]
) -> None:
    module = small_upscalers.compact_network()
    torch.save(wrap(module.state_dict()), tmp_path / "compact.pth")
    (tmp_path / "compact.safetensors").write_bytes(foreign_bytes)
    before = torch.random.get_rng_state()
    networks = [
        open_upscaler(str(tmp_path / "compact.pth"), tmp_path),
        load_imported_upscaler((tmp_path / "compact.pth").read_bytes(), "compact.pth"),
        open_upscaler(str(tmp_path / "compact.safetensors"), tmp_path),
        load_imported_upscaler(foreign_bytes, "compact.safetensors"),
    ]
    assert torch.equal(before, torch.random.get_rng_state())
    assert [network.licence for network in networks] == [None, None, "bsd-3-clause", "bsd-3-clause"]
    drawn = [upscale_untiled(network, noise_pixels(20, 20)) for network in networks]
    with torch.no_grad():
        small = torch.from_numpy(noise_pixels(20, 20)).permute(2, 0, 1)[None] / 255
        bare = (module(small).clamp(0, 1) * 255).round().byte()[0].permute(1, 2, 0).numpy()
    assert all(max_difference(image, bare) <= 1 for image in drawn)
    assert {network.architecture for network in networks} == {"RealESRGAN Compact 8nf 2nc"}


class MaliciousPickle:
    """Unpickled, it would write a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.file,)


def test_code_in_a_file_is_never_run(tmp_path: Path) -> None:
    torch.save({"params": MaliciousPickle(tmp_path / "was-here")}, tmp_path / "evil.pth")
    (tmp_path / "old.pth").write_bytes(pickle.dumps(MaliciousPickle(tmp_path / "was-here"), protocol=2))
    for name in ("evil.pth", "old.pth"):
        with pytest.raises(UsageError, match=f"{name} holds code besides weights"):
            open_upscaler(str(tmp_path / name), tmp_path)
    assert not (tmp_path / "was-here").exists()


def write_unusable_file(kind: str, file: Path) -> None:
    state = small_upscalers.compact_network().state_dict()
    if kind == "torn":
        torch.save(state, file)
        file.write_bytes(file.read_bytes()[:2000])
    elif kind == "empty":
        file.write_bytes(b"")
    elif kind == "not finite":
        state["body.0.weight"][0, 0, 0, 0] = float("nan")
        torch.save(state, file)
    elif kind == "unknown":
        torch.save(nn.Sequential(nn.Linear(3, 4)).state_dict(), file)
    elif kind == "no enlarging":
        torch.save(small_upscalers.compact_network(scale=1).state_dict(), file)
    elif kind == "other shapes":
        state["body.2.weight"] = state["body.2.weight"][:5]
        torch.save(state, file)
    elif kind == "no weights":
        torch.save({"steps": 3}, file)
    elif kind == "huge":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("data", "w") as member:
            for _ in range(40):
                member.write(bytes(1024**2))


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("torn", "damaged, cut off or no such file"),
        ("empty", "is an empty file"),
        ("not finite", "not finite .*first in body.0.weight"),
        ("unknown", "architecture that is not known here .*it would need to be one of the 4"),
        ("no enlarging", "cleans pictures without enlarging them"),
        ("other shapes", "its weights do not fit"),
        ("no weights", "holds no named weights"),
        ("huge", "would unpack to more than"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(
    kind: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan_core.importers.weights.MAX_WEIGHTS_BYTES", 20 * 1024**2)
    write_unusable_file(kind, tmp_path / "model.pth")
    with pytest.raises(UsageError, match=says):
        open_upscaler(str(tmp_path / "model.pth"), tmp_path)


def test_torn_safetensors_are_refused(tmp_path: Path, foreign_bytes: bytes) -> None:
    (tmp_path / "torn.safetensors").write_bytes(foreign_bytes[:-50])
    for source in (tmp_path / "torn.safetensors", foreign_bytes[:-50]):
        with pytest.raises(UsageError, match="cannot be read as safetensors"):
            load_imported_upscaler(source, "torn.safetensors")


def test_the_reach_is_only_known_where_the_network_keeps_it() -> None:
    class Global(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, small: Tensor) -> Tensor:
            return self.layer(small) + small.mean()

    module = Global()
    assert compute_receptive_radius(module, module, 3) is None
    assert compute_receptive_radius(module.layer, module.layer, 3) == 1
    assert (
        compute_receptive_radius(
            nn.Sequential(*[nn.Conv2d(3, 3, 3, padding=1) for _ in range(40)]), lambda small: small, 3
        )
        is None
    )


def test_pillow_and_the_canvas_mean_the_same_by_lanczos() -> None:
    pixels = noise_pixels(40, 50)
    assert np.array_equal(
        resize(pixels, 20, 25), np.asarray(Image.fromarray(pixels).resize((25, 20), Image.Resampling.LANCZOS))
    )
