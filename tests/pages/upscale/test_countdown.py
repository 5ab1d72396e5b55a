"""The time left that a page shows: it runs down with the clock, and never up unless the job has become far slower."""

from pages.upscale.countdown import Countdown


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_time_left_never_counts_upwards_with_estimates_that_vary() -> None:
    clock = Clock()
    countdown, shown = Countdown(clock), []
    assert countdown.remaining() is None
    for step in range(50):
        clock.now = float(step)
        countdown.estimate(60 - step + (4 if step % 2 else -3))
        shown.append(countdown.remaining())
    assert shown == sorted(shown, reverse=True)
    assert not countdown.is_slower


def test_between_estimates_it_runs_down_with_the_clock_to_zero() -> None:
    clock = Clock()
    countdown = Countdown(clock)
    countdown.estimate(10)
    assert countdown.remaining() == 10
    clock.now = 4
    assert countdown.remaining() == 6
    clock.now = 40
    assert countdown.remaining() == 0


def test_a_job_that_stalls_says_so_and_shows_the_truth() -> None:
    clock = Clock()
    countdown = Countdown(clock)
    countdown.estimate(10)
    countdown.remaining()
    clock.now = 5
    countdown.estimate(60)
    assert countdown.remaining() == 60
    assert countdown.is_slower
