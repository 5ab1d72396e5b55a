"""The headers that the server adds."""

from typing import Any

import anyio
import pytest

from pages.ui.server import HistoryScript, PartitionedCookies, default_address

FRAME_COOKIE = b"_streamlit_xsrf=2|a|b|1; Path=/; SameSite=None; Secure"


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        (FRAME_COOKIE, FRAME_COOKIE + b"; Partitioned"),
        (FRAME_COOKIE + b"; Partitioned", FRAME_COOKIE + b"; Partitioned"),
        (b"_streamlit_xsrf=2|a|b|1; Path=/; SameSite=Lax", b"_streamlit_xsrf=2|a|b|1; Path=/; SameSite=Lax"),
    ],
)
def test_a_cross_site_cookie_is_partitioned(cookie: bytes, expected: bytes) -> None:
    headers = response_headers([(b"content-type", b"text/plain"), (b"set-cookie", cookie)])
    assert headers == [(b"content-type", b"text/plain"), (b"set-cookie", expected)]


def response_headers(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of a response after the middleware."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    async def record(message: Any) -> None:
        sent.append(message)

    anyio.run(PartitionedCookies(app), {"type": "http"}, None, record)
    assert sent[1]["body"] == b"ok"
    return sent[0]["headers"]


def test_an_app_of_ones_own_listens_on_this_machine_alone_and_a_hosted_one_on_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("STREAMLIT_SERVER_ADDRESS", raising=False)
    assert default_address(hosted=False) == "127.0.0.1"
    assert default_address(hosted=True) is None
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")
    assert default_address(hosted=False) is None  # the environment decides


def served(path: str, content_type: bytes, body: bytes) -> bytes:
    """The body of a response, sent in two parts, after the middleware of the script of the history."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert not [name for name, _ in scope["headers"] if name == b"if-none-match"] or path != "/digits"
        headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode()), (b"etag", b"x")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body[:9], "more_body": True})
        await send({"type": "http.response.body", "body": body[9:]})

    async def record(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"if-none-match", b"x")]}
    anyio.run(HistoryScript(app), scope, None, record)
    result = b"".join(message["body"] for message in sent[1:])
    assert dict(sent[0]["headers"])[b"content-length"] == str(len(result)).encode()
    return result


def test_the_script_of_the_history_comes_first_in_a_page_and_in_nothing_else() -> None:
    html = b"<html><head><script src='app.js'></script></head></html>"
    page = served("/digits", b"text/html; charset=utf-8", html)
    assert page.index(b"history.replaceState") < page.index(b"app.js")
    assert served("/static/a.html", b"text/html", html) == html
    assert served("/digits", b"text/plain", html) == html
