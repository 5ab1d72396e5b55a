"""The dashboard of a run: previews, charts, comparison."""

import json
from pathlib import Path

from tests.pages.conftest import OpenPage
from tests.pages.queries import messages, page_text
from tests.pages.train.conftest import finished_run


def test_a_finished_run_shows_previews_charts_and_actions(open_page: OpenPage, runs_root: Path) -> None:
    finished_run(runs_root)
    app = open_page("train", run="mine")
    assert not app.exception
    assert not [message for message in messages(app) if "link" in message]
    assert {metric.label: metric.value for metric in app.metric}["Saved"] == "step 12"
    sheets = [element.value for element in app.html if "atelier-sheet" in element.value]
    assert 'alt="Preview of Mine at step 12"' in sheets[0]
    assert "Real pictures" in sheets[1]
    assert len(app.get("plotly_chart")) == 5
    assert "Too early to tell" in page_text(app)
    labels = [button.label for button in app.button]
    assert {"Delete", "Make it a model", "Go on"} <= set(labels)


def test_the_slider_goes_back_in_time(open_page: OpenPage, runs_root: Path) -> None:
    finished_run(runs_root)
    app = open_page("train", run="mine")
    slider = app.select_slider[0]
    assert slider.value == 12
    slider.set_value(4).run()
    assert any("at step 4" in element.value for element in app.html)
    app.run()
    assert app.select_slider[0].value == 4


def test_two_runs_are_compared(open_page: OpenPage, runs_root: Path) -> None:
    finished_run(runs_root)
    finished_run(runs_root, "other", seed=5)
    app = open_page("train", run="mine", against="other")
    assert not messages(app)
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert "discriminator (Other)" in [trace["name"] for trace in chart["data"]]
