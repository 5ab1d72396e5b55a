"""A model on the Hub, and its preview and download by the form of the page Models."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.hub.server import Hub
from tests.imported_models import TutorialDCGAN, save_to_bytes


@pytest.fixture
def faces_name(hub: Hub) -> str:
    """The name that a generator on the Hub will have here."""
    card = b"---\nlicense: mit\n---\n# Faces\n\n![them](http://elsewhere/x.png) <script>x</script>\n"
    commit = hub.add("me/faces", {"g.pth": save_to_bytes(TutorialDCGAN().state_dict()), "README.md": card})
    return f"me--faces@{commit[:7]}"


def table_html(app: AppTest) -> str:
    return next(element.value for element in app.html if "atelier-table" in element.value)


def preview(app: AppTest, reference: str) -> AppTest:
    return app.text_input(key="hub_reference").set_value(reference).run()


def fetch(app: AppTest, reference: str) -> AppTest:
    app = preview(app, reference)
    return app.button(key="hub_fetch").click().run()
