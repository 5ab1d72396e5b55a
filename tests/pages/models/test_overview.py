"""The table of all models."""

from pathlib import Path

from tests.pages.conftest import OpenPage
from tests.pages.models.conftest import table_html


def test_every_model_is_listed_with_family_size_licence_and_source(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("models")
    assert not app.exception
    for what in ("tiny-x4", "tiny-x2", "tiny-dcgan", "DCGAN", "shapes", "0.0 MB", "mit", "this machine"):
        assert what in table_html(app)
