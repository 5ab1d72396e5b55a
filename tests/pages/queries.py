"""What tests read off a page that ran without a browser."""

import re

from streamlit.testing.v1 import AppTest


def galleries(app: AppTest) -> list[str]:
    """The markup of each gallery on the page."""
    return [each.value for each in app.html if "<img" in each.value and "atelier-moving" not in each.value]


def pictures(app: AppTest) -> list[str]:
    """The sources of all pictures on the page: the files themselves."""
    return re.findall(r'src="([^"]+)"', "".join(galleries(app)))


def words(app: AppTest) -> list[str]:
    """What the pictures show, for those who do not see them."""
    return re.findall(r'alt="([^"]*)"', "".join(galleries(app)))


def said(app: AppTest) -> list[str]:
    """All warnings, notes and errors."""
    return [each.value for kind in (app.warning, app.info, app.error) for each in kind]
