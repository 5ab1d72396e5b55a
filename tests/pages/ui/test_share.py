"""The popover Share on every page: link, QR code, and images for the clipboard."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import share
from tests.pages.conftest import OpenPage
from tests.pages.queries import run_until_finished


def open_share(app: AppTest) -> AppTest:
    app.session_state["share"] = True
    return run_until_finished(app.run())


def clipboard_bytes(app: AppTest) -> list[bytes]:
    protos = [element.proto for element in app.get("bidi_component")]
    return [proto.bytes for proto in protos if proto.component_name == "atelier_copy"]


@pytest.mark.parametrize("name", ["home", "samples", "digits", "text", "upscale", "train", "models", "how-it-works"])
def test_every_page_shares_its_link_as_text_and_qr_code_and_its_pictures(
    open_page: OpenPage, weights_hashes: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("GAN_CORE_RUNS", str(tmp_path))
    app = run_until_finished(open_page(name))
    assert app.code[0].value
    assert not clipboard_bytes(app), "nothing is made before the popover is opened"
    app = open_share(app)
    assert "QR code (SVG)" in [button.label for button in app.download_button]
    if name not in ("train", "models", "how-it-works"):
        assert clipboard_bytes(app)[0].startswith((b"\x89PNG", b"\xff\xd8"))


def test_the_link_to_home_carries_no_state(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    assert urlsplit(open_page("home").code[0].value).query == ""


def test_each_picture_and_the_sheet_can_be_selected_for_the_clipboard(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    app = open_share(open_page("digits", digit="3", count="3"))
    first_image = clipboard_bytes(app)
    app.selectbox(key="share_picture").set_value(1).run()
    assert clipboard_bytes(app) != first_image
    assert app.selectbox(key="share_picture").options == ["3-seed0", "3-seed1", "3-seed2", share.SHEET_OPTION]


def test_a_selected_picture_that_is_gone_is_replaced_by_the_first(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    app = open_share(open_page("digits", count="9"))
    app.selectbox(key="share_picture").set_value(8).run()
    app.number_input(key="count").set_value(2).run()
    assert not app.exception
    assert clipboard_bytes(app)


def test_a_qr_code_is_dark_on_white_and_depends_on_the_link() -> None:
    link = "https://somebody-atelier.example/digits?digit=7&seed=21"
    svg = share.qr_svg(link)
    assert re.search(r'fill="#fff"', svg)
    assert share.qr_svg(link + "0") != svg


def test_a_link_that_is_too_long_for_a_qr_code_says_so() -> None:
    app = AppTest.from_string("from pages.ui import share\nshare.show_qr_code('https://a.example/?' + 'x' * 3000)")
    assert "too long" in app.run().caption[0].value
