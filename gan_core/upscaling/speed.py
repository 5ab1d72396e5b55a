"""How fast an upscaler is on this machine: by trial when it is loaded, then by the tiles of the jobs it has run."""

import threading
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from gan_core.devices import supports_bfloat16
from gan_core.upscaling.upscaler import Upscaler
from gan_core.upscaling.windows import upscale_window

WARM_UP_SIDE_PX = 16
FIRST_SIDE_PX = 32
TRIAL_SIDES_PX = (128, 64)  # the larger one where it is quick: on a busy machine small tiles measure overhead
MAX_TRIAL_TILE_S = 2.0
TRIAL_S, MAX_TRIALS = 1.2, 3
TILES_KEPT = 24  # the machine's load changes: old tiles tell nothing
MIN_TILE_PIXELS = 48 * 48  # of a tile that tells the speed
TRIAL_MARGINS = (0.5, 1.5)  # a large tile has less overhead per pixel than a small one, but fits no cache
TILE_MARGINS = (0.9, 1.2)
SAME_SPEED = 1.4  # ratio of two trials on an unchanged machine, at most
MAX_TRIAL_AGE_S = 60.0  # after which a machine is measured again

Range = tuple[float, float]


class SpeedLog:
    """Seconds per pixel of the small image, as a range from the fastest to the slowest that is to be expected."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock, self.lock = clock, threading.Lock()
        self.trials: list[float] = []
        self.tiles: deque[float] = deque(maxlen=TILES_KEPT)
        self.measured_at = clock()

    def add_trials(self, seconds_per_pixel: list[float]) -> None:
        """Replaces the trials; where they differ from those before, the tiles of that time tell nothing any more."""
        with self.lock:
            before, now = min(self.trials, default=0.0), min(seconds_per_pixel)
            if not before / SAME_SPEED < now < before * SAME_SPEED:
                self.tiles.clear()
            self.trials, self.measured_at = seconds_per_pixel, self.clock()

    def add_tile(self, pixels: int, seconds: float) -> None:
        """Records a tile of a job; tiny ones are left out."""
        if pixels >= MIN_TILE_PIXELS and seconds > 0:
            with self.lock:
                self.tiles.append(seconds / pixels)
                self.measured_at = self.clock()

    def seconds_per_pixel(self) -> Range:
        """The expected range; of tiles, if there are any, without the slowest and fastest tenth."""
        with self.lock:
            if self.tiles:
                low, high = np.quantile(self.tiles, (0.1, 0.9))
                return float(low) * TILE_MARGINS[0], float(high) * TILE_MARGINS[1]
            fastest = min(self.trials, default=0.0)  # what is slower was disturbed
            return fastest * TRIAL_MARGINS[0], fastest * TRIAL_MARGINS[1]

    def is_old(self) -> bool:
        """Whether nothing was measured for MAX_TRIAL_AGE_S: another program may have started or ended since."""
        return self.clock() - self.measured_at > MAX_TRIAL_AGE_S


def measure_trials(upscaler: Upscaler, clock: Callable[[], float] = time.perf_counter) -> list[float]:
    """Seconds for each pixel of the small image, of one to three tiles of noise, after a smaller one to warm up."""
    bfloat16 = upscaler.supports_bfloat16 and supports_bfloat16(upscaler.device.type == "cpu")

    def run_tile(side: int) -> float:
        tile = np.random.default_rng(0).integers(0, 256, (side, side, upscaler.channels), np.uint8)
        start = clock()
        upscale_window(upscaler, tile, use_bfloat16=bfloat16)
        return (clock() - start) / side**2

    run_tile(WARM_UP_SIDE_PX)
    first = run_tile(FIRST_SIDE_PX)
    side = next((side for side in TRIAL_SIDES_PX if first * side**2 <= MAX_TRIAL_TILE_S), None)
    if side is None:
        return [first]
    started, trials = clock(), []
    while len(trials) < MAX_TRIALS and (not trials or clock() - started < TRIAL_S):
        trials.append(run_tile(side))
    return trials
