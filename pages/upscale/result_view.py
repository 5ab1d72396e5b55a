"""The result of an upscaling on the page: before and after under one slider, sizes and time, quality scores."""

from typing import Any

import streamlit as st

from pages.upscale.compare_slider import compare_slider
from pages.upscale.request import UpscaleRequest, UpscaleResult
from pages.upscale.worker import BICUBIC, ORIGINAL


def show_result(request: UpscaleRequest, result: UpscaleResult) -> None:
    """Shows both images, the numbers, and the quality scores where they were measured."""
    reference = reference_picker(result)
    model_name, (width, height) = request.model.name, result.image.size
    reference_alts = {
        BICUBIC: f"The picture at {width} × {height} pixels, enlarged by bicubic interpolation",
        ORIGINAL: f"The original, {width} × {height} pixels",
    }
    verb = "restored" if request.benchmark else "enlarged"
    if result.animation_format:
        reference_alts[ORIGINAL] = f"Your animation, shown at {width} × {height} pixels"
    compare_slider(
        result.before[reference],
        result.after,
        (reference, model_name),
        (reference_alts[reference], f"The picture at {width} × {height} pixels, {verb} by {model_name}"),
        result.display_size,
        f"{request.key} {reference} {result.seconds}",
    )
    show_metrics(request, result)
    if result.scores:
        show_scores(result)


def reference_picker(result: UpscaleResult) -> str:
    """The image that the result is compared with; a choice where there are several."""
    references = [*result.before]
    if len(references) == 1:
        return references[0]
    selected = st.segmented_control("Compare with", references, default=references[0], key="against", required=True)
    return selected if selected in references else references[0]


def show_metrics(request: UpscaleRequest, result: UpscaleResult) -> None:
    (source_width, source_height), (width, height) = result.source_size, result.image.size
    metrics = {
        "Downscaled to" if request.benchmark else "From": f"{source_width} × {source_height}",
        "Restored to" if request.benchmark else "To": f"{width} × {height}",
        "Megapixels": f"{width * height / 1e6:.2f}",
        "Seconds": f"{result.seconds:.2f}",
    } | ({"Frames": f"{result.frame_count}"} if result.animation_format else {})
    with st.grid(len(metrics), min_column_width=140):
        for label, value in metrics.items():
            st.metric(label, value)


def show_scores(result: UpscaleResult) -> None:
    """Shows PSNR and SSIM of each method as a table."""
    rows: list[dict[str, Any]] = [
        {"": score.name, "PSNR (dB)": f"{score.psnr:.2f}", "SSIM": f"{score.ssim:.4f}"} for score in result.scores
    ]
    st.table(rows)
    st.caption(
        "How close each method comes to the original, measured on the luma channel without the border, as papers do."
        " Higher is closer. A network that adds sharp detail of its own can look better and score lower."
    )
