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
from pages.upscale.countdown import Countdown
from pages.upscale.preview import PreviewImage

DISCONNECT_TIMEOUT_S = 10.0  # a job whose visitor has been disconnected for longer is stopped
MIN_PROGRESS_FOR_ESTIMATE = 0.03  # less than that is mostly the warming up
TRUSTED_PROGRESS = 0.25  # from which the prediction counts no more


@dataclass(eq=False)
class Job:
    """A visitor's request, its progress and its result.

    `work` yields Progress, Notice and PreviewImage events, the result last. `visitor_id` is the same for all sessions
    of one browser; `predicted_s` is the time that the job is expected to take.
    """

    session_id: str
    key: Any
    work: Callable[["Job"], Iterator[Any]]
    is_short: bool = False  # may run between two tiles of a job that is not short
    visitor_id: str = ""
    predicted_s: float | None = None
    progress: float = 0.0
    preview: PreviewImage | None = None
    countdown: Countdown = field(default_factory=Countdown)
    notes: list[str] = field(default_factory=list)
    result: Any = None
    error_message: str | None = None  # shown to the visitor
    exception: BaseException | None = None  # an unexpected one, raised again on the visitor's page
    stop_requested: bool = False
    last_seen: float = field(default_factory=time.monotonic)
    first_progress: tuple[float, float] | None = None  # when, and how much: times are measured from there
    finished: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        self.stop_requested = True

    def heartbeat(self) -> None:
        """Records that the visitor is connected."""
        self.last_seen = time.monotonic()

    def is_of_visitor(self, other: "Job") -> bool:
        """Whether another job is of the same session, or of the same browser in another tab."""
        return self.session_id == other.session_id or (self.visitor_id != "" and self.visitor_id == other.visitor_id)

    def start_clock(self) -> None:
        """The job begins: the time that is left is the predicted one until there is progress."""
        if self.predicted_s is not None:
            self.countdown.estimate(self.predicted_s)

    def set_progress(self, share: float) -> None:
        """Takes the share of the work that is done, and estimates from it the time that is left."""
        self.progress, now = max(self.progress, min(share, 1.0)), self.countdown.clock()
        if self.progress < MIN_PROGRESS_FOR_ESTIMATE:
            return
        if self.first_progress is None:
            self.first_progress = (now, self.progress)
            return
        started_at, skipped = self.first_progress
        if self.progress <= skipped:
            return
        measured = (now - started_at) / (self.progress - skipped)  # of the whole
        trust = 1.0 if self.predicted_s is None else min(1.0, self.progress / TRUSTED_PROGRESS)
        total = trust * measured + (1 - trust) * (self.predicted_s or 0.0)
        self.countdown.estimate(total * (1 - self.progress))


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
        """Adds a job and cancels the earlier ones of its session, and of sessions that its visitor has left.

        Raises UsageError when the queue is full.
        """
        with self.lock:
            for other in self.running:
                if self.is_replaced_by(other, job):
                    other.stop()
            for other in [other for other in self.waiting if self.is_replaced_by(other, job)]:
                self.remove(other)
            if len(self.waiting) >= self.capacity:
                raise UsageError(f"The queue is full, {self.capacity} pictures are waiting: try again in a minute.")
            self.waiting.append(job)
            if not self.worker_running:
                self.worker_running = True
                threading.Thread(target=self.worker_loop, name="upscaling", daemon=True).start()

    def is_replaced_by(self, job: Job, newer: Job) -> bool:
        """Whether a job is given up for a newer one: a page that was loaded again is another session."""
        return job.is_of_visitor(newer) and (
            job.session_id == newer.session_id or not self.is_connected(job.session_id)
        )

    def cancel(self, job: Job) -> None:
        """Removes a waiting job at once; a running job stops after the current layer of its network."""
        job.stop()
        with self.lock:
            if job in self.waiting:
                self.remove(job)

    def remove(self, job: Job) -> None:
        self.waiting.remove(job)
        job.stop()
        job.finished.set()

    def position(self, job: Job) -> int:
        """How many jobs of other visitors are served before this one; 0 when it runs, is next, or has finished."""
        return sum(not other.is_of_visitor(job) for other in self.earlier_jobs(job))

    def own_earlier_jobs(self, job: Job) -> int:
        """How many jobs of the same visitor are served before this one: one that is being stopped, or another tab's."""
        return sum(other.is_of_visitor(job) for other in self.earlier_jobs(job))

    def earlier_jobs(self, job: Job) -> list[Job]:
        """The jobs that are served before this one."""
        with self.lock:
            if job not in self.waiting:
                return []
            earlier = [*self.running, *list(self.waiting)[: self.waiting.index(job)]]
            return [other for other in earlier if other.is_short or not job.is_short]

    def is_busy(self) -> bool:
        """Whether a job is running or waits."""
        with self.lock:
            return bool(self.running or self.waiting)

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
        job.start_clock()
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
                job.set_progress(done / total)
            case Notice(text=text):
                job.notes.append(text)
            case PreviewImage():
                job.preview = event
            case _:
                job.result = event
                job.preview = None

    def should_stop(self, job: Job) -> bool:
        """Whether the job was stopped or its visitor has disconnected; called before each tile and between layers."""
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
