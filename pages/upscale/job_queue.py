"""A first-in, first-out queue of upscaling jobs: one runs at a time, and each visitor has at most one.

A short job may run between two tiles of a long one, so that nobody waits minutes for a second of work. A worker thread
writes a job's events into the job, and pages poll it. Nothing here calls Streamlit: a job goes on while the page is not
being run, and stops when its visitor has disconnected.
"""

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gan_core.errors import ExternalError, UsageError
from gan_core.upscaling.pipeline import Notice, Progress

DISCONNECT_TIMEOUT_S = 10.0  # a job whose visitor has been disconnected for longer is stopped
MIN_PROGRESS_FOR_ESTIMATE = 0.05


@dataclass(eq=False)
class Job:
    """A visitor's request, its progress and its result. `work` yields Progress and Notice events, the result last."""

    session_id: str
    key: Any
    work: Callable[["Job"], Iterator[Any]]
    is_short: bool = False  # may run between two tiles of a job that is not short
    progress: float = 0.0
    notes: list[str] = field(default_factory=list)
    result: Any = None
    error_message: str | None = None  # shown to the visitor
    exception: BaseException | None = None  # an unexpected one, raised again on the visitor's page
    stop_requested: bool = False
    last_seen: float = field(default_factory=time.monotonic)
    started_at: float | None = None
    finished: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        self.stop_requested = True

    def heartbeat(self) -> None:
        """Records that the visitor is connected."""
        self.last_seen = time.monotonic()

    def remaining_seconds(self) -> float | None:
        """Estimate of the remaining time from the progress so far; None while it is too early for one."""
        if self.started_at is None or self.progress < MIN_PROGRESS_FOR_ESTIMATE:
            return None
        return (time.monotonic() - self.started_at) * (1 - self.progress) / self.progress


class JobQueue:
    """The queue of all visitors.

    `is_connected` says whether the browser of a session is connected. `max_result_bytes` bounds the memory that the
    results of all visitors take together.
    """

    def __init__(
        self,
        is_connected: Callable[[str], bool],
        capacity: int = 12,
        disconnect_timeout_s: float = DISCONNECT_TIMEOUT_S,
        max_result_bytes: float = 1.5e9,
    ) -> None:
        self.is_connected, self.capacity = is_connected, capacity
        self.disconnect_timeout_s, self.max_result_bytes = disconnect_timeout_s, max_result_bytes
        self.lock = threading.Lock()
        self.waiting: deque[Job] = deque()
        self.running: list[Job] = []  # at most two: a long job, and a short one between two of its tiles
        self.worker_running = False
        self.finished_jobs: deque[weakref.ref[Job]] = deque()

    def submit(self, job: Job) -> None:
        """Adds a job and cancels the earlier ones of the same session. Raises UsageError when the queue is full."""
        with self.lock:
            for other in self.running:
                if other.session_id == job.session_id:
                    other.stop()
            for other in [other for other in self.waiting if other.session_id == job.session_id]:
                self.remove(other)
            if len(self.waiting) >= self.capacity:
                raise UsageError(f"The queue is full, {self.capacity} pictures are waiting: try again in a minute.")
            self.waiting.append(job)
            if not self.worker_running:
                self.worker_running = True
                threading.Thread(target=self.worker_loop, name="upscaling", daemon=True).start()

    def cancel(self, job: Job) -> None:
        """Removes a waiting job at once; a running job stops after the current tile."""
        job.stop()
        with self.lock:
            if job in self.waiting:
                self.remove(job)

    def remove(self, job: Job) -> None:
        self.waiting.remove(job)
        job.stop()
        job.finished.set()

    def position(self, job: Job) -> int:
        """How many jobs are served before this one; 0 when it runs, is next, or has finished."""
        with self.lock:
            if job not in self.waiting:
                return 0
            earlier = [*self.running, *list(self.waiting)[: self.waiting.index(job)]]
            return sum(other.is_short or not job.is_short for other in earlier)

    # The worker thread

    def worker_loop(self) -> None:
        while job := self.pop():
            self.execute(job)

    def pop(self, only_short: bool = False) -> Job | None:
        """Takes the next job off the queue; without one, the worker is marked as ended."""
        with self.lock:
            job = next((candidate for candidate in self.waiting if candidate.is_short or not only_short), None)
            if job is not None:
                self.waiting.remove(job)
                self.running.append(job)
            elif not only_short:
                self.worker_running = False
            return job

    def execute(self, job: Job) -> None:
        try:
            self.drain(job)
        finally:
            with self.lock:
                self.running.remove(job)
            job.finished.set()
        self.evict_old(job)

    def drain(self, job: Job) -> None:
        job.started_at = time.monotonic()
        try:
            if not self.should_stop(job):
                for event in job.work(job):
                    self.on_event(job, event)
                    if not job.is_short and (short_job := self.pop(only_short=True)):
                        self.execute(short_job)
        except (UsageError, ExternalError) as error:
            job.error_message = str(error)
        except MemoryError:
            job.error_message = (
                "There is not enough memory here for this picture: choose a smaller scale, or a smaller picture."
            )
        except Exception as error:  # raised again on the visitor's page; the queue goes on serving the others
            job.exception = error

    def on_event(self, job: Job, event: Any) -> None:
        match event:
            case Progress(done_pixels=done, total_pixels=total):
                job.progress = done / total
            case Notice(text=text):
                job.notes.append(text)
            case _:
                job.result = event

    def should_stop(self, job: Job) -> bool:
        """Whether the job was stopped or its visitor has disconnected; called before each tile."""
        if self.is_connected(job.session_id):
            job.heartbeat()
        elif time.monotonic() - job.last_seen > self.disconnect_timeout_s:
            job.stop()
        return job.stop_requested

    def evict_old(self, job: Job) -> None:
        """Drops the oldest results while those that sessions still hold exceed `max_result_bytes`."""
        self.finished_jobs.append(weakref.ref(job))
        with_results = [
            other for reference in self.finished_jobs if (other := reference()) and other.result is not None
        ]
        while len(with_results) > 1 and sum(other.result.held_bytes for other in with_results) > self.max_result_bytes:
            oldest = with_results.pop(0)
            oldest.result = None
            oldest.error_message = "The result was dropped to make room for others: start it again."
        self.finished_jobs = deque(weakref.ref(other) for other in with_results)
