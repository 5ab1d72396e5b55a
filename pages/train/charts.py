"""Charts of a run's metrics in colours that both themes can bear; a second run is drawn as dotted lines."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from gan_core.runs.log_reader import Column, downsample, last_median, smooth
from gan_core.runs.progress import to_probabilities
from pages.ui import model_cache

DISCRIMINATOR_COLOUR, GENERATOR_COLOUR, THIRD_COLOUR = "#3f87b5", "#d8613f", "#8a8f3c"
FAINT_OPACITY = 0.35
Log = dict[str, Column]


@dataclass(frozen=True)
class Series:
    """A column of the log, its label in the legend, and its colour."""

    column: str
    label: str
    colour: str


@dataclass(frozen=True)
class Chart:
    """A chart of some columns. `faint`: the values are noisy, so their moving average stands out from them."""

    title: str
    key: str
    series: tuple[Series, ...]
    faint: bool = False
    logarithmic: bool = False
    y_range: tuple[float, float] | None = None
    transform: Callable[[Column], Column] | None = None


LOSSES = Chart(
    "Losses, and their moving averages", "losses",
    (Series("discriminator", "discriminator", DISCRIMINATOR_COLOUR),
     Series("generator", "generator", GENERATOR_COLOUR)),
    faint=True,
)  # fmt: skip
CRITIC_AUC = Chart(
    "How surely real is told from generated (0.5 is guessing)", "apart",
    (Series("told_apart", "certainty", DISCRIMINATOR_COLOUR),), y_range=(0.0, 1.02),
)  # fmt: skip
SCORE_SERIES = (Series("real_score", "real", DISCRIMINATOR_COLOUR), Series("fake_score", "generated", GENERATOR_COLOUR))
RAW_SCORES = Chart("D on real and on fake: mean raw score", "scores", SCORE_SERIES)
PROBABILITIES = Chart("D on real and on fake: mean probability", "scores", SCORE_SERIES, transform=to_probabilities)
GRADIENT_NORMS = Chart(
    "Gradient norms (logarithmic)", "norms",
    (Series("discriminator_gradient", "discriminator", DISCRIMINATOR_COLOUR),
     Series("generator_gradient", "generator", GENERATOR_COLOUR)),
    logarithmic=True,
)  # fmt: skip
PREVIEW_METRICS = Chart(
    "Previews against real pictures (1 is like real)", "looks",
    (Series("diversity", "diversity", GENERATOR_COLOUR),
     Series("diversity_seen", "diversity of the discriminator's features", DISCRIMINATOR_COLOUR),
     Series("nearest", "distance to the nearest training picture", THIRD_COLOUR)),
)  # fmt: skip


@st.cache_resource(show_spinner=False)
def import_plotly() -> None:
    """Import plotly once, and exempt it from garbage collection, which runs after every run of a page."""
    import plotly.io
    import plotly.tools  # noqa: F401

    model_cache.freeze_gc()


def show_charts(log: Log, preview_metrics: Log, other: tuple[str, Log, Log] | None, is_logistic: bool) -> None:
    """All charts that the logs have columns for. `other`: the title and the logs of a run to compare with."""
    import_plotly()
    other_log = (other[0], other[1]) if other else None
    other_metrics = (other[0], other[2]) if other else None
    with st.grid(2, min_column_width=320):
        show_chart(LOSSES, log, other_log)
        if "told_apart" in log:
            show_chart(CRITIC_AUC, log, other_log)
            show_chart(PROBABILITIES if is_logistic else RAW_SCORES, log, other_log)
        if "generator_gradient" in log:
            show_chart(GRADIENT_NORMS, log, other_log)
        if "diversity" in preview_metrics and len(preview_metrics["step"]) > 1:
            show_chart(PREVIEW_METRICS, preview_metrics, other_metrics)


def show_chart(chart: Chart, log: Log, other: tuple[str, Log] | None) -> None:
    """The chart; nothing where the logs have none of its columns. `other`: the title and the log of another run."""
    traces = [trace for series in chart.series if series.column in log for trace in series_traces(chart, log, series)]
    if other:
        title, other_log = other
        traces += [comparison_trace(chart, other_log, series, title)
                   for series in chart.series if series.column in other_log]  # fmt: skip
    if not traces:
        return
    y_axis: dict[str, Any] = {"automargin": True}
    if chart.logarithmic:
        y_axis |= {"type": "log", "exponentformat": "power"}
    if chart.y_range:
        y_axis["range"] = list(chart.y_range)
    layout = {
        "height": 300 if other else 270, "margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "uirevision": chart.key,
        "hovermode": "x unified", "legend": {"orientation": "h", "y": -0.2}, "xaxis": {"automargin": True},
        "yaxis": y_axis, "showlegend": len(traces) > 1,
    }  # fmt: skip
    with st.container(border=True):
        st.markdown(f"**{chart.title}**")
        st.plotly_chart(
            {"data": traces, "layout": layout}, key=f"train_chart_{chart.key}", config={"displayModeBar": False},
            alt=alt_text(chart, log),
        )  # fmt: skip


def alt_text(chart: Chart, log: Log) -> str:
    """The title and the latest value of each series."""
    latest_values = [
        f"{series.label} {value:.3g}"
        for series in chart.series
        if (value := last_median(log, series.column)) is not None
    ]
    step = last_median(log, "step") or 0
    return f"{chart.title}. At step {step:,.0f}: {', '.join(latest_values) or 'nothing yet'}."


def series_traces(chart: Chart, log: Log, series: Series) -> list[dict[str, Any]]:
    """The values of a column; where they are faint, their moving average first, and only that in the legend."""
    values = transformed(chart, log, series)
    if not chart.faint:
        return [make_trace(log["step"], values, series.label, series.colour)]
    faint = make_trace(log["step"], values, series.label, series.colour, FAINT_OPACITY)
    return [
        make_trace(log["step"], smooth(values), series.label, series.colour),
        faint | {"showlegend": False, "hoverinfo": "skip"},
    ]


def comparison_trace(chart: Chart, log: Log, series: Series, title: str) -> dict[str, Any]:
    """The moving average of another run's column, dotted."""
    values = smooth(transformed(chart, log, series))
    return make_trace(log["step"], values, f"{series.label} ({title})", series.colour, dash="dot")


def transformed(chart: Chart, log: Log, series: Series) -> Column:
    return chart.transform(log[series.column]) if chart.transform else log[series.column]


def make_trace(
    steps: Column, values: Column, label: str, colour: str, opacity: float = 1.0, dash: str = "solid"
) -> dict[str, Any]:
    """A line of plotly, thinned to the points that a screen can show."""
    x, y = downsample(steps, values)
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y, "name": label, "opacity": opacity,
        "line": {"color": colour, "width": 2 if opacity == 1 else 1, "dash": dash}, "showlegend": True,
        "hoverinfo": "x+y+name",
    }  # fmt: skip
