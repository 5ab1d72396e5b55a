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

from gan_core.errors import InputError, OutsideError
from gan_core.upscaling.pipeline import Note, Progress

PATIENCE = 10.0  # seconds a visitor may be out of sight before the work is given up


@dataclass(eq=False)
class Job:
    """A visitor's wish and what has come of it so far. `work` yields Progress, Note, and last the result."""

    visitor: str
    key: Any
    work: Callable[["Job"], Iterator[Any]]
    short: bool = False  # may pass long work that has begun
    share: float = 0.0
    notes: list[str] = field(default_factory=list)
    result: Any = None
    trouble: str | None = None  # a sentence for the visitor
    failure: BaseException | None = None  # what nobody foresaw
    stopped: bool = False
    seen: float = field(default_factory=time.monotonic)
    begun: float | None = None
    finished: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        self.stopped = True

    def look(self) -> None:
        """The visitor is there."""
        self.seen = time.monotonic()

    def remaining(self) -> float | None:
        """Seconds that are left at the pace so far; None as long as nobody knows."""
        if self.begun is None or self.share < 0.05:
            return None
        return (time.monotonic() - self.begun) * (1 - self.share) / self.share


class WaitingLine:
    """`is_there` tells whether a visitor still has the page open; `kept_bytes` is what the results of all visitors
    together may have lying about."""

    def __init__(
        self, is_there: Callable[[str], bool], places: int = 12, patience: float = PATIENCE, kept_bytes: float = 1.5e9
    ) -> None:
        self.is_there, self.places, self.patience, self.kept_bytes = is_there, places, patience, kept_bytes
        self.lock = threading.Lock()
        self.waiting: deque[Job] = deque()
        self.active: list[Job] = []  # at most two: long work, and what passes it
        self.open = False  # whether a thread is at work
        self.done: deque[weakref.ref[Job]] = deque()

    def enter(self, job: Job) -> None:
        """Take a place; what the same visitor asked for before is given up. Raises InputError where none is free."""
        with self.lock:
            for other in [each for each in self.active if each.visitor == job.visitor]:
                other.stop()
            for other in [each for each in self.waiting if each.visitor == job.visitor]:
                self.leave(other)
            if len(self.waiting) >= self.places:
                raise InputError(f"{self.places} pictures are waiting already: try again in a minute.")
            self.waiting.append(job)
            if not self.open:
                self.open = True
                threading.Thread(target=self.serve, name="upscaling", daemon=True).start()

    def cancel(self, job: Job) -> None:
        """The visitor wants it no more: it leaves the line at once, or stops after the tile that is being drawn."""
        job.stop()
        with self.lock:
            if job in self.waiting:
                self.leave(job)

    def leave(self, job: Job) -> None:
        self.waiting.remove(job)
        job.stop()
        job.finished.set()

    def ahead(self, job: Job) -> int:
        """How many come first; 0 for the one whose turn it is."""
        with self.lock:
            if job not in self.waiting:
                return 0
            before = [*self.active, *list(self.waiting)[: self.waiting.index(job)]]
            return sum(each.short or not job.short for each in before)

    # The thread

    def serve(self) -> None:
        while job := self.next():
            self.complete(job)

    def next(self, only_short: bool = False) -> Job | None:
        """The job whose turn it is, out of the line."""
        with self.lock:
            job = next((each for each in self.waiting if each.short or not only_short), None)
            if job is not None:
                self.waiting.remove(job)
                self.active.append(job)
            elif not only_short:
                self.open = False
            return job

    def complete(self, job: Job) -> None:
        try:
            self.run(job)
        finally:
            with self.lock:
                self.active.remove(job)
            job.finished.set()
        self.keep(job)

    def run(self, job: Job) -> None:
        job.begun = time.monotonic()
        try:
            if not self.should_stop(job):
                for event in job.work(job):
                    self.note(job, event)
                    if not job.short and (passing := self.next(only_short=True)):
                        self.complete(passing)
        except (InputError, OutsideError) as error:
            job.trouble = str(error)
        except MemoryError:
            job.trouble = "There is not enough memory for this picture here: choose a smaller scale, or reduce it."
        except Exception as error:  # told on the visitor's page; the line goes on for the others
            job.failure = error

    def note(self, job: Job, event: Any) -> None:
        match event:
            case Progress(done=done, total=total):
                job.share = done / total
            case Note(text=text):
                job.notes.append(text)
            case _:
                job.result = event

    def should_stop(self, job: Job) -> bool:
        """Asked before each tile: whether the visitor wants no more, or has gone."""
        if self.is_there(job.visitor):
            job.look()
        elif time.monotonic() - job.seen > self.patience:
            job.stop()
        return job.stopped

    def keep(self, job: Job) -> None:
        """Results live as long as their visitors; where they are too many, the oldest are let go."""
        self.done.append(weakref.ref(job))
        kept = [each for reference in self.done if (each := reference()) and each.result is not None]
        while len(kept) > 1 and sum(each.result.held_bytes for each in kept) > self.kept_bytes:
            oldest = kept.pop(0)
            oldest.result, oldest.trouble = None, "The result was let go to make room for others: start it again."
        self.done = deque(weakref.ref(each) for each in kept)
