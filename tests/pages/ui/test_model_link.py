"""Links from a model to the page that uses it."""

from pathlib import Path

import pytest

from pages.ui import model_link
from tests import factories


@pytest.mark.parametrize(
    ("family", "page"),
    [
        ("dcgan", "samples"), ("vanilla", "samples"), ("conditional", "digits"), ("text_conditional", "text"),
        ("srgan", "upscale"),
    ],
)  # fmt: skip
def test_a_model_opens_on_the_page_of_its_task(
    family: str, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(
        model_link.st, "page_link", lambda path, *, label, icon, query_params: links.append((path, query_params))
    )
    model_link.link_to_page(factories.checkpoint(tmp_path, family, "mine"))
    assert links == [(f"pages/{page}/page.py", {"model": "mine"})]
