"""Upscaling a whole image: any size, events that can be stopped, transparency and metadata kept."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_core.errors import UsageError
from gan_core.images.reading import DecodedImage, ImageMetadata
from gan_core.upscaling import pipeline
from gan_core.upscaling.events import Finished, Progress
from gan_core.upscaling.pipeline import upscale
from gan_core.upscaling.upscaler import Upscaler
from tests.small_upscalers import nearest_upscaler, network_breaking_in_bfloat16, noise_pixels, upscale_to_end

pytestmark = pytest.mark.core


@pytest.mark.parametrize(("scale", "size"), [(None, (150, 120)), (1, (75, 60)), (0.5, (38, 30)), (3.3, (248, 198))])
def test_any_scale_is_possible(scale: float | None, size: tuple[int, int]) -> None:
    assert upscale_to_end(nearest_upscaler(), DecodedImage(noise_pixels()), scale)[0].size == size


def test_a_result_of_too_many_pixels_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="make 500 megapixels; at most 400"):
        pipeline.validate_output_size(nearest_upscaler(), 25_000, 5_000)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": 0}, "Scale must be above 0"),
        ({"scale": -2}, "Scale must be above 0"),
        ({"scale": float("nan")}, "Scale must be above 0"),
        ({"tile": 3}, "A tile must have between 16"),
        ({"precision": "half"}, "Precision must be one of auto, float32, bfloat16"),
    ],
)
def test_a_wrong_setting_is_refused_before_the_first_event(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        upscale(nearest_upscaler(), DecodedImage(noise_pixels()), **options)


def test_progress_comes_once_a_tile_and_ends_at_the_total(native: Upscaler) -> None:
    events = [event for event in upscale(native, DecodedImage(noise_pixels()), tile=30) if isinstance(event, Progress)]
    assert len(events) == 6
    done = [event.done_pixels for event in events]
    assert done == sorted(set(done))
    assert done[-1] == events[-1].total_pixels == 60 * 75


def test_an_upscaling_can_be_stopped_and_closed() -> None:
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


def test_gradients_stay_enabled_for_the_consumer_of_events(native: Upscaler) -> None:
    for _ in upscale(native, DecodedImage(noise_pixels()), tile=30):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


def test_alpha_is_resized_without_the_network() -> None:
    alpha = np.zeros((40, 50), np.uint8)
    alpha[10:30, 10:40] = 255
    large, _ = upscale_to_end(
        nearest_upscaler(network_breaking_in_bfloat16(0.0)), DecodedImage(noise_pixels(40, 50), alpha), 3
    )
    assert large.alpha is not None
    assert large.alpha.shape == (120, 150)
    assert (large.alpha[36:84, 36:114] == 255).all()
    assert (large.alpha[:24] == 0).all()


def test_the_result_keeps_the_metadata() -> None:
    metadata = ImageMetadata(dpi=(300, 300), text_chunks={"Title": "A door"})
    assert upscale_to_end(nearest_upscaler(), DecodedImage(noise_pixels(), metadata=metadata))[0].metadata == metadata
