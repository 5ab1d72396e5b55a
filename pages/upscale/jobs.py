"""The visitor's upscaling job: confirmed when it is long, queued, polled, and shown with its progress."""

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.limits import current_limits
from pages.ui.markdown import escape_markdown, humanise_duration, humanise_range
from pages.upscale.job_queue import Job, JobQueue
from pages.upscale.request import UpscaleRequest, UpscaleResult
from pages.upscale.upload import as_sentence
from pages.upscale.worker import run_request

NO_CONFIRM_BELOW_S = 10.0  # predicted time up to which a job starts without a question, and counts as short
INLINE_WAIT_S = 1.5  # how long a run of the page waits for a result before it shows progress instead
POLL_S = 0.5
FEW_SECONDS = 4.0
JOB_KEY = "upscale_job"
PREVIEW_STYLE = "display: block; width: auto; height: auto; max-width: 100%; max-height: 72vh; margin: 0 auto"
BROWSER_COOKIE = "_streamlit_xsrf"


@st.cache_resource(show_spinner=False)
def job_queue() -> JobQueue:
    """The queue that all visitors of this server share."""
    return JobQueue(is_connected, current_limits().queue_length, max_result_bytes=current_limits().kept_bytes)


def is_connected(session_id: str) -> bool:
    """Whether the browser of a session is connected; always true without a Streamlit server, as in tests."""
    return not runtime.exists() or runtime.get_instance().is_active_session(session_id)


def session_id() -> str:
    context = get_script_run_ctx()
    return context.session_id if context else "no session"


def visitor_id() -> str:
    """What all tabs of one browser have in common, the token that Streamlit gives it; "" without one."""
    return str(st.context.cookies.get(BROWSER_COOKIE, "")) if get_script_run_ctx() else ""


def submit_or_poll(request: UpscaleRequest) -> UpscaleResult | None:
    """The result once it is there; until then None, with a question, the progress or a message on the page.

    A request that differs from the session's job cancels that job. Raises UsageError when the queue is full, and again
    whatever unexpected exception ended the job.
    """
    job: Job | None = st.session_state.get(JOB_KEY)
    if job is not None and job.key != request.key:
        job_queue().cancel(st.session_state.pop(JOB_KEY))
        job = None
    if job is None:
        if request.typical_seconds() > NO_CONFIRM_BELOW_S and not confirm_long_job(request):
            return None
        job = enqueue(request)
    if not job_queue().earlier_jobs(job):
        job.finished.wait(INLINE_WAIT_S)
    if not job.finished.is_set():
        show_progress(job)
        return None
    if job.exception is not None:
        raise job.exception
    if job.result is None:
        st.info(job.error_message or "Stopped.", icon=":material/stop_circle:")
        if st.button("Start again", icon=":material/replay:"):
            enqueue(request)
            st.rerun()
    return job.result


def confirm_long_job(request: UpscaleRequest) -> bool:
    """Says how long the job will take; true once the visitor has pressed Start."""
    if not job_queue().is_busy():
        request.model.refresh_speed()
    (width, height), (result_width, result_height) = request.source.image.size, request.result_size()
    frames = f", {request.frame_count} frames" if request.animation else ""
    placeholder = st.empty()
    with placeholder.container():
        st.info(
            f"{width} × {height} pixels become {result_width} × {result_height}{frames}. That takes"
            f" **{humanise_range(*request.predicted_seconds())}** here.",
            icon=":material/hourglass_empty:",
        )
        confirmed = st.button("Start", type="primary", icon=":material/play_arrow:", key="start")
    if confirmed:
        placeholder.empty()
    return confirmed


def enqueue(request: UpscaleRequest) -> Job:
    """Submits the request as the session's job. Raises UsageError when the queue is full."""
    queue, seconds = job_queue(), request.typical_seconds()
    job = Job(
        session_id(),
        request.key,
        lambda job: run_request(request, lambda: queue.should_stop(job), job.set_progress),
        is_short=seconds <= NO_CONFIRM_BELOW_S,
        visitor_id=visitor_id(),
        predicted_s=seconds,
    )
    queue.submit(job)
    st.session_state[JOB_KEY] = job
    return job


@st.fragment(run_every=POLL_S)
def show_progress(job: Job) -> None:
    """Shows the progress of a job and its preview, polls it, and reruns the page when it has finished."""
    job.heartbeat()
    if job.finished.is_set():
        st.rerun()
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        st.progress(min(job.progress, 1.0), progress_text(job))
        st.button("Stop", icon=":material/stop:", on_click=job_queue().cancel, args=(job,), key="stop")
    if preview := job.preview:
        width, height = preview.size
        st.html(
            f'<img src="{preview.data_url}" width="{width}" height="{height}" style="{PREVIEW_STYLE}"'
            ' alt="Your picture as far as it is enlarged; what is not finished yet is paler">'
        )


def progress_text(job: Job) -> str:
    """What the job does now, and how long it still takes."""
    if job.stop_requested:
        return "Stopping …"
    if others := job_queue().position(job):
        return f"In the queue: {others} {'picture' if others == 1 else 'pictures'} of other visitors before yours."
    if own := job_queue().own_earlier_jobs(job):
        return f"After {'your picture' if own == 1 else f'{own} pictures of yours'} that is still being worked on …"
    if job.progress >= 1:
        return "Preparing the result …"
    remaining = job.countdown.remaining()
    slower = ", slower than expected" if job.countdown.is_slower else ""
    left = f", {humanise_remaining(remaining)} left{slower}" if remaining is not None else ""
    return f"{job.progress:.0%}{left}"


def humanise_remaining(seconds: float) -> str:
    """Seconds that are left, rounded as roughly as they are known."""
    if seconds < FEW_SECONDS:
        return "a few seconds"
    return f"about {humanise_duration(seconds if seconds < 20 else round(seconds / 5) * 5)}"


def show_notes(request: UpscaleRequest) -> None:
    """Shows the notes of the source image and of the session's job, each once."""
    job: Job | None = st.session_state.get(JOB_KEY)
    for text in dict.fromkeys((*request.source.image.notes, *(job.notes if job else ()))):
        st.caption(f":material/info: {escape_markdown(as_sentence(text))}")
