"""The page Train as a whole: what it opens with, and links to runs."""

from pathlib import Path

from tests.pages.conftest import OpenPage
from tests.pages.queries import messages, page_text
from tests.pages.train.conftest import finished_run


def test_without_runs_the_page_opens_with_the_form_and_an_estimate(open_page: OpenPage, runs_root: Path) -> None:
    app = open_page("train")
    assert not app.exception
    assert not messages(app)
    assert "60,000 pictures" in page_text(app)
    assert "20,000 steps of 64 pictures" in page_text(app)
    assert "33 to 42 minutes" in page_text(app)  # at a tenth of a second each, or a quarter more
    assert "1.2 GB" in page_text(app)


def test_a_link_to_a_deleted_run_shows_a_warning(open_page: OpenPage, runs_root: Path) -> None:
    finished_run(runs_root)
    app = open_page("train", run="nobodys")
    assert any("link's run cannot be used" in message for message in messages(app))
    assert not app.exception
