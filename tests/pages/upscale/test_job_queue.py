"""The line of those who wait for a picture: fair, bounded, and left by those who have gone."""

import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from gan_core.errors import InputError
from gan_core.upscaling.pipeline import Note, Progress
from pages.upscale.job_queue import Job, WaitingLine

PATIENCE = 20


class Gate:
    """Work of three tiles that waits before each until it is let on."""

    def __init__(self, line: WaitingLine, order: list[str]) -> None:
        self.line, self.order = line, order
        self.begun, self.open = threading.Event(), threading.Event()

    def work(self, job: Job) -> Iterator[Any]:
        self.order.append(job.visitor)
        self.begun.set()
        assert self.open.wait(PATIENCE)
        for tile in range(3):
            if self.line.should_stop(job):
                return
            yield Progress(tile + 1, 3)
        yield Note("It was good.")
        yield SimpleNamespace(held_bytes=10)


def always(visitor: str) -> bool:
    return True


def enter(line: WaitingLine, visitor: str, work: Callable[[Job], Iterator[Any]], short: bool = False) -> Job:
    job = Job(visitor, visitor, work, short)
    line.enter(job)
    return job


def finished(*jobs: Job) -> bool:
    return all(job.finished.wait(PATIENCE) for job in jobs)


def test_visitors_are_served_in_the_order_they_came_one_at_a_time() -> None:
    line, order = WaitingLine(always), []
    gate = Gate(line, order)
    jobs = [enter(line, name, gate.work) for name in ("Ada", "Bea", "Cem")]
    assert gate.begun.wait(PATIENCE)
    assert [line.ahead(job) for job in jobs] == [0, 1, 2]
    assert order == ["Ada"]
    gate.open.set()
    assert finished(*jobs)
    assert order == ["Ada", "Bea", "Cem"]
    assert all(job.share == 1 and job.notes == ["It was good."] and job.result for job in jobs)


def test_whoever_asks_anew_gives_up_what_they_asked_before() -> None:
    line, order = WaitingLine(always), []
    gate = Gate(line, order)
    first, other = enter(line, "Ada", gate.work), enter(line, "Bea", gate.work)
    second = enter(line, "Ada", gate.work)
    third = enter(line, "Ada", gate.work)
    gate.open.set()
    assert finished(first, other, second, third)
    assert (first.result, second.result) == (None, None)
    assert order in (["Ada", "Bea", "Ada"], ["Bea", "Ada"])  # the first may be given up before it has begun
    assert other.result
    assert third.result


def test_short_work_passes_long_work_between_two_of_its_tiles() -> None:
    line, order = WaitingLine(always), []
    gate, quick = Gate(line, order), Gate(line, order)
    long, longer = enter(line, "Ada", gate.work), enter(line, "Bea", gate.work)
    assert gate.begun.wait(PATIENCE)
    short, shorter = enter(line, "Cem", quick.work, True), enter(line, "Dan", quick.work, True)
    assert [line.ahead(job) for job in (long, longer, short, shorter)] == [0, 1, 0, 1]
    quick.open.set()
    gate.open.set()
    assert finished(long, longer, short, shorter)
    assert order == ["Ada", "Cem", "Dan", "Bea"]
    assert all(job.result for job in (long, longer, short, shorter))


def test_a_full_line_says_so_and_serves_those_in_it() -> None:
    line = WaitingLine(always, places=2)
    gate = Gate(line, [])
    jobs = [enter(line, "Ada", gate.work)]
    assert gate.begun.wait(PATIENCE)
    jobs += [enter(line, name, gate.work) for name in ("Bea", "Cem")]
    with pytest.raises(InputError, match="try again in a minute"):
        enter(line, "Dan", gate.work)
    gate.open.set()
    assert finished(*jobs)
    assert finished(enter(line, "Dan", gate.work))


def test_work_stops_when_its_visitor_has_gone() -> None:
    here = {"Ada", "Bea"}
    line = WaitingLine(here.__contains__, patience=0.0)
    gate = Gate(line, [])
    gone, waiting, stays = enter(line, "Ada", gate.work), enter(line, "Cem", gate.work), enter(line, "Bea", gate.work)
    assert gate.begun.wait(PATIENCE)
    here.remove("Ada")
    gate.open.set()
    assert finished(gone, waiting, stays)
    assert (gone.result, waiting.result) == (None, None)
    assert waiting.share == 0
    assert stays.result


def test_a_visitor_who_is_gone_for_a_moment_loses_nothing() -> None:
    line = WaitingLine(lambda visitor: False, patience=60.0)
    gate = Gate(line, [])
    gate.open.set()
    job = enter(line, "Ada", gate.work)
    assert finished(job)
    assert job.result


def test_who_cancels_while_waiting_leaves_at_once() -> None:
    line = WaitingLine(always)
    gate = Gate(line, [])
    first, second, third = (enter(line, name, gate.work) for name in ("Ada", "Bea", "Cem"))
    assert gate.begun.wait(PATIENCE)
    line.cancel(second)
    assert second.finished.is_set()
    assert line.ahead(third) == 1
    line.cancel(first)
    gate.open.set()
    assert finished(first, third)
    assert first.result is None
    assert third.result


def broken(error: Exception) -> Callable[[Job], Iterator[Any]]:
    def work(job: Job) -> Iterator[Any]:
        yield Progress(1, 2)
        raise error

    return work


def test_what_goes_wrong_is_told_to_its_visitor_and_stops_nobody_else() -> None:
    line = WaitingLine(always)
    jobs = [
        enter(line, "Ada", broken(InputError("Too small."))),
        enter(line, "Bea", broken(MemoryError())),
        enter(line, "Cem", broken(ZeroDivisionError("surprise"))),
    ]
    gate = Gate(line, [])
    gate.open.set()
    last = enter(line, "Dan", gate.work)
    assert finished(*jobs, last)
    assert jobs[0].trouble == "Too small."
    assert "not enough memory" in (jobs[1].trouble or "")
    assert isinstance(jobs[2].failure, ZeroDivisionError)
    assert last.result


def test_the_thread_ends_when_nobody_waits() -> None:
    line = WaitingLine(always)
    gate = Gate(line, [])
    gate.open.set()
    assert finished(enter(line, "Ada", gate.work))
    until = time.monotonic() + PATIENCE
    while line.open and time.monotonic() < until:
        time.sleep(0.01)
    assert not line.open
    assert not line.active


def test_results_that_are_too_many_are_let_go_the_oldest_first() -> None:
    line = WaitingLine(always, kept_bytes=25)
    gate = Gate(line, [])
    gate.open.set()
    jobs = []
    for name in ("Ada", "Bea", "Cem"):
        jobs.append(enter(line, name, gate.work))
        assert finished(jobs[-1])
    until = time.monotonic() + PATIENCE
    while line.open and time.monotonic() < until:
        time.sleep(0.01)
    assert [job.result is None for job in jobs] == [True, False, False]
    assert "make room" in (jobs[0].trouble or "")
