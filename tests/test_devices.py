"""The processor cores that a process may use, and how busy they are."""

import contextlib
import os
import threading
import time
from pathlib import Path

import pytest
import torch

from gan_core import devices
from gan_core.devices import ProcessorMeter, available_cores, busy_seconds, cgroup_quota, use_threads


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a test describes the quota of a container."""
    monkeypatch.setattr(devices, "CGROUP_QUOTAS", (tmp_path / "cpu.max", tmp_path))
    return tmp_path


def test_the_quota_of_a_container_limits_the_cores(cgroup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    assert available_cores() == 8
    (cgroup / "cpu.max").write_text("250000 100000\n")
    assert cgroup_quota() == 2.5
    assert available_cores() == 2
    (cgroup / "cpu.max").write_text("50000 100000\n")
    assert available_cores() == 1
    (cgroup / "cpu.max").write_text("max 100000\n")
    assert available_cores() == 8


@pytest.mark.parametrize(("quota", "cores"), [("300000", 3.0), ("-1", None)])
def test_a_quota_of_the_first_version_of_cgroups_is_read(quota: str, cores: float | None, cgroup: Path) -> None:
    (cgroup / "cpu.cfs_quota_us").write_text(quota)
    (cgroup / "cpu.cfs_period_us").write_text("100000")
    assert cgroup_quota() == cores


def test_the_time_of_the_process_itself_is_not_that_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([(0.0, 100.0, 5.0), (10.0, 125.0, 15.0), (20.0, 135.0, 25.0), (20.0, 135.0, 25.0)])
    monkeypatch.setattr(ProcessorMeter, "times", lambda self: next(clock))
    meter = ProcessorMeter()
    assert meter.others() == pytest.approx(1.5)
    assert meter.others() == 0.0
    assert meter.others() == 0.0  # no time has passed


def test_only_the_cores_of_the_process_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "cpu  9 9 9 9 9 9 9 9\ncpu0 100 20 30 999 999 1 2 3 0 0\ncpu1 500 0 0 0 0 0 0 0 0 0\nctxt 5\n"
    (tmp_path / "stat").write_text(rows)
    monkeypatch.setattr(devices, "PROCESSOR_TIMES", tmp_path / "stat")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0}, raising=False)
    monkeypatch.setattr(os, "sysconf", lambda name: 100)
    assert busy_seconds() == pytest.approx(1.56)
    monkeypatch.setattr(devices, "PROCESSOR_TIMES", tmp_path / "missing")
    assert busy_seconds() == 0.0


def test_work_of_this_process_is_measured_as_its_own() -> None:
    meter, end = ProcessorMeter(), time.monotonic() + 0.2
    while time.monotonic() < end:
        pass
    own_before = meter.last[2]
    meter.others()
    assert meter.last[2] > own_before


def test_threads_are_as_before_after_the_block_and_in_other_threads() -> None:
    before = torch.get_num_threads()
    counts: list[int] = []
    with use_threads(before + 1):
        counts.append(torch.get_num_threads())
    assert torch.get_num_threads() == before
    with contextlib.suppress(ValueError), use_threads(before + 1):
        raise ValueError
    thread = threading.Thread(target=lambda: counts.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert counts == [before + 1, before]
    assert torch.get_num_threads() == before
