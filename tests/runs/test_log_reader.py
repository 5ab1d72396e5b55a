"""A log is read incrementally, and a downsampled curve keeps its spikes."""

import json
from pathlib import Path

import numpy as np
import pytest

from gan_core.runs import log_reader
from gan_core.runs.log_reader import downsample, last_median, read_columns, smooth


def json_lines(*rows: dict) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_a_growing_log_is_read_incrementally(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    assert read_columns(log) == {}
    log.write_text(json_lines({"step": 1, "generator": 0.5}) + '{"step": 2, "gen')
    assert read_columns(log)["step"].tolist() == [1]
    log.write_text(json_lines({"step": 1, "generator": 0.5}, {"step": 2, "generator": 0.7}))
    assert read_columns(log)["generator"].tolist() == [0.5, 0.7]
    reader = log_reader._readers[log]
    assert reader.offset == log.stat().st_size


def test_a_log_that_was_replaced_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(json_lines(*({"step": step} for step in range(1, 9))))
    assert len(read_columns(log)["step"]) == 8
    (tmp_path / "other").write_text(json_lines(*({"step": step} for step in range(1, 12))))  # longer, but another file
    (tmp_path / "other").replace(log)
    assert read_columns(log)["step"].tolist() == list(range(1, 12))


def test_lines_of_an_earlier_version_lack_values(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(json_lines({"step": 1}, {"step": 2, "told_apart": 0.8}))
    assert np.isnan(read_columns(log)["told_apart"][0])
    assert last_median(read_columns(log), "told_apart", 2) == pytest.approx(0.8)
    assert last_median(read_columns(log), "nothing") is None


def test_downsampling_keeps_both_ends_and_every_spike() -> None:
    steps, values = np.arange(100_000.0), np.zeros(100_000)
    values[54_321], values[12_345] = 9.0, -9.0
    few, shown = downsample(steps, values)
    assert len(few) <= log_reader.MAX_POINTS
    assert (shown.max(), shown.min()) == (9, -9)
    assert (np.diff(few) > 0).all()
    assert few[0] < 300
    assert few[-1] > 99_000


def test_a_hundred_thousand_lines_are_read_once(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("".join(f'{{"step": {step}, "generator": 0.1}}\n' for step in range(100_000)))
    read_columns(log)
    before = log_reader._readers[log].rows[0]
    with log.open("a") as file:
        file.write('{"step": 100000, "generator": 0.1}\n')
    assert len(read_columns(log)["step"]) == 100_001
    assert log_reader._readers[log].rows[0] is before  # not read again


def test_the_smoothed_curve_begins_where_the_curve_does_and_skips_gaps() -> None:
    values = np.array([4.0, np.nan, 4.0, 4.0])
    assert smooth(values).tolist() == pytest.approx([4, 4, 4, 4])
    stair = smooth(np.concatenate([np.zeros(200), np.ones(15)]))
    assert stair[-1] == pytest.approx(0.5, abs=0.01)


def test_a_number_that_no_float_holds_counts_as_missing_and_infinity_stays(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(f'{{"step": 1, "loss": {10**400}}}\n{{"step": 2, "loss": Infinity}}\n')
    assert np.isnan(read_columns(log)["loss"][0])
    assert read_columns(log)["loss"][1] == np.inf
