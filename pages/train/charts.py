"""Curves of a training: few points of many, in colours that both themes can bear; a second run is dashed beside."""

from typing import Any

import numpy as np
import streamlit as st

from gan_core.runs.log_reader import Column, downsample, last_median, smooth
from pages.ui import model_cache

DISCRIMINATOR_COLOUR, GENERATOR_COLOUR, THIRD_COLOUR = "#3f87b5", "#d8613f", "#8a8f3c"
Log = dict[str, Column]
Series = tuple[str, str, str]  # a column, what it is called, its colour


@st.cache_resource(show_spinner=False)
def import_plotly() -> None:
    """Bring what draws charts, and hide it from the garbage collector, which else looks through it after every run."""
    import plotly.io
    import plotly.tools  # noqa: F401

    model_cache.freeze_gc()


def show_charts(log: Log, preview_metrics: Log, other: tuple[str, Log, Log] | None, logistic: bool) -> None:
    """All charts that there are numbers for. `other` is the title and the columns of a run to compare with."""
    import_plotly()
    other_log = (other[0], other[1]) if other else None
    with st.grid(2, min_column_width=320):
        show_chart("Losses, and their moving averages", "losses", log, other_log,
              [("discriminator", "discriminator", DISCRIMINATOR_COLOUR), ("generator", "generator", GENERATOR_COLOUR)], faint=True)  # fmt: skip
        if "told_apart" in log:
            show_chart("How surely real is told from generated (0.5 is guessing)", "apart", log, other_log,
                  [("told_apart", "certainty", DISCRIMINATOR_COLOUR)], y_range=(0.0, 1.02))  # fmt: skip
            title = "D on real and on fake: mean probability" if logistic else "D on real and on fake: mean raw score"
            scores = [("real_score", "real", DISCRIMINATOR_COLOUR), ("fake_score", "generated", GENERATOR_COLOUR)]
            show_chart(title, "scores", log, other_log, scores, transform=sigmoid if logistic else None)
        if "generator_gradient" in log:
            norms = [
                ("discriminator_gradient", "discriminator", DISCRIMINATOR_COLOUR),
                ("generator_gradient", "generator", GENERATOR_COLOUR),
            ]
            show_chart("Gradient norms (logarithmic)", "norms", log, other_log, norms, logarithmic=True)
        if "diversity" in preview_metrics and len(preview_metrics["step"]) > 1:
            similarity = [("diversity", "diversity", GENERATOR_COLOUR), ("diversity_seen", "in the discriminator's eyes", DISCRIMINATOR_COLOUR),
                     ("nearest", "distance to the nearest training picture", THIRD_COLOUR)]  # fmt: skip
            show_chart("Previews against real pictures (1 is like real)", "looks", preview_metrics,
                  (other[0], other[2]) if other else None, similarity)  # fmt: skip


def sigmoid(scores: Column) -> Column:
    return 1 / (1 + np.exp(-np.clip(scores, -50, 50)))


def show_chart(
    title: str, key: str, log: Log, other: tuple[str, Log] | None, series_list: list[Series], *, faint: bool = False,
    logarithmic: bool = False, y_range: tuple[float, float] | None = None, transform: Any = None,
) -> None:  # fmt: skip
    traces = [
        trace
        for series in series_list
        if series[0] in log
        for trace in series_traces(log, series, faint, transform, "solid", "")
    ]
    if other:
        traces += [trace for series in series_list if series[0] in other[1]
                   for trace in series_traces(other[1], series, False, transform, "dot", f" ({other[0]})")]  # fmt: skip
    if not traces:
        return
    axis: dict[str, Any] = {"type": "log", "exponentformat": "power"} if logarithmic else {}
    layout = {
        "height": 300 if other else 270, "margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "uirevision": key,
        "hovermode": "x unified", "legend": {"orientation": "h", "y": -0.2}, "xaxis": {"automargin": True},
        "yaxis": axis | ({"range": list(y_range)} if y_range else {}) | {"automargin": True}, "showlegend": len(traces) > 1,
    }  # fmt: skip
    with st.container(border=True):
        st.markdown(f"**{title}**")
        st.plotly_chart({"data": traces, "layout": layout}, key=f"train_chart_{key}", config={"displayModeBar": False},
                        alt=alt_text(title, log, series_list))  # fmt: skip


def alt_text(title: str, log: Log, series_list: list[Series]) -> str:
    """The chart for those who do not see it: where each curve stands."""
    latest_values = [
        f"{label} {value:.3g}" for name, label, _ in series_list if (value := last_median(log, name)) is not None
    ]
    step = last_median(log, "step") or 0
    return f"{title}. At step {step:,.0f}: {', '.join(latest_values) or 'nothing yet'}."


def series_traces(
    log: Log, series: Series, faint: bool, transform: Any, dash: str, suffix: str
) -> list[dict[str, Any]]:
    """A column as a trace, with its moving average where the values themselves are drawn faintly."""
    name, label, colour = series
    values = transform(log[name]) if transform else log[name]
    parts = [(log["step"], smooth(values), 1.0, label + suffix)] if faint or dash != "solid" else []
    parts += [(log["step"], values, 0.35 if faint else 1.0, label)] if dash == "solid" else []
    traces = []
    for number, (steps, y_values, opacity, title) in enumerate(parts):
        x, y = downsample(steps, y_values)
        traces.append({
            "type": "scatter", "mode": "lines", "x": x, "y": y, "name": title, "opacity": opacity,
            "line": {"color": colour, "width": 2 if opacity == 1 else 1, "dash": dash},
            "showlegend": not (faint and number), "hoverinfo": "skip" if faint and number else "x+y+name",
        })  # fmt: skip
    return traces
