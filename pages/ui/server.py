"""The app as an ASGI server that warms up by itself: `python -m pages.ui.server --port 8501`.

The port answers within seconds, and the warm-up runs beside the first visits, which show a spinner until it is done.
`streamlit run streamlit_app.py` serves the same application.
"""

import argparse
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio import create_task_group, to_thread
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager

from pages.ui import navigation, not_found, paths
from pages.ui.limits import HOSTED_LIMITS, HOSTED_VARIABLE

SCRIPT_PATH = paths.ROOT / "streamlit_app.py"

# Until `st.navigation` has run once, Streamlit takes a folder named `pages` for the pages of its older multipage apps:
# it would answer a deep link that is the first request of a fresh server by "Page not found".
PagesManager.uses_pages_directory = False

# Settings of `--hosted`. Another site (as the Hub) may show the app in a frame, where the XSRF cookie that uploads need
# must be SameSite=None, which browsers accept over https only, and partitioned, or most of them block it.
HOSTED_CONFIG: dict[str, Any] = {
    "server.headless": True,
    "server.maxUploadSize": HOSTED_LIMITS.upload_megabytes,
    "server.maxMessageSize": 100,
    "server.disconnectedSessionTTL": 60,
    "server.enableXsrfProtection": True,
    "server.xsrfCookieSameSite": "none",
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
}


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Start the warm-up when Streamlit is up; it runs beside the first visits."""
    async with create_task_group() as task_group:
        task_group.start_soon(to_thread.run_sync, navigation.warm_up_models)
        yield


class PartitionedCookies:
    """ASGI middleware that marks cross-site cookies as partitioned by the embedding site (CHIPS).

    Browsers that block third-party cookies accept partitioned ones; without its cookie, the app in a frame of another
    site refuses every upload.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_partitioned(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [(name, partition_cookie(name, value)) for name, value in message["headers"]]
            await send(message)

        await self.app(scope, receive, send_partitioned)


def partition_cookie(name: bytes, value: bytes) -> bytes:
    """The value of a header, with `Partitioned` where it sets a SameSite=None cookie."""
    is_cross_site_cookie = name.lower() == b"set-cookie" and b"samesite=none" in value.lower()
    return value + b"; Partitioned" if is_cross_site_cookie and b"partitioned" not in value.lower() else value


class HistoryScript:
    """ASGI middleware that puts assets/history.js into the HTML of the app, to run before Streamlit's own scripts."""

    SCRIPT = b"<head><script>" + (paths.ASSETS / "history.js").read_bytes() + b"</script>"
    CACHING_HEADERS = frozenset({b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"})  # of a request

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not not_found.is_page(scope["path"]):
            return await self.app(scope, receive, send)
        start: Any = None
        body = b""

        async def send_with_script(message: Any) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and not_found.is_html(message):
                start = message
            elif start is None or message["type"] != "http.response.body":
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    await send_html(body.replace(b"<head>", self.SCRIPT, 1))

        async def send_html(html: bytes) -> None:
            dropped = (
                b"content-length",
                b"etag",
                b"last-modified",
                b"accept-ranges",
            )  # they describe the file without the script
            headers = [(name, value) for name, value in start["headers"] if name.lower() not in dropped]
            await send({**start, "headers": [*headers, (b"content-length", str(len(html)).encode())]})
            await send({"type": "http.response.body", "body": html})

        headers = [(name, value) for name, value in scope["headers"] if name.lower() not in self.CACHING_HEADERS]
        await self.app({**scope, "headers": headers}, receive, send_with_script)
        return None


MIDDLEWARE = [
    Middleware(PartitionedCookies), Middleware(not_found.UnknownAddresses), Middleware(HistoryScript),
]  # fmt: skip


def serve(config: dict[str, Any]) -> None:
    """Serve until stopped. `config` has dotted names and overrides .streamlit/config.toml."""
    from streamlit_app import app  # late: it imports this module

    sys.argv = [str(SCRIPT_PATH)]  # Streamlit looks for .streamlit/config.toml beside it
    app.run(config=config)


def env_var(name: str) -> str:
    """The environment variable that sets a Streamlit option; it goes before HOSTED_CONFIG."""
    return "STREAMLIT_" + re.sub(r"(?<=[a-z])(?=[A-Z])|\.", "_", name).upper()


def default_address(hosted: bool) -> str | None:
    """Where to listen without `--address`: None leaves it to the environment, or else to all addresses.

    An app of one's own may start trainings and read files for whoever reaches it, so it listens on loopback alone.
    """
    return None if hosted or env_var("server.address") in os.environ else "127.0.0.1"


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the app.")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--address", help="listen on this address; by default on loopback, with --hosted on all")
    parser.add_argument("--headless", action="store_true", help="open no browser")
    parser.add_argument("--hosted", action="store_true", help="apply the limits of a host that strangers share")
    args = parser.parse_args()
    config: dict[str, Any] = {"server.port": args.port}
    if args.hosted:
        os.environ[HOSTED_VARIABLE] = "1"
        config |= {name: value for name, value in HOSTED_CONFIG.items() if env_var(name) not in os.environ}
    if address := args.address or default_address(args.hosted):
        config["server.address"] = address
    if args.headless:
        config["server.headless"] = True
    serve(config)


if __name__ == "__main__":
    main()
