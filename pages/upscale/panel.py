"""The desk of the page Upscale: it takes a wish, stands in line for it, and hands over what comes."""

from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gan_core.errors import UsageError
from gan_core.images import writing
from gan_core.images.reading import DecodedImage
from pages.ui import downloads
from pages.ui.limits import current_limits
from pages.ui.markdown import escape_markdown, humanise_duration
from pages.upscale import compare_slider
from pages.upscale.job_queue import Job, JobQueue
from pages.upscale.request import UpscaleRequest, UpscaleResult
from pages.upscale.worker import BICUBIC, ORIGINAL, run_request

NO_CONFIRM_BELOW_S = 10.0  # predicted seconds up to which nobody is asked
INLINE_WAIT_S = 1.5  # seconds that a run waits before it shows progress instead
POLL_S = 0.5
JOB_KEY = "upscale_job"
FILE_SUFFIXES = {"PNG": "png", "JPEG": "jpg", "WebP": "webp"}


@st.cache_resource(show_spinner=False)
def job_queue() -> JobQueue:
    """The one that all visitors stand in."""
    return JobQueue(is_connected, current_limits().queue_length, max_result_bytes=current_limits().kept_bytes)


def is_connected(session_id: str) -> bool:
    """Whether a visitor's browser is connected."""
    return not runtime.exists() or runtime.get_instance().is_active_session(session_id)


def session_id() -> str:
    context = get_script_run_ctx()
    return context.session_id if context else "nobody"


# From wish to result -------------------------------------------------------------------------------------------------


def submit_or_poll(request: UpscaleRequest) -> UpscaleResult | None:
    """The result where it is there; else asks, shows how far it is, or what went wrong. Raises InputError."""
    job: Job | None = st.session_state.get(JOB_KEY)
    if job is not None and job.key != request.key:
        job_queue().cancel(st.session_state.pop(JOB_KEY))
        job = None
    if job is None:
        if request.predicted_seconds() > NO_CONFIRM_BELOW_S and not confirm_long_job(request):
            return None
        job = enqueue(request)
    if job_queue().position(job) == 0:
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
    (width, height), (result_width, result_height) = request.source.image.size, request.result_size()
    placeholder = st.empty()
    with placeholder.container():
        st.info(
            f"{width} × {height} pixels become {result_width} × {result_height}. That takes **about {humanise_duration(request.predicted_seconds())}** here.",
            icon=":material/hourglass_empty:",
        )
        confirmed = st.button("Start", type="primary", icon=":material/play_arrow:", key="start")
    if confirmed:
        placeholder.empty()
    return confirmed


def enqueue(request: UpscaleRequest) -> Job:
    """Into the line. Raises InputError where it is full."""
    queue = job_queue()
    job = Job(
        session_id(),
        request.key,
        lambda job: run_request(request, lambda: queue.should_stop(job)),
        request.predicted_seconds() <= NO_CONFIRM_BELOW_S,
    )
    queue.submit(job)
    st.session_state[JOB_KEY] = job
    return job


@st.fragment(run_every=POLL_S)
def show_progress(job: Job) -> None:
    """Looks at the job now and then, and runs the page again when it is done."""
    job.heartbeat()
    if job.finished.is_set():
        st.rerun()
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        st.progress(min(job.progress, 1.0), progress_text(job))
        st.button("Stop", icon=":material/stop:", on_click=job_queue().cancel, args=(job,), key="stop")


def progress_text(job: Job) -> str:
    position = job_queue().position(job)
    if position:
        return f"In line: {position} ahead of you."
    if job.stop_requested:
        return "Stopping after this tile …"
    remaining = job.remaining_seconds()
    return f"{job.progress:.0%}" + (f", about {humanise_duration(remaining)} left" if remaining is not None else "")


# The result ----------------------------------------------------------------------------------------------------------


def show_notes(request: UpscaleRequest) -> None:
    """What was done otherwise than one would think."""
    job: Job | None = st.session_state.get(JOB_KEY)
    for text in dict.fromkeys((*request.source.image.notes, *(job.notes if job else ()))):
        st.caption(f":material/info: {escape_markdown(text)}")


def show_result(request: UpscaleRequest, result: UpscaleResult) -> None:
    """Both pictures, and the numbers."""
    reference = reference_picker(result)
    name, size_text = request.model.name, f"{result.image.size[0]} × {result.image.size[1]} pixels"
    alts = {
        BICUBIC: f"The picture at {size_text}, enlarged by bicubic interpolation",
        ORIGINAL: f"The original, {size_text}",
    }
    compare_slider.compare_slider(
        result.before[reference], result.after, (reference, name),
        (alts[reference], f"The picture at {size_text}, {'restored' if request.benchmark else 'enlarged'} by {name}"),
        result.display_size, f"{request.key} {reference} {result.seconds}",
    )  # fmt: skip
    metrics = [
        ("From" if not request.benchmark else "Shrunk to", f"{result.source_size[0]} × {result.source_size[1]}"),
        ("To" if not request.benchmark else "Restored to", f"{result.image.size[0]} × {result.image.size[1]}"),
        ("Megapixels", f"{result.image.size[0] * result.image.size[1] / 1e6:.2f}"),
        ("Seconds", f"{result.seconds:.2f}"),
    ]
    with st.grid(4, min_column_width=140):
        for label, value in metrics:
            st.metric(label, value)
    if result.scores:
        show_scores(result)


def reference_picker(result: UpscaleResult) -> str:
    references = [*result.before]
    if len(references) == 1:
        return references[0]
    selected = st.segmented_control("Hold it against", references, default=references[0], key="against", required=True)
    return selected if selected in references else references[0]


def show_scores(result: UpscaleResult) -> None:
    """A row a method, how near each came to the original."""
    rows: list[dict[str, Any]] = [
        {"": score.name, "PSNR (dB)": f"{score.psnr:.2f}", "SSIM": f"{score.ssim:.4f}"} for score in result.scores
    ]
    st.table(rows)
    st.caption(
        "How near the restored pictures come to the original, on brightness, the border left out, as papers measure it."
        " Higher is nearer. A network that invents crisp detail can look better and score lower."
    )


# Downloads -----------------------------------------------------------------------------------------------------------


def download_popover(request: UpscaleRequest, result: UpscaleResult, metadata: dict[str, str]) -> None:
    """The picture as a file, made when asked for; a PNG carries the facts."""
    with st.popover("Download", icon=":material/download:"):
        format = st.segmented_control("Format", [*FILE_SUFFIXES], default="PNG", key="format", required=True) or "PNG"
        quality = writing.DEFAULT_QUALITY
        if format != "PNG":
            quality = st.slider("Quality", 1, 100, writing.DEFAULT_QUALITY, key="quality")
        try:
            losses = format_losses(result.image, format, quality)
        except UsageError as error:
            st.warning(str(error))
            return
        for text in losses:
            st.caption(f":material/info: {text}")
        factor = result.image.size[0] / result.source_size[0]
        name = (
            f"{request.source.stem}-x{factor:g}.{FILE_SUFFIXES[format]}"
            if factor < 100
            else f"{request.source.stem}.png"
        )
        image = with_png_metadata(result.image, metadata, format)
        encode = partial(writing.encode_image, image, format, quality)
        downloads.download_button(f"{format} file", lambda: encode()[0], name, f"image/{format.lower()}")
        source_metadata = result.image.metadata
        if source_metadata.exif or source_metadata.xmp or source_metadata.icc_profile:
            st.caption("Colour profile and metadata of your picture go along, the place it was taken at included.")


def with_png_metadata(image: DecodedImage, metadata: dict[str, str], format: str) -> DecodedImage:
    """The picture with the facts among its texts, where the format takes texts."""
    if format != "PNG":
        return image
    return replace(image, metadata=replace(image.metadata, text_chunks=image.metadata.text_chunks | metadata))


def format_losses(image: DecodedImage, format: str, quality: int) -> tuple[str, ...]:
    """What the format will not take, found out with one pixel. Raises InputError where the picture is too long."""
    writing.validate_image_output(format, *image.size, quality)
    alpha = None if image.alpha is None else image.alpha.min(keepdims=True)
    return writing.encode_image(replace(image, pixels=image.pixels[:1, :1], alpha=alpha), format, quality)[1]
