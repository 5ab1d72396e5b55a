"""The desk of the page Upscale: it takes a wish, stands in line for it, and hands over what comes."""

from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gan_core.errors import InputError
from gan_core.images import writing
from gan_core.images.reading import Picture
from pages.ui import downloads
from pages.ui.limits import limits
from pages.ui.markdown import duration, plain
from pages.upscale import compare_slider
from pages.upscale.job_queue import Job, WaitingLine
from pages.upscale.request import Result, Wish
from pages.upscale.worker import BICUBIC, ORIGINAL, fulfil

AT_ONCE = 10.0  # predicted seconds up to which nobody is asked
PROMPT = 1.5  # seconds that a run waits before it shows progress instead
POLL = 0.5
JOB = "upscale_job"
FORMATS = {"PNG": "png", "JPEG": "jpg", "WebP": "webp"}


@st.cache_resource(show_spinner=False)
def line() -> WaitingLine:
    """The one that all visitors stand in."""
    return WaitingLine(is_there, limits().waiting, kept_bytes=limits().kept_bytes)


def is_there(visitor: str) -> bool:
    """Whether a visitor's browser is connected."""
    return not runtime.exists() or runtime.get_instance().is_active_session(visitor)


def visitor() -> str:
    context = get_script_run_ctx()
    return context.session_id if context else "nobody"


# From wish to result -------------------------------------------------------------------------------------------------


def attend(wish: Wish) -> Result | None:
    """The result where it is there; else asks, shows how far it is, or what went wrong. Raises InputError."""
    job: Job | None = st.session_state.get(JOB)
    if job is not None and job.key != wish.key:
        line().cancel(st.session_state.pop(JOB))
        job = None
    if job is None:
        if wish.seconds() > AT_ONCE and not agreed(wish):
            return None
        job = begin(wish)
    if line().ahead(job) == 0:
        job.finished.wait(PROMPT)
    if not job.finished.is_set():
        progress(job)
        return None
    if job.failure is not None:
        raise job.failure
    if job.result is None:
        st.info(job.trouble or "Stopped.", icon=":material/stop_circle:")
        if st.button("Start again", icon=":material/replay:"):
            begin(wish)
            st.rerun()
    return job.result


def agreed(wish: Wish) -> bool:
    (width, height), (wide, tall) = wish.given.picture.size, wish.size()
    place = st.empty()
    with place.container():
        st.info(
            f"{width} × {height} pixels become {wide} × {tall}. That takes **about {duration(wish.seconds())}** here.",
            icon=":material/hourglass_empty:",
        )
        start = st.button("Start", type="primary", icon=":material/play_arrow:", key="start")
    if start:
        place.empty()
    return start


def begin(wish: Wish) -> Job:
    """Into the line. Raises InputError where it is full."""
    place = line()
    job = Job(visitor(), wish.key, lambda job: fulfil(wish, lambda: place.should_stop(job)), wish.seconds() <= AT_ONCE)
    place.enter(job)
    st.session_state[JOB] = job
    return job


@st.fragment(run_every=POLL)
def progress(job: Job) -> None:
    """Looks at the job now and then, and runs the page again when it is done."""
    job.look()
    if job.finished.is_set():
        st.rerun()
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        st.progress(min(job.share, 1.0), words(job))
        st.button("Stop", icon=":material/stop:", on_click=line().cancel, args=(job,), key="stop")


def words(job: Job) -> str:
    ahead = line().ahead(job)
    if ahead:
        return f"In line: {ahead} ahead of you."
    if job.stopped:
        return "Stopping after this tile …"
    left = job.remaining()
    return f"{job.share:.0%}" + (f", about {duration(left)} left" if left is not None else "")


# The result ----------------------------------------------------------------------------------------------------------


def notes(wish: Wish) -> None:
    """What was done otherwise than one would think."""
    job: Job | None = st.session_state.get(JOB)
    for text in dict.fromkeys((*wish.given.picture.notes, *(job.notes if job else ()))):
        st.caption(f":material/info: {plain(text)}")


def show(wish: Wish, result: Result) -> None:
    """Both pictures, and the numbers."""
    side = choose_side(result)
    name, what = wish.tool.name, f"{result.picture.size[0]} × {result.picture.size[1]} pixels"
    alts = {
        BICUBIC: f"The picture at {what}, enlarged by bicubic interpolation",
        ORIGINAL: f"The original, {what}",
    }
    compare_slider.compare(
        result.before[side], result.after, (side, name),
        (alts[side], f"The picture at {what}, {'restored' if wish.proof else 'enlarged'} by {name}"),
        result.shown_size, f"{wish.key} {side} {result.seconds}",
    )  # fmt: skip
    numbers = [
        ("From" if not wish.proof else "Shrunk to", f"{result.small[0]} × {result.small[1]}"),
        ("To" if not wish.proof else "Restored to", f"{result.picture.size[0]} × {result.picture.size[1]}"),
        ("Megapixels", f"{result.picture.size[0] * result.picture.size[1] / 1e6:.2f}"),
        ("Seconds", f"{result.seconds:.2f}"),
    ]
    with st.grid(4, min_column_width=140):
        for label, value in numbers:
            st.metric(label, value)
    if result.scores:
        scores(result)


def choose_side(result: Result) -> str:
    sides = [*result.before]
    if len(sides) == 1:
        return sides[0]
    chosen = st.segmented_control("Hold it against", sides, default=sides[0], key="against", required=True)
    return chosen if chosen in sides else sides[0]


def scores(result: Result) -> None:
    """A row a method, how near each came to the original."""
    rows: list[dict[str, Any]] = [
        {"": each.name, "PSNR (dB)": f"{each.psnr:.2f}", "SSIM": f"{each.ssim:.4f}"} for each in result.scores
    ]
    st.table(rows)
    st.caption(
        "How near the restored pictures come to the original, on brightness, the border left out, as papers measure it."
        " Higher is nearer. A network that invents crisp detail can look better and score lower."
    )


# Downloads -----------------------------------------------------------------------------------------------------------


def download(wish: Wish, result: Result, facts: dict[str, str]) -> None:
    """The picture as a file, made when asked for; a PNG carries the facts."""
    with st.popover("Download", icon=":material/download:"):
        format = st.segmented_control("Format", [*FORMATS], default="PNG", key="format", required=True) or "PNG"
        quality = writing.QUALITY
        if format != "PNG":
            quality = st.slider("Quality", 1, 100, writing.QUALITY, key="quality")
        try:
            losses = notes_of(result.picture, format, quality)
        except InputError as error:
            st.warning(str(error))
            return
        for text in losses:
            st.caption(f":material/info: {text}")
        factor = result.picture.size[0] / result.small[0]
        name = f"{wish.given.stem}-x{factor:g}.{FORMATS[format]}" if factor < 100 else f"{wish.given.stem}.png"
        picture = carrying(result.picture, facts, format)
        made = partial(writing.encode, picture, format, quality)
        downloads.offer(f"{format} file", lambda: made()[0], name, f"image/{format.lower()}")
        kept = result.picture.metadata
        if kept.exif or kept.xmp or kept.profile:
            st.caption("Colour profile and metadata of your picture go along, the place it was taken at included.")


def carrying(picture: Picture, facts: dict[str, str], format: str) -> Picture:
    """The picture with the facts among its texts, where the format takes texts."""
    if format != "PNG":
        return picture
    return replace(picture, metadata=replace(picture.metadata, texts=picture.metadata.texts | facts))


def notes_of(picture: Picture, format: str, quality: int) -> tuple[str, ...]:
    """What the format will not take, found out with one pixel. Raises InputError where the picture is too long."""
    writing.check(format, *picture.size, quality)
    alpha = None if picture.alpha is None else picture.alpha.min(keepdims=True)
    return writing.encode(replace(picture, pixels=picture.pixels[:1, :1], alpha=alpha), format, quality)[1]
