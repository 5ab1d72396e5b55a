"""A Hub on loopback, of the standard library alone: what the real client downloads from and uploads to in tests.

It holds models as commits of files, knows branches, gates and tokens, and can be told to misbehave: `fault(...)`
changes the answers to requests whose path holds a text. Whoever hangs up in the middle is let go in silence.
"""

import base64
import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

Files = dict[str, bytes]
SPACES = "spaces"
TOKEN = "hf_a_token_for_tests_only"
LARGE = (".safetensors", ".bin", ".pth", ".pt")  # what the Hub keeps by SHA-256


@dataclass
class Repository:
    """`refs` names commits; `gated` and `private` ones want a token."""

    commits: dict[str, Files] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    licence: str | None = "mit"
    gated: bool = False
    private: bool = False

    def commit(self, files: Files, ref: str = "main") -> str:
        sha = hashlib.sha1(repr((len(self.commits), self.licence, sorted(files.items()))).encode()).hexdigest()
        self.commits[sha] = files
        self.refs[ref] = sha
        return sha

    def resolve(self, revision: str) -> str | None:
        sha = self.refs.get(revision, revision)
        return sha if sha in self.commits else None


@dataclass
class Fault:
    """For requests whose path holds `where`: another status, a pause, a body that is cut, spoilt or unannounced."""

    where: str
    method: str = "GET"
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    cut: int | None = None  # bytes of the body that are sent before the line goes dead
    spoil: bool = False  # the first byte is another
    trickle: float = 0.0  # seconds between two pieces of the body
    times: int = 1_000_000


@dataclass
class Hub:
    """The server's memory; tests read and change it."""

    address: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)  # "GET /path", as they came
    ranges: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)  # of each request, as they came
    created: list[dict[str, Any]] = field(default_factory=list)
    parents: list[tuple[str | None, str]] = field(default_factory=list)  # of each upload: as it says, as it is
    lines: list[socket.socket] = field(default_factory=list)  # open connections

    def add(self, name: str, files: Files, ref: str = "main", **facts: Any) -> str:
        """A commit of a model, new or known; its hash."""
        repository = self.repositories.setdefault(name, Repository())
        for key, value in facts.items():
            setattr(repository, key, value)
        return repository.commit(files, ref)

    def fault(self, where: str, **how: Any) -> Fault:
        self.faults.append(Fault(where, **how))
        return self.faults[-1]

    def files(self, name: str) -> Files:
        repository = self.repositories[name]
        return repository.commits[repository.refs["main"]]

    def asked(self, text: str) -> list[str]:
        return [each for each in self.requests if text in each]

    def fault_for(self, method: str, path: str) -> Fault | None:
        for each in self.faults:
            if each.method == method and each.where in path and each.times > 0:
                each.times -= 1
                return each
        return None


@contextmanager
def running() -> Iterator[Hub]:
    """A Hub on a free port, as long as the block lasts."""
    hub = Hub()
    handler = type("BoundHandler", (Handler,), {"hub": hub})
    server = Server(("127.0.0.1", 0), handler)
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        for line in hub.lines:  # clients keep them open; a Hub that is gone answers on none
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        thread.join()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.hub.lines.append(self.connection)

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""

    def do_HEAD(self) -> None:
        self.handle_any("HEAD")

    def do_GET(self) -> None:
        self.handle_any("GET")

    def do_POST(self) -> None:
        self.handle_any("POST")

    def do_PUT(self) -> None:
        self.handle_any("PUT")

    def handle_any(self, method: str) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append(f"{method} {path}")
        self.hub.tokens.append(self.headers.get("Authorization"))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.broken = self.hub.fault_for(method, path)
        if self.broken is not None:
            time.sleep(self.broken.pause)
            if self.broken.status is not None:
                self.answer(self.broken.status, {"error": "a fault"}, self.broken.headers)
                return
        if method in ("POST", "PUT"):
            self.post(path, body)
        elif path == "/api/whoami-v2":
            known = self.allowed()
            self.answer(200 if known else 401, {"name": "somebody", "type": "user", "orgs": []} if known else {})
        elif path.startswith(("/api/models/", "/api/spaces/")):
            self.facts(named(path).split("/"))
        elif "/resolve/" in path:
            self.file(*path.lstrip("/").split("/resolve/", 1))
        else:
            self.answer(404, {"error": "no such address"})

    # Reading

    def allowed(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def open(self, name: str, revision: str) -> tuple[Repository, str] | None:
        """The model and its commit; None where the refusal has been sent."""
        repository = self.hub.repositories.get(name)
        if repository is None or (repository.private and not self.allowed()):
            status = 404 if self.allowed() else 401  # as the Hub does: to strangers, private is like absent
            self.answer(status, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
            return None
        sha = repository.resolve(revision)
        if sha is None:
            self.answer(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
            return None
        return repository, sha

    def facts(self, parts: list[str]) -> None:
        length = 3 if parts[0] == SPACES else 2
        name, rest = "/".join(parts[:length]), parts[length:]
        revision = "/".join(rest[1:]) if rest else "main"
        found = self.open(name, revision)
        if found is None:
            return
        repository, sha = found
        files = repository.commits[sha]
        if rest[:1] == ["tree"]:
            self.answer(200, [entry(path, data) for path, data in sorted(files.items())])
            return
        licence = {"license": repository.licence} if repository.licence else {}
        self.answer(200, {
            "id": name, "modelId": name, "sha": sha, "private": repository.private,
            "gated": "manual" if repository.gated else False, "cardData": licence, "tags": [],
            "siblings": [{"rfilename": path} for path in sorted(files)], "downloads": 0, "likes": 0,
        })  # fmt: skip

    def file(self, name: str, rest: str) -> None:
        revision, path = rest.split("/", 1)
        found = self.open(name, revision)
        if found is None:
            return
        repository, sha = found
        if repository.gated and not self.allowed():
            self.answer(403, {"error": "gated"}, {"X-Error-Code": "GatedRepo"})
        elif path not in repository.commits[sha]:
            self.answer(404, {"error": "no such file"}, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": sha})
        else:
            self.send_file(repository.commits[sha][path], sha, path)

    def send_file(self, data: bytes, sha: str, path: str) -> None:
        headers = {"ETag": f'"{identity(path, data)}"', "X-Repo-Commit": sha, "Accept-Ranges": "bytes"}
        start, status, broken = 0, 200, self.broken
        if (wanted := self.headers.get("Range", "")).startswith("bytes="):
            self.hub.ranges.append(wanted)
            start, status = int(wanted.removeprefix("bytes=").split("-")[0]), 206
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        body = data[start:]
        if broken is not None and broken.spoil:
            body = bytes([body[0] ^ 1]) + body[1:]
        self.send_response(status)
        for key, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if broken is not None and broken.cut is not None:
            body, self.close_connection = body[: broken.cut], True
        piece = len(body) if broken is None or not broken.trickle else 64 * 1024
        for first in range(0, len(body), max(piece, 1)):
            self.wfile.write(body[first : first + piece])
            time.sleep(broken.trickle if broken else 0)

    # Writing

    def post(self, path: str, body: bytes) -> None:
        if path == "/api/validate-yaml":
            self.answer(200, {"errors": [], "warnings": []})
        elif not self.allowed():
            self.answer(401, {"error": "Invalid credentials"})
        elif path == "/api/repos/create":
            self.create(json.loads(body))
        elif "/preupload/" in path:
            wanted = [each["path"] for each in json.loads(body)["files"]]
            self.answer(
                200,
                {"files": [{"path": each, "uploadMode": "regular", "shouldIgnore": False} for each in wanted]},
            )
        elif "/commit/" in path:
            self.take_commit(path, body)
        else:
            self.answer(404, {"error": "no such address"})

    def create(self, wish: dict[str, Any]) -> None:
        name = f"{wish['organization'] or 'somebody'}/{wish['name']}"
        name = f"{SPACES}/{name}" if wish.get("type") == "space" else name
        url = f"{self.hub.address}/{name}"
        if name in self.hub.repositories:
            self.answer(409, {"error": "You already created this model repo", "url": url})
            return
        self.hub.created.append(wish)
        repository = Repository(private=wish.get("visibility") == "private" or bool(wish.get("private")))
        repository.commit({".gitattributes": b"*.safetensors filter=lfs\n"})
        self.hub.repositories[name] = repository
        self.answer(200, {"url": url, "id": name, "name": name})

    def take_commit(self, path: str, body: bytes) -> None:
        name, ref = named(path).split("/commit/")
        repository = self.hub.repositories[name]
        files = dict(repository.commits[repository.refs[ref]])
        for line in body.splitlines():
            item = json.loads(line)
            if item["key"] == "header":
                self.hub.parents.append((item["value"].get("parentCommit"), repository.refs[ref]))
            if item["key"] == "file":
                files[item["value"]["path"]] = base64.b64decode(item["value"]["content"])
            elif item["key"] == "deletedFile":
                files.pop(item["value"]["path"], None)
        sha = repository.commit(files, ref)
        self.answer(200, {"commitUrl": f"{self.hub.address}/{name}/commit/{sha}", "commitOid": sha, "success": True})

    def answer(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        body = b"" if self.command == "HEAD" else json.dumps(value).encode()
        self.send_response(status)
        for key, text in (
            {"Content-Type": "application/json", "Content-Length": str(len(body))} | (headers or {})
        ).items():
            self.send_header(key, text)
        self.end_headers()
        self.wfile.write(body)


def named(path: str) -> str:
    """What is asked about, as it is called in the server's memory: spaces are told from models by their first part."""
    return path.removeprefix("/api/models/").replace("/api/spaces/", f"{SPACES}/")


def identity(path: str, data: bytes) -> str:
    """What the Hub calls a file by: its SHA-256 where it is large, git's name for it elsewhere."""
    return hashlib.sha256(data).hexdigest() if path.endswith(LARGE) else git_identity(data)


def git_identity(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def entry(path: str, data: bytes) -> dict[str, Any]:
    """A line of a listing."""
    large = {"lfs": {"oid": identity(path, data), "size": len(data), "pointerSize": 134}}
    return {"type": "file", "path": path, "size": len(data), "oid": git_identity(data)} | (
        large if path.endswith(LARGE) else {}
    )
