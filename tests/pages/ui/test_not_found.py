"""Addresses that are no page: redirects that keep the query, a 404 with links, and everything else untouched."""

from typing import Any

import anyio
import pytest
from streamlit import config

from pages.ui.limits import HOSTED_VARIABLE
from pages.ui.not_found import UnknownAddresses

APP_HTML = b"<!doctype html>the app"


def response(path: str, query: bytes = b"", content_type: bytes = b"text/html; charset=utf-8") -> tuple[Any, bytes]:
    """Start and body of the response to a GET of a path, to which the app would answer by its HTML."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", content_type)]})
        await send({"type": "http.response.body", "body": APP_HTML[:5], "more_body": True})
        await send({"type": "http.response.body", "body": APP_HTML[5:]})

    async def record(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "query_string": query}
    anyio.run(UnknownAddresses(app), scope, None, record)
    return sent[0], b"".join(message["body"] for message in sent[1:])


@pytest.mark.parametrize("path", ["/", "/digits", "/how-it-works", "/train"])
def test_a_page_is_answered_by_the_app(path: str) -> None:
    start, body = response(path)
    assert start["status"] == 200
    assert body == APP_HTML


def test_a_file_at_any_address_is_left_alone() -> None:
    start, body = response("/media/a/b.png", content_type=b"image/png")
    assert start["status"] == 200
    assert body == APP_HTML


@pytest.mark.parametrize("path", ["/nonsense", "/a/b", "/digits/a", "/<script>alert(1)</script>"])
def test_an_unknown_address_is_named_and_leads_to_every_page(path: str) -> None:
    start, body = response(path)
    assert start["status"] == 404
    text = body.decode()
    assert "Nothing is at /" in text
    assert "<script" not in text
    for link in ('href="/"', 'href="/digits"', 'href="/train"', 'href="/how-it-works"'):
        assert link in text


def test_a_page_that_is_nearly_written_is_offered() -> None:
    assert "Did you mean Samples?" in response("/sampels")[1].decode()
    assert "Did you mean" not in response("/nonsense")[1].decode()


@pytest.mark.parametrize(
    ("path", "location"),
    [("/home", b"/?seed=3"), ("/Digits", b"/digits?seed=3"), ("/how_it_works", b"/how-it-works?seed=3")],
)
def test_a_page_written_differently_is_opened_with_its_query(path: str, location: bytes) -> None:
    start, _ = response(path, b"seed=3")
    assert start["status"] == 307
    assert (b"location", location) in start["headers"]


def test_a_base_path_comes_before_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "get_option", lambda name: {"server.baseUrlPath": "atelier"}[name])
    assert response("/atelier/digits")[0]["status"] == 200
    start, body = response("/atelier/nonsense")
    assert start["status"] == 404
    assert 'href="/atelier/digits"' in body.decode()


def test_no_host_leads_to_the_page_train(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOSTED_VARIABLE, "1")
    assert 'href="/train"' not in response("/nonsense")[1].decode()
    assert response("/train")[0]["status"] == 200
