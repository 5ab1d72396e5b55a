"""Addresses that are no page: a near one leads to its page, any other is answered by a sentence and links.

Streamlit answers every address with the app: an unknown one opens Home below a message box, or nothing at all where it
has several parts.
"""

from difflib import get_close_matches
from html import escape
from typing import Any
from urllib.parse import quote, unquote

from streamlit import config

from pages.ui import navigation

STYLE = """
:root { color-scheme: light dark; }
body { max-width: 40rem; margin: 12vh auto; padding: 0 1.5rem; font: 1.05rem/1.6 system-ui, sans-serif;
  color: light-dark(#241f1b, #f1ebe4); background: light-dark(#fbf8f2, #17141a); }
h1 { font: 600 2.2rem/1.2 Georgia, serif; overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: 0.6rem; }
a { padding: 0.45rem 0.9rem; border: 1px solid light-dark(#dcd2c0, #3b3540); border-radius: 0.6rem;
  color: light-dark(#952f18, #ff9e84); text-decoration: none; }
a:hover { text-decoration: underline; }
a:focus-visible { outline: 3px solid light-dark(#a8381f, #f47e5e); outline-offset: 2px; }
"""


class UnknownAddresses:
    """ASGI middleware that replaces the app's HTML at an address that is no page, by a redirect or by a 404.

    Other files, the health check and the connection of the app pass as they are.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or is_page(scope["path"]):
            return await self.app(scope, receive, send)
        is_replaced = False

        async def send_replaced(message: Any) -> None:
            nonlocal is_replaced
            if is_replaced:  # the rest of the app's HTML
                return
            if message["type"] == "http.response.start" and is_html(message):
                is_replaced = True
                for part in answer(scope["path"], scope.get("query_string", b""), scope["method"]):
                    await send(part)
            else:
                await send(message)

        await self.app(scope, receive, send_replaced)
        return None


def is_html(message: Any) -> bool:
    """Whether a response is a page of HTML and no error."""
    headers = dict(message["headers"])
    return message["status"] in (200, 304) and headers.get(b"content-type", b"text/html").startswith(b"text/html")


def base_path() -> str:
    """The path of Home, which ends with a slash."""
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}/" if base else "/"


def page_paths() -> dict[str, str]:
    """The name of each page in the address, "" for Home, and its title."""
    names = {name.replace("_", "-"): title for name, (title, _) in navigation.PAGES.items()}
    return {"": names.pop("home"), **names}


def relative_path(path: str) -> str:
    """The path below Home, without slashes around it."""
    return path.removeprefix(base_path().rstrip("/")).strip("/")


def is_page(path: str) -> bool:
    return relative_path(path) in page_paths()


def redirect_target(path: str) -> str | None:
    """The page that a path means which differs in case, in "_" for "-", or names Home; None for any other."""
    name = relative_path(path).casefold().replace("_", "-").replace(" ", "-")
    name = "" if name == "home" else name
    return name if name in page_paths() else None


def answer(path: str, query: bytes, method: str) -> list[Any]:
    """The messages of the response: a redirect that keeps the query, or a page with status 404."""
    target = redirect_target(path)
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
    body, status = b"", 307
    if target is not None:
        location = quote(base_path() + target).encode() + (b"?" + query if query else b"")
        headers.append((b"location", location))
    else:
        body, status = not_found_html(path).encode(), 404
    headers.append((b"content-length", str(len(body)).encode()))
    return [
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": b"" if method == "HEAD" else body},
    ]


def not_found_html(path: str) -> str:
    """A page that says what was asked for, which page may be meant, and where each page is."""
    pages, asked = page_paths(), unquote(relative_path(path))
    close = get_close_matches(asked.casefold(), [name for name in pages if name], n=1, cutoff=0.6)
    hint = f" Did you mean {pages[close[0]]}?" if close else ""
    links = "".join(
        f'<a href="{escape(base_path() + name)}">{escape(title)}</a>'
        for name, title in pages.items()
        if navigation.is_in_menu(name)
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Not found · {navigation.APP_TITLE}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style>'
        f"<main><h1>Nothing is at /{escape(asked[:100])}</h1>"
        f"<p>No page of {navigation.APP_TITLE} has this address.{hint} These are its pages:</p>"
        f'<nav aria-label="Pages">{links}</nav></main></html>'
    )
