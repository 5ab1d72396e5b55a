"""The app as an ASGI server that warms up by itself: `python -m pages.ui.server --port 8501`.

The port answers within seconds, and the warm-up runs beside the first visits; who comes before it is done sees why it
takes a moment. `streamlit run streamlit_app.py` serves the same application.
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

from pages.ui import navigation, paths
from pages.ui.limits import HOSTED_LIMITS, HOSTED_VARIABLE

SCRIPT_PATH = paths.ROOT / "streamlit_app.py"

# Streamlit takes a folder named `pages` for its first kind of multipage app until `st.navigation` has run once, and
# would answer a deep link that is the first request of a fresh server by "Page not found".
PagesManager.uses_pages_directory = False

# For strangers, who may see the app in a frame of another site (as on the Hub): there the cookie that guards uploads
# must be SameSite=None, which browsers take over https only, and partitioned, as most of them block it otherwise.
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
    """Begins when Streamlit is up, and goes on beside the first visits."""
    async with create_task_group() as task_group:
        task_group.start_soon(to_thread.run_sync, navigation.warm_up_models)
        yield


class PartitionedCookies:
    """ASGI middleware that keeps cookies of frames apart by the site that holds the frame (CHIPS).

    Browsers that block other sites' cookies, as they do in private windows and by degrees everywhere, take such ones;
    without its cookie the app in a frame refuses every upload.
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
    """A header's value, with the mark where it sets a cookie for other sites' frames."""
    is_cross_site_cookie = name.lower() == b"set-cookie" and b"samesite=none" in value.lower()
    return value + b"; Partitioned" if is_cross_site_cookie and b"partitioned" not in value.lower() else value


MIDDLEWARE = [Middleware(PartitionedCookies)]


def serve(config: dict[str, Any]) -> None:
    """Serve until stopped. `config` overrides .streamlit/config.toml, by its dotted names."""
    from streamlit_app import app  # late: that module imports this one

    sys.argv = [str(SCRIPT_PATH)]  # where Streamlit looks for .streamlit/config.toml, wherever this was started
    app.run(config=config)


def env_var(name: str) -> str:
    """The environment variable that sets an option: who runs a host has the last word."""
    return "STREAMLIT_" + re.sub(r"(?<=[a-z])(?=[A-Z])|\.", "_", name).upper()


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the app.")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--address", help="listen on this address only; without it on all")
    parser.add_argument("--headless", action="store_true", help="open no browser")
    parser.add_argument("--hosted", action="store_true", help="cap what a visitor may ask for")
    args = parser.parse_args()
    config: dict[str, Any] = {"server.port": args.port}
    if args.hosted:
        os.environ[HOSTED_VARIABLE] = "1"
        config |= {name: value for name, value in HOSTED_CONFIG.items() if env_var(name) not in os.environ}
    if args.address:
        config["server.address"] = args.address
    if args.headless:
        config["server.headless"] = True
    serve(config)


if __name__ == "__main__":
    main()
