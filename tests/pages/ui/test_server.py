"""The headers that the server adds."""

from typing import Any

import anyio
import pytest

from pages.ui.server import PartitionedCookies, default_address

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
