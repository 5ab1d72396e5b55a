"""Decides whether an input was answered as it should: no exception but the two that users see, no hang, no memory
beyond a cap, no warning from this project's code, nothing written, started or connected to outside its folder.

Time is the processor's, so that a busy machine is no hang; a wait without progress counts by the clock.
"""

import os
import re
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gan_core.errors import ExternalError, UsageError

ROOT = Path(__file__).resolve().parents[2]
MAX_CPU_S = 5.0
MAX_CLOCK_S = 60
MAX_MEMORY_BYTES = 2_000_000_000  # by which one input may raise the process's peak
OUR_CODE = (str(ROOT / "gan_core"), str(ROOT / "pages"))
MAX_TEXT = 400  # characters of what is said of a finding
WRITING_EVENTS = {  # audit events of Python, and which of their arguments are paths that change
    "os.mkdir": (0,), "os.remove": (0,), "os.rmdir": (0,), "os.rename": (0, 1), "os.symlink": (1,), "os.link": (1,),
    "os.truncate": (0,), "os.chmod": (0,), "os.chown": (0,), "os.mkfifo": (0,), "os.mknod": (0,),
}  # fmt: skip
STARTING_EVENTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.startfile", "pty.spawn")
WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Finding(AssertionError):
    """An input was not answered as it should. `signature` is equal for inputs that fail in one way at one place."""

    def __init__(self, kind: str, text: str, place: str) -> None:
        super().__init__(f"{kind}: {text[:MAX_TEXT]} ({place})")
        self.signature = f"{kind} at {place}"


class Hang(BaseException):
    """Raised in the main thread when the time is up; no `except Exception` of the code under test catches it."""


class Watch:
    """What happened during one call, noted by the audit hook, which cannot be removed once it is installed."""

    def __init__(self) -> None:
        self.folder: str | None = None  # None: nothing is watched now
        self.forbidden: list[str] = []
        self.is_installed = False

    def install(self) -> None:
        if not self.is_installed:
            sys.addaudithook(self.on_event)
            self.is_installed = True

    def on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder is None:
            return
        if event in STARTING_EVENTS or (event == "socket.connect" and not is_local(arguments[1])):
            self.forbid(f"{event} {arguments[0]!r:.80}")
        paths = [arguments[index] for index in WRITING_EVENTS.get(event, ())]
        if paths and event != "os.truncate" and isinstance(arguments[-1], int) and arguments[-1] >= 0:
            paths = []  # relative to an open folder, as in shutil.rmtree
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITE_FLAGS:
            paths = [arguments[0]]
        for path in paths:
            if not self.may_write(path):
                self.forbid(f"{event} {path!r:.200}")

    def may_write(self, path: Any) -> bool:
        if isinstance(path, int):  # an open file
            return True
        absolute = os.path.abspath(os.fsdecode(path))
        return absolute.startswith((str(self.folder), "/dev/", "/proc/")) or "__pycache__" in absolute

    def forbid(self, text: str) -> None:
        self.forbidden.append(text)
        raise PermissionError(f"the fuzzer forbids {text}")


WATCH = Watch()


def is_local(address: Any) -> bool:
    return not isinstance(address, tuple) or address[0] in ("127.0.0.1", "::1", "localhost")


@contextmanager
def watched(folder: Path) -> Iterator[None]:
    """Raises Finding where the block does what it must not. The folder's parent must hold nothing else."""
    WATCH.install()
    peak, before = peak_memory(), set(folder.parent.iterdir())
    WATCH.folder, WATCH.forbidden = str(folder), []
    with warnings.catch_warnings(record=True) as caught, time_limit():
        warnings.simplefilter("always")
        try:
            yield
        except (UsageError, ExternalError):
            pass
        except Hang as error:
            raise Finding("hang", str(error), place_of(error)) from error
        except Finding:
            raise
        except Exception as error:
            if not WATCH.forbidden:
                raise Finding("exception", f"{type(error).__name__}: {error}"[:300], place_of(error)) from error
        finally:
            WATCH.folder = None
    if WATCH.forbidden:
        raise Finding("outside", WATCH.forbidden[0], re.sub(r"[\w-]*[\d_][\w-]*", "*", WATCH.forbidden[0]))
    if peak_memory() - peak > MAX_MEMORY_BYTES:
        raise Finding("memory", f"{(peak_memory() - peak) / 1e6:.0f} MB", "the whole call")
    if new := set(folder.parent.iterdir()) ^ before:
        raise Finding("outside", f"{sorted(map(str, new))}", "beside the folder")
    for warning in caught:
        if warning.filename.startswith(OUR_CODE):
            raise Finding("warning", f"{warning.message}", f"{relative(warning.filename)}:{warning.lineno}")


@contextmanager
def time_limit() -> Iterator[None]:
    """Raises Hang in the main thread after MAX_CPU_S of the processor's time, or MAX_CLOCK_S by the clock."""

    def stop(number: int, frame: Any) -> None:
        raise Hang("too much work" if number == signal.SIGPROF else "a wait without end")

    previous = [signal.signal(number, stop) for number in (signal.SIGPROF, signal.SIGALRM)]
    signal.setitimer(signal.ITIMER_PROF, MAX_CPU_S)
    signal.setitimer(signal.ITIMER_REAL, MAX_CLOCK_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in zip((signal.SIGPROF, signal.SIGALRM), previous, strict=True):
            signal.signal(number, handler)


def peak_memory() -> int:
    """Bytes of memory that this process has held at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def place_of(error: BaseException) -> str:
    """The innermost line of this project's code in a traceback, and where it went from there."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [index for index, frame in enumerate(frames) if frame.filename.startswith(OUR_CODE)]
    if not ours:
        return f"{type(error).__name__} in {relative(frames[-1].filename)}:{frames[-1].name}"
    frame = frames[ours[-1]]
    return f"{type(error).__name__} in {relative(frame.filename)}:{frame.name}"


def relative(file: str) -> str:
    return file.removeprefix(f"{ROOT}/")


def check_input(target: Any, value: Any) -> None:
    """Runs a target on one input in a new folder. Raises Finding."""
    target.prepare()
    with tempfile.TemporaryDirectory(prefix="gan-atelier-fuzz-") as parent:
        folder = Path(parent) / "inside"
        folder.mkdir()
        with watched(folder):
            target.run(value, folder)
