"""The headers that the server adds."""

from typing import Any

import anyio
import pytest

from pages.ui.server import PartitionedCookies

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
