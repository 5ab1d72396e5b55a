"""The app as a server that is warm before its first visitor comes: `python -m pages.shared.server --port 8501`.

`streamlit run streamlit_app.py` shows the same app; there the first visitor waits for the import of torch.
"""

import argparse
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from anyio import to_thread

from pages.shared import frame

SCRIPT = frame.ROOT / "streamlit_app.py"


@asynccontextmanager
async def warm(app: Any) -> AsyncIterator[None]:
    """Runs when Streamlit is up and before the port answers."""
    await to_thread.run_sync(frame.open_models)
    yield


def serve(config: dict[str, Any]) -> None:
    """Serve until stopped. `config` overrides .streamlit/config.toml, by its dotted names."""
    sys.argv = [str(SCRIPT)]  # where Streamlit looks for .streamlit/config.toml, wherever this was started
    st.App(SCRIPT, lifespan=warm).run(config=config)


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the app.")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--address", help="listen on this address only; without it on all")
    parser.add_argument("--headless", action="store_true", help="open no browser")
    options = parser.parse_args()
    config: dict[str, Any] = {"server.port": options.port}
    if options.address:
        config["server.address"] = options.address
    if options.headless:
        config["server.headless"] = True
    serve(config)


if __name__ == "__main__":
    main()
