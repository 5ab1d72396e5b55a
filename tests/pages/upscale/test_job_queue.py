"""The line of those who wait for a picture: fair, bounded, and left by those who have gone."""

import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from gan_core.errors import UsageError
from gan_core.upscaling.pipeline import Notice, Progress
from pages.upscale.job_queue import Job, JobQueue

TIMEOUT_S = 20


class Gate:
    """Work of three tiles that waits before each until it is let on."""

    def __init__(self, queue: JobQueue, order: list[str]) -> None:
        self.queue, self.order = queue, order
        self.started, self.released = threading.Event(), threading.Event()

    def work(self, job: Job) -> Iterator[Any]:
        self.order.append(job.session_id)
        self.started.set()
        assert self.released.wait(TIMEOUT_S)
        for tile in range(3):
            if self.queue.should_stop(job):
                return
            yield Progress(tile + 1, 3)
        yield Notice("It was good.")
        yield SimpleNamespace(held_bytes=10)


def always_connected(session_id: str) -> bool:
    return True


def submit(queue: JobQueue, session_id: str, work: Callable[[Job], Iterator[Any]], short: bool = False) -> Job:
    job = Job(session_id, session_id, work, short)
    queue.submit(job)
    return job


def wait_until_finished(*jobs: Job) -> bool:
    return all(job.finished.wait(TIMEOUT_S) for job in jobs)


def test_visitors_are_served_in_the_order_they_came_one_at_a_time() -> None:
    queue, order = JobQueue(always_connected), []
    gate = Gate(queue, order)
    jobs = [submit(queue, name, gate.work) for name in ("Ada", "Bea", "Cem")]
    assert gate.started.wait(TIMEOUT_S)
    assert [queue.position(job) for job in jobs] == [0, 1, 2]
    assert order == ["Ada"]
    gate.released.set()
    assert wait_until_finished(*jobs)
    assert order == ["Ada", "Bea", "Cem"]
    assert all(job.progress == 1 and job.notes == ["It was good."] and job.result for job in jobs)


def test_whoever_asks_anew_gives_up_what_they_asked_before() -> None:
    queue, order = JobQueue(always_connected), []
    gate = Gate(queue, order)
    first, other = submit(queue, "Ada", gate.work), submit(queue, "Bea", gate.work)
    second = submit(queue, "Ada", gate.work)
    third = submit(queue, "Ada", gate.work)
    gate.released.set()
    assert wait_until_finished(first, other, second, third)
    assert (first.result, second.result) == (None, None)
    assert order in (["Ada", "Bea", "Ada"], ["Bea", "Ada"])  # the first may be given up before it has begun
    assert other.result
    assert third.result


def test_short_work_passes_long_work_between_two_of_its_tiles() -> None:
    queue, order = JobQueue(always_connected), []
    gate, quick = Gate(queue, order), Gate(queue, order)
    long, longer = submit(queue, "Ada", gate.work), submit(queue, "Bea", gate.work)
    assert gate.started.wait(TIMEOUT_S)
    short, shorter = submit(queue, "Cem", quick.work, True), submit(queue, "Dan", quick.work, True)
    assert [queue.position(job) for job in (long, longer, short, shorter)] == [0, 1, 0, 1]
    quick.released.set()
    gate.released.set()
    assert wait_until_finished(long, longer, short, shorter)
    assert order == ["Ada", "Cem", "Dan", "Bea"]
    assert all(job.result for job in (long, longer, short, shorter))


def test_a_full_line_says_so_and_serves_those_in_it() -> None:
    queue = JobQueue(always_connected, capacity=2)
    gate = Gate(queue, [])
    jobs = [submit(queue, "Ada", gate.work)]
    assert gate.started.wait(TIMEOUT_S)
    jobs += [submit(queue, name, gate.work) for name in ("Bea", "Cem")]
    with pytest.raises(UsageError, match="try again in a minute"):
        submit(queue, "Dan", gate.work)
    gate.released.set()
    assert wait_until_finished(*jobs)
    assert wait_until_finished(submit(queue, "Dan", gate.work))


def test_work_stops_when_its_visitor_has_gone() -> None:
    connected = {"Ada", "Bea"}
    queue = JobQueue(connected.__contains__, disconnect_timeout_s=0.0)
    gate = Gate(queue, [])
    gone, waiting, stays = (
        submit(queue, "Ada", gate.work),
        submit(queue, "Cem", gate.work),
        submit(queue, "Bea", gate.work),
    )
    assert gate.started.wait(TIMEOUT_S)
    connected.remove("Ada")
    gate.released.set()
    assert wait_until_finished(gone, waiting, stays)
    assert (gone.result, waiting.result) == (None, None)
    assert waiting.progress == 0
    assert stays.result


def test_a_visitor_who_is_gone_for_a_moment_loses_nothing() -> None:
    queue = JobQueue(lambda visitor: False, disconnect_timeout_s=60.0)
    gate = Gate(queue, [])
    gate.released.set()
    job = submit(queue, "Ada", gate.work)
    assert wait_until_finished(job)
    assert job.result


def test_who_cancels_while_waiting_leaves_at_once() -> None:
    queue = JobQueue(always_connected)
    gate = Gate(queue, [])
    first, second, third = (submit(queue, name, gate.work) for name in ("Ada", "Bea", "Cem"))
    assert gate.started.wait(TIMEOUT_S)
    queue.cancel(second)
    assert second.finished.is_set()
    assert queue.position(third) == 1
    queue.cancel(first)
    gate.released.set()
    assert wait_until_finished(first, third)
    assert first.result is None
    assert third.result


def failing_work(error: Exception) -> Callable[[Job], Iterator[Any]]:
    def work(job: Job) -> Iterator[Any]:
        yield Progress(1, 2)
        raise error

    return work


def test_what_goes_wrong_is_told_to_its_visitor_and_stops_nobody_else() -> None:
    queue = JobQueue(always_connected)
    jobs = [
        submit(queue, "Ada", failing_work(UsageError("Too small."))),
        submit(queue, "Bea", failing_work(MemoryError())),
        submit(queue, "Cem", failing_work(ZeroDivisionError("surprise"))),
    ]
    gate = Gate(queue, [])
    gate.released.set()
    last = submit(queue, "Dan", gate.work)
    assert wait_until_finished(*jobs, last)
    assert jobs[0].error_message == "Too small."
    assert "not enough memory" in (jobs[1].error_message or "")
    assert isinstance(jobs[2].exception, ZeroDivisionError)
    assert last.result


def test_the_thread_ends_when_nobody_waits() -> None:
    queue = JobQueue(always_connected)
    gate = Gate(queue, [])
    gate.released.set()
    assert wait_until_finished(submit(queue, "Ada", gate.work))
    deadline = time.monotonic() + TIMEOUT_S
    while queue.worker_running and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not queue.worker_running
    assert not queue.running


def test_results_that_are_too_many_are_let_go_the_oldest_first() -> None:
    queue = JobQueue(always_connected, max_result_bytes=25)
    gate = Gate(queue, [])
    gate.released.set()
    jobs = []
    for name in ("Ada", "Bea", "Cem"):
        jobs.append(submit(queue, name, gate.work))
        assert wait_until_finished(jobs[-1])
    deadline = time.monotonic() + TIMEOUT_S
    while queue.worker_running and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [job.result is None for job in jobs] == [True, False, False]
    assert "make room" in (jobs[0].error_message or "")
