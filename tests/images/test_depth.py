"""Which value of an image becomes black and which white, by number type and range."""

from typing import Any

import numpy as np
import pytest

from gan_core.errors import UsageError
from gan_core.images import depth
from gan_core.images.depth import choose_range, measure_values, scale_values

FLOAT_CASES = [  # smallest and largest value, what becomes black and white
    (0.0, 1.0, 0, 1),
    (0.0, 0.03, 0, 1),  # a dark picture stays dark
    (-0.02, 1.04, 0, 1),  # overshoot of a filter
    (-1.0, 1.0, -1, 1),
    (-0.9, 0.7, -1, 1),
    (0.5, 254.5, 0, 255),
    (0.25, 60_000.5, 0, 65_535),
    (0.25, 17.5, 0.25, 17.5),  # high dynamic range
    (0.5, 4_000.5, 0.5, 4_000.5),
    (-273.15, 40.5, -273.15, 40.5),
    (210.5, 8_848.9, 210.5, 8_848.9),
]
INTEGER_CASES = [  # number type, smallest and largest value, what becomes black and white, whether 8 bits hold it
    (np.uint8, 3, 77, 0, 255, True),
    (np.uint16, 0, 60_000, 0, 65_535, False),
    (np.uint16, 0, 900, 0, 65_535, False),
    (np.uint32, 0, 200, 0, 255, True),
    (np.uint32, 0, 256, 0, 65_535, False),
    (np.uint32, 0, 70_000, 0, 70_000, False),
    (np.uint32, 0, 4_000_000_000, 0, 2**32 - 1, False),
    (np.int32, 0, 255, 0, 255, True),
    (np.int32, 5, 65_535, 0, 65_535, False),
    (np.int32, -5, 1_000, -5, 1_000, False),
    (np.int16, 0, 255, 0, 255, True),
    (np.int16, 0, 20_000, 0, 32_767, False),
    (np.int16, -1_000, 3_000, -1_000, 3_000, False),
    (np.int8, 0, 100, 0, 127, True),
    (np.int8, -128, 127, -128, 127, False),
]


def extent_of(*values: float, dtype: Any = np.float32) -> depth.ValueExtent:
    return measure_values(np.array(values, dtype))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("low", "high", "black", "white"), FLOAT_CASES)
def test_the_range_of_floating_point_numbers_is_found(
    dtype: Any, low: float, high: float, black: float, white: float
) -> None:
    values = np.array([low, high], dtype)
    chosen = choose_range(measure_values(values))
    assert (chosen.black, chosen.white) == pytest.approx((black, white), rel=1e-3)
    assert chosen.note.startswith("holds floating-point numbers")


@pytest.mark.parametrize(("dtype", "low", "high", "black", "white", "is_8_bit"), INTEGER_CASES)
def test_the_range_of_integers_is_found(
    dtype: Any, low: int, high: int, black: int, white: int, is_8_bit: bool
) -> None:
    chosen = choose_range(extent_of(low, high, dtype=dtype))
    assert (chosen.black, chosen.white, chosen.is_8_bit) == (black, white, is_8_bit)


def test_whole_floating_point_numbers_up_to_255_are_8_bits() -> None:
    values = np.array([0, 3, 40], np.float32)
    chosen = choose_range(measure_values(values))
    assert np.array_equal(scale_values(values, chosen), np.array([0, 3, 40], np.uint8))


@pytest.mark.parametrize(("bits", "largest"), [(10, 1023), (12, 4095), (14, 16_383)])
def test_a_depth_that_the_file_states_is_white(bits: int, largest: int) -> None:
    values = np.array([0, largest], np.uint16)
    chosen = choose_range(measure_values(values), bits)
    assert scale_values(values, chosen).tolist() == [0, 65_535]
    assert scale_values(values, chosen, np.uint8).tolist() == [0, 255]


def test_a_stated_depth_that_the_values_exceed_is_not_believed() -> None:
    assert choose_range(extent_of(0, 5000, dtype=np.uint16), 12).white == 65_535


def test_twelve_bits_in_sixteen_stay_as_they_are_in_one_picture_with_a_note() -> None:
    chosen = choose_range(extent_of(0, 4000, dtype=np.uint16))
    assert chosen.white == 65_535
    assert chosen.note == (
        "is nearly black: its largest value is 4,000 of 65,535; if it holds 12 bits, multiply it by 16 first"
    )
    assert choose_range(extent_of(0, 4096, dtype=np.uint16)).note == ""
    assert choose_range(extent_of(0, 0, dtype=np.uint16)).note == ""  # black, for good reasons


def test_missing_values_become_black_and_are_counted_and_infinite_ones_white() -> None:
    values = np.array([np.nan, np.inf, -3.4e38, -9999, 0.25, 1], np.float32)
    chosen = choose_range(measure_values(values, -9999))
    assert chosen.note.endswith("3 missing values became black")
    assert scale_values(values, chosen, missing_value=-9999).tolist() == [0, 65_535, 0, 0, 16_384, 65_535]


def test_images_without_any_value_and_complex_numbers_are_refused() -> None:
    with pytest.raises(UsageError, match="all are missing"):
        choose_range(extent_of(np.nan, np.nan))
    with pytest.raises(UsageError, match="all are missing"):
        choose_range(extent_of(np.inf, np.inf))
    with pytest.raises(UsageError, match="complex64 are no colours"):
        measure_values(np.ones(3, np.complex64))


def test_a_set_shares_the_range_of_all_its_images() -> None:
    union = extent_of(0, 0.5).union(extent_of(-3, 7.5))
    assert (choose_range(union).black, choose_range(union).white) == (-3, 7.5)
    with pytest.raises(ValueError, match="no common extent"):
        extent_of(0, 1).union(extent_of(0, 1, dtype=np.uint8))


def test_equal_values_are_no_division_by_zero() -> None:
    values = np.full((2, 2), 1000.5, np.float32)
    assert (scale_values(values, choose_range(measure_values(values))) == 0).all()


def test_large_arrays_are_converted_in_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).random((37, 5, 3))
    chosen = choose_range(measure_values(values))
    whole = scale_values(values, chosen)
    monkeypatch.setattr(depth, "VALUES_PER_BAND", 40)
    assert measure_values(values) == depth.ValueExtent(values.dtype, values.min(), values.max(), False)
    assert np.array_equal(scale_values(values, chosen), whole)
    assert np.array_equal(whole, np.round(values * 65_535))


def test_a_depth_that_holds_one_value_is_black() -> None:
    constant = np.array([[0, -1], [3, 0]], np.int8)
    assert scale_values(constant, depth.ValueRange(0, 0, True)).max() <= 255
    assert choose_range(measure_values(np.zeros((2, 2), np.uint16)), 0).white == 65_535
