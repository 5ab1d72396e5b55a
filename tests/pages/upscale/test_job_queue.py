"""The job queue: one job at a time, in order, one a session, stopped when its visitor has disconnected."""

import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from gan_core.errors import UsageError
from gan_core.upscaling.pipeline import Notice, Progress
from pages.upscale.countdown import Countdown
from pages.upscale.job_queue import Job, JobQueue

TIMEOUT_S = 20


class Gate:
    """A job of three tiles that waits until the event `released` is set."""

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
        yield Notice("A note.")
        yield SimpleNamespace(held_bytes=10)


def always_connected(session_id: str) -> bool:
    return True


def submit(queue: JobQueue, session_id: str, work: Callable[[Job], Iterator[Any]], short: bool = False) -> Job:
    job = Job(session_id, session_id, work, short)
    queue.submit(job)
    return job


def wait_until_finished(*jobs: Job) -> bool:
    return all(job.finished.wait(TIMEOUT_S) for job in jobs)


def test_jobs_run_one_at_a_time_in_the_order_of_submission() -> None:
    queue, order = JobQueue(always_connected), []
    gate = Gate(queue, order)
    jobs = [submit(queue, name, gate.work) for name in ("Ada", "Bea", "Cem")]
    assert gate.started.wait(TIMEOUT_S)
    assert [queue.position(job) for job in jobs] == [0, 1, 2]
    assert order == ["Ada"]
    gate.released.set()
    assert wait_until_finished(*jobs)
    assert order == ["Ada", "Bea", "Cem"]
    assert all(job.progress == 1 and job.notes == ["A note."] and job.result for job in jobs)


def test_a_new_job_cancels_the_earlier_ones_of_its_session() -> None:
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


def test_short_jobs_run_between_two_tiles_of_a_long_one() -> None:
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


def submit_of(queue: JobQueue, visitor: str, session: str, work: Callable[[Job], Iterator[Any]]) -> Job:
    job = Job(session, session, work, visitor_id=visitor)
    queue.submit(job)
    return job


def test_a_visitors_own_picture_is_never_counted_as_one_before_it() -> None:
    queue = JobQueue(always_connected)
    gate = Gate(queue, [])
    tab = submit_of(queue, "Ada", "first tab", gate.work)
    assert gate.started.wait(TIMEOUT_S)
    other_tab, stranger = submit_of(queue, "Ada", "second tab", gate.work), submit_of(queue, "Bea", "hers", gate.work)
    assert (queue.position(other_tab), queue.own_earlier_jobs(other_tab)) == (0, 1)
    assert (queue.position(stranger), queue.own_earlier_jobs(stranger)) == (2, 0)
    gate.released.set()
    assert wait_until_finished(tab, other_tab, stranger)
    assert tab.result  # a second tab stops nothing


def test_a_page_that_is_loaded_again_replaces_the_picture_of_the_page_before() -> None:
    connected = {"new page", "hers"}
    queue = JobQueue(connected.__contains__, disconnect_timeout_s=60.0)
    gate = Gate(queue, [])
    old = submit_of(queue, "Ada", "old page", gate.work)
    assert gate.started.wait(TIMEOUT_S)
    stranger = submit_of(queue, "Bea", "hers", gate.work)
    new = submit_of(queue, "Ada", "new page", gate.work)
    gate.released.set()
    assert wait_until_finished(old, stranger, new)
    assert (old.result, old.stop_requested) == (None, True)
    assert stranger.result
    assert new.result


def test_the_time_left_is_the_predicted_one_until_there_is_progress() -> None:
    now = [100.0]
    job = Job("Ada", "Ada", lambda job: iter(()), predicted_s=40, countdown=Countdown(lambda: now[0]))
    assert job.countdown.remaining() is None
    job.start_clock()
    assert job.countdown.remaining() == 40
    now[0] += 2
    job.set_progress(0.05)
    assert job.countdown.remaining() == 38
    now[0] += 9
    job.set_progress(0.5)  # 9 seconds for 0.45
    assert job.countdown.remaining() == pytest.approx(10)
    job.set_progress(0.4)  # never back
    assert job.progress == 0.5


def test_a_slow_beginning_does_not_frighten() -> None:
    now = [0.0]
    job = Job("Ada", "Ada", lambda job: iter(()), predicted_s=20, countdown=Countdown(lambda: now[0]))
    job.start_clock()
    shown = []
    for step in range(1, 41):
        now[0] += 3.0 if step == 1 else 0.5  # warming up
        job.set_progress(step / 40)
        shown.append(job.countdown.remaining())
    assert shown == sorted(shown, reverse=True)
    assert not job.countdown.is_slower


def test_a_full_queue_refuses_jobs_and_serves_those_in_it() -> None:
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


def test_a_job_stops_when_its_visitor_has_disconnected() -> None:
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


def test_a_short_disconnection_stops_nothing() -> None:
    queue = JobQueue(lambda visitor: False, disconnect_timeout_s=60.0)
    gate = Gate(queue, [])
    gate.released.set()
    job = submit(queue, "Ada", gate.work)
    assert wait_until_finished(job)
    assert job.result


def test_a_cancelled_job_leaves_the_queue_at_once() -> None:
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


def test_a_failing_job_keeps_its_error_and_stops_no_other() -> None:
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


def test_the_worker_thread_ends_when_the_queue_is_empty() -> None:
    queue = JobQueue(always_connected)
    gate = Gate(queue, [])
    gate.released.set()
    assert wait_until_finished(submit(queue, "Ada", gate.work))
    deadline = time.monotonic() + TIMEOUT_S
    while queue.worker_running and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not queue.worker_running
    assert not queue.running


def test_the_oldest_results_are_evicted_first() -> None:
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
