"""Curves of a training: few points of many, in colours that both themes can bear; a second run is dashed beside."""

from typing import Any

import numpy as np
import streamlit as st

from gan_core.runs.log_reader import Column, last_median, smooth, downsample
from pages.ui import model_cache

TELLER, FORGER, THIRD = "#3f87b5", "#d8613f", "#8a8f3c"
Log = dict[str, Column]
Line = tuple[str, str, str]  # a column, what it is called, its colour


@st.cache_resource(show_spinner=False)
def ready() -> None:
    """Bring what draws charts, and hide it from the garbage collector, which else looks through it after every run."""
    import plotly.io
    import plotly.tools  # noqa: F401

    model_cache.settle()


def show(log: Log, seen: Log, other: tuple[str, Log, Log] | None, logistic: bool) -> None:
    """All charts that there are numbers for. `other` is the title and the columns of a run to compare with."""
    ready()
    second = (other[0], other[1]) if other else None
    with st.grid(2, min_column_width=320):
        chart("Losses, and their moving averages", "losses", log, second,
              [("discriminator", "discriminator", TELLER), ("generator", "generator", FORGER)], faint=True)  # fmt: skip
        if "told_apart" in log:
            chart("How surely real is told from generated (0.5 is guessing)", "apart", log, second,
                  [("told_apart", "certainty", TELLER)], span=(0.0, 1.02))  # fmt: skip
            what = "D on real and on fake: mean probability" if logistic else "D on real and on fake: mean raw score"
            scores = [("real_score", "real", TELLER), ("fake_score", "generated", FORGER)]
            chart(what, "scores", log, second, scores, change=sigmoid if logistic else None)
        if "generator_gradient" in log:
            norms = [("discriminator_gradient", "discriminator", TELLER), ("generator_gradient", "generator", FORGER)]
            chart("Gradient norms (logarithmic)", "norms", log, second, norms, logarithmic=True)
        if "diversity" in seen and len(seen["step"]) > 1:
            looks = [("diversity", "diversity", FORGER), ("diversity_seen", "in the discriminator's eyes", TELLER),
                     ("nearest", "distance to the nearest training picture", THIRD)]  # fmt: skip
            chart("Previews against real pictures (1 is like real)", "looks", seen,
                  (other[0], other[2]) if other else None, looks)  # fmt: skip


def sigmoid(scores: Column) -> Column:
    return 1 / (1 + np.exp(-np.clip(scores, -50, 50)))


def chart(
    about: str, key: str, log: Log, other: tuple[str, Log] | None, lines: list[Line], *, faint: bool = False,
    logarithmic: bool = False, span: tuple[float, float] | None = None, change: Any = None,
) -> None:  # fmt: skip
    traces = [trace for line in lines if line[0] in log for trace in curves(log, line, faint, change, "solid", "")]
    if other:
        traces += [trace for line in lines if line[0] in other[1]
                   for trace in curves(other[1], line, False, change, "dot", f" ({other[0]})")]  # fmt: skip
    if not traces:
        return
    axis: dict[str, Any] = {"type": "log", "exponentformat": "power"} if logarithmic else {}
    layout = {
        "height": 300 if other else 270, "margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "uirevision": key,
        "hovermode": "x unified", "legend": {"orientation": "h", "y": -0.2}, "xaxis": {"automargin": True},
        "yaxis": axis | ({"range": list(span)} if span else {}) | {"automargin": True}, "showlegend": len(traces) > 1,
    }  # fmt: skip
    with st.container(border=True):
        st.markdown(f"**{about}**")
        st.plotly_chart({"data": traces, "layout": layout}, key=f"train_chart_{key}", config={"displayModeBar": False},
                        alt=in_words(about, log, lines))  # fmt: skip


def in_words(about: str, log: Log, lines: list[Line]) -> str:
    """The chart for those who do not see it: where each curve stands."""
    ends = [f"{label} {value:.3g}" for name, label, _ in lines if (value := last_median(log, name)) is not None]
    step = last_median(log, "step") or 0
    return f"{about}. At step {step:,.0f}: {', '.join(ends) or 'nothing yet'}."


def curves(log: Log, line: Line, faint: bool, change: Any, dash: str, suffix: str) -> list[dict[str, Any]]:
    """A column as a trace, with its moving average where the values themselves are drawn faintly."""
    name, label, colour = line
    values = change(log[name]) if change else log[name]
    found = [(log["step"], smooth(values), 1.0, label + suffix)] if faint or dash != "solid" else []
    found += [(log["step"], values, 0.35 if faint else 1.0, label)] if dash == "solid" else []
    traces = []
    for number, (steps, each, opacity, title) in enumerate(found):
        x, y = downsample(steps, each)
        traces.append({
            "type": "scatter", "mode": "lines", "x": x, "y": y, "name": title, "opacity": opacity,
            "line": {"color": colour, "width": 2 if opacity == 1 else 1, "dash": dash},
            "showlegend": not (faint and number), "hoverinfo": "skip" if faint and number else "x+y+name",
        })  # fmt: skip
    return traces
