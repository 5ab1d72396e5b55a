"""One piece of work at a time, first come, first served, one a visitor: the line that all visitors stand in.

Long work lets short work pass, one between two of its tiles, so nobody waits minutes for what takes a second. A thread
of the line's own drains a job's events into the job; pages only look at it. Nothing here calls Streamlit, so work goes
on between clicks, and it ends by itself when the visitor it is for has gone.
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

DISCONNECT_TIMEOUT_S = 10.0  # seconds a visitor may be out of sight before the work is given up


@dataclass(eq=False)
class Job:
    """A visitor's wish and what has come of it so far. `work` yields Progress, Note, and last the result."""

    session_id: str
    key: Any
    work: Callable[["Job"], Iterator[Any]]
    is_short: bool = False  # may pass long work that has begun
    progress: float = 0.0
    notes: list[str] = field(default_factory=list)
    result: Any = None
    error_message: str | None = None  # a sentence for the visitor
    exception: BaseException | None = None  # what nobody foresaw
    stop_requested: bool = False
    last_seen: float = field(default_factory=time.monotonic)
    started_at: float | None = None
    finished: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        self.stop_requested = True

    def heartbeat(self) -> None:
        """The visitor is there."""
        self.last_seen = time.monotonic()

    def remaining_seconds(self) -> float | None:
        """Seconds that are left at the pace so far; None as long as nobody knows."""
        if self.started_at is None or self.progress < 0.05:
            return None
        return (time.monotonic() - self.started_at) * (1 - self.progress) / self.progress


class JobQueue:
    """`is_there` tells whether a visitor still has the page open; `kept_bytes` is what the results of all visitors
    together may have lying about."""

    def __init__(
        self,
        is_connected: Callable[[str], bool],
        capacity: int = 12,
        disconnect_timeout_s: float = DISCONNECT_TIMEOUT_S,
        max_result_bytes: float = 1.5e9,
    ) -> None:
        self.is_connected, self.capacity, self.disconnect_timeout_s, self.max_result_bytes = (
            is_connected,
            capacity,
            disconnect_timeout_s,
            max_result_bytes,
        )
        self.lock = threading.Lock()
        self.waiting: deque[Job] = deque()
        self.running: list[Job] = []  # at most two: long work, and what passes it
        self.worker_running = False  # whether a thread is at work
        self.finished_jobs: deque[weakref.ref[Job]] = deque()

    def submit(self, job: Job) -> None:
        """Take a place; what the same visitor asked for before is given up. Raises InputError where none is free."""
        with self.lock:
            for other in [running_job for running_job in self.running if running_job.session_id == job.session_id]:
                other.stop()
            for other in [waiting_job for waiting_job in self.waiting if waiting_job.session_id == job.session_id]:
                self.remove(other)
            if len(self.waiting) >= self.capacity:
                raise UsageError(f"{self.capacity} pictures are waiting already: try again in a minute.")
            self.waiting.append(job)
            if not self.worker_running:
                self.worker_running = True
                threading.Thread(target=self.worker_loop, name="upscaling", daemon=True).start()

    def cancel(self, job: Job) -> None:
        """The visitor wants it no more: it leaves the line at once, or stops after the tile that is being drawn."""
        job.stop()
        with self.lock:
            if job in self.waiting:
                self.remove(job)

    def remove(self, job: Job) -> None:
        self.waiting.remove(job)
        job.stop()
        job.finished.set()

    def position(self, job: Job) -> int:
        """How many come first; 0 for the one whose turn it is."""
        with self.lock:
            if job not in self.waiting:
                return 0
            earlier = [*self.running, *list(self.waiting)[: self.waiting.index(job)]]
            return sum(other.is_short or not job.is_short for other in earlier)

    # The thread

    def worker_loop(self) -> None:
        while job := self.pop():
            self.execute(job)

    def pop(self, only_short: bool = False) -> Job | None:
        """The job whose turn it is, out of the line."""
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
                "There is not enough memory for this picture here: choose a smaller scale, or reduce it."
            )
        except Exception as error:  # told on the visitor's page; the line goes on for the others
            job.exception = error

    def on_event(self, job: Job, event: Any) -> None:
        match event:
            case Progress(done_pixels=tiles_done, total_pixels=total):
                job.progress = tiles_done / total
            case Notice(text=text):
                job.notes.append(text)
            case _:
                job.result = event

    def should_stop(self, job: Job) -> bool:
        """Asked before each tile: whether the visitor wants no more, or has gone."""
        if self.is_connected(job.session_id):
            job.heartbeat()
        elif time.monotonic() - job.last_seen > self.disconnect_timeout_s:
            job.stop()
        return job.stop_requested

    def evict_old(self, job: Job) -> None:
        """Results live as long as their visitors; where they are too many, the oldest are let go."""
        self.finished_jobs.append(weakref.ref(job))
        with_results = [
            other for reference in self.finished_jobs if (other := reference()) and other.result is not None
        ]
        while len(with_results) > 1 and sum(other.result.held_bytes for other in with_results) > self.max_result_bytes:
            oldest = with_results.pop(0)
            oldest.result, oldest.error_message = None, "The result was let go to make room for others: start it again."
        self.finished_jobs = deque(weakref.ref(other) for other in with_results)
