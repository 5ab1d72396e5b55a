"""The server around the app: what it says to browsers besides the pages."""

from typing import Any

import anyio
import pytest

from pages.ui.server import PartitionedCookies

FRAME_COOKIE = b"_streamlit_xsrf=2|a|b|1; Path=/; SameSite=None; Secure"


@pytest.mark.parametrize(
    ("cookie", "becomes"),
    [
        (FRAME_COOKIE, FRAME_COOKIE + b"; Partitioned"),
        (FRAME_COOKIE + b"; Partitioned", FRAME_COOKIE + b"; Partitioned"),
        (b"_streamlit_xsrf=2|a|b|1; Path=/; SameSite=Lax", b"_streamlit_xsrf=2|a|b|1; Path=/; SameSite=Lax"),
    ],
)
def test_a_cookie_for_frames_is_kept_apart_by_the_site_that_holds_the_frame(cookie: bytes, becomes: bytes) -> None:
    said = response_headers([(b"content-type", b"text/plain"), (b"set-cookie", cookie)])
    assert said == [(b"content-type", b"text/plain"), (b"set-cookie", becomes)]


def response_headers(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an app's answer as they leave the server."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    async def note(message: Any) -> None:
        sent.append(message)

    anyio.run(PartitionedCookies(app), {"type": "http"}, None, note)
    assert sent[1]["body"] == b"ok"
    return sent[0]["headers"]
