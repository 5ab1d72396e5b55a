"""What tests read off a page that ran without a browser."""

import re

from streamlit.testing.v1 import AppTest


def gallery_markup(app: AppTest) -> list[str]:
    """The markup of each gallery on the page."""
    return [element.value for element in app.html if "<img" in element.value and "atelier-moving" not in element.value]


def image_sources(app: AppTest) -> list[str]:
    """The sources of all pictures on the page: the files themselves."""
    return re.findall(r'src="([^"]+)"', "".join(gallery_markup(app)))


def alt_texts(app: AppTest) -> list[str]:
    """What the pictures show, for those who do not see them."""
    return re.findall(r'alt="([^"]*)"', "".join(gallery_markup(app)))


def messages(app: AppTest) -> list[str]:
    """All warnings, notes and errors."""
    return [element.value for kind in (app.warning, app.info, app.error) for element in kind]
