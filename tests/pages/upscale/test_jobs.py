"""Long jobs of the page Upscale: confirmed first, stopped by a button, cancelled by another choice."""

import time
from pathlib import Path

import pytest

from gan_core.upscaling.pipeline import Progress
from pages.upscale import jobs
from pages.upscale.request import UpscaleRequest
from tests.pages.conftest import TIMEOUT_S, OpenPage
from tests.pages.queries import messages, run_until_finished


@pytest.fixture
def endless_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every job is predicted to take eight to twelve minutes, and never ends by itself."""

    def endless(request, should_stop, on_progress):
        while not should_stop():
            time.sleep(0.01)
            yield Progress(1, 4)

    monkeypatch.setattr(UpscaleRequest, "predicted_seconds", lambda self: (480.0, 720.0))
    monkeypatch.setattr(jobs, "run_request", endless)
    monkeypatch.setattr(jobs, "INLINE_WAIT_S", 0.05)


def test_a_long_job_is_confirmed_first_and_can_be_stopped(
    open_page: OpenPage, with_upscalers: Path, endless_jobs: None
) -> None:
    app = open_page("upscale")
    assert "8 to 12 minutes" in messages(app)[0]
    app.button(key="start").click().run()
    assert not messages(app)
    app.button(key="stop").click().run()
    run_until_finished(app)
    assert messages(app) == ["Stopped."]


def test_a_changed_setting_cancels_the_running_job(
    open_page: OpenPage, with_upscalers: Path, endless_jobs: None
) -> None:
    app = open_page("upscale")
    app.button(key="start").click().run()
    job = app.session_state[jobs.JOB_KEY]
    app.selectbox(key="scale").select("3").run()
    assert job.finished.wait(TIMEOUT_S)
    assert job.result is None
    assert "8 to 12 minutes" in messages(app)[0]
