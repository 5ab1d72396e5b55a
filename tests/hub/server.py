"""A Hub on loopback, of the standard library alone, that the real client downloads from and uploads to in tests.

It holds models as commits of files, knows branches, gated models and tokens, and can misbehave: `fault(...)` changes
the responses to requests whose path contains a text. Connections that the client closes early are ignored.
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
LARGE_SUFFIXES = (".safetensors", ".bin", ".pth", ".pt")  # of files that the Hub stores by SHA-256


@dataclass
class Repository:
    """`refs` maps branches and tags to commits; `gated` and `private` ones need a token."""

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
    """For requests whose path contains `path_part`: another status, a pause, a body that is cut, corrupted or slow."""

    path_part: str
    method: str = "GET"
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    cut: int | None = None  # bytes of the body that are sent before the connection closes
    spoil: bool = False  # the first byte is changed
    trickle: float = 0.0  # seconds between two pieces of the body
    times: int = 1_000_000


@dataclass
class Hub:
    """The state of the server, which tests read and change."""

    address: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)  # "GET /path", as they came
    ranges: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)  # of each request, as they came
    created: list[dict[str, Any]] = field(default_factory=list)
    parents: list[tuple[str | None, str]] = field(default_factory=list)  # of each upload: the stated and the actual one
    connections: list[socket.socket] = field(default_factory=list)  # open connections

    def add(self, name: str, files: Files, ref: str = "main", **settings: Any) -> str:
        """Adds a commit to a model, which is created where it is new; returns its hash."""
        repository = self.repositories.setdefault(name, Repository())
        for key, value in settings.items():
            setattr(repository, key, value)
        return repository.commit(files, ref)

    def fault(self, path_part: str, **settings: Any) -> Fault:
        self.faults.append(Fault(path_part, **settings))
        return self.faults[-1]

    def files(self, name: str) -> Files:
        repository = self.repositories[name]
        return repository.commits[repository.refs["main"]]

    def requests_for(self, text: str) -> list[str]:
        return [request for request in self.requests if text in request]

    def fault_for(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.method == method and fault.path_part in path and fault.times > 0:
                fault.times -= 1
                return fault
        return None


@contextmanager
def running_hub() -> Iterator[Hub]:
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
        for connection in hub.connections:  # clients keep them open; a stopped Hub answers on none
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        thread.join()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: clients may close connections early."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.hub.connections.append(self.connection)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: requests are in `Hub.requests`."""

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
        self.active_fault = self.hub.fault_for(method, path)
        if self.active_fault is not None:
            time.sleep(self.active_fault.pause)
            if self.active_fault.status is not None:
                self.answer(self.active_fault.status, {"error": "a fault"}, self.active_fault.headers)
                return
        if method in ("POST", "PUT"):
            self.post(path, body)
        elif path == "/api/whoami-v2":
            is_allowed = self.is_authorised()
            self.answer(
                200 if is_allowed else 401, {"name": "somebody", "type": "user", "orgs": []} if is_allowed else {}
            )
        elif path.startswith(("/api/models/", "/api/spaces/")):
            self.send_repo(repository_path(path).split("/"))
        elif "/resolve/" in path:
            self.send_path(*path.lstrip("/").split("/resolve/", 1))
        else:
            self.answer(404, {"error": "no such address"})

    # Reading

    def is_authorised(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def open(self, name: str, revision: str) -> tuple[Repository, str] | None:
        """The model and its commit; None where an error was sent instead."""
        repository = self.hub.repositories.get(name)
        if repository is None or (repository.private and not self.is_authorised()):
            status = 404 if self.is_authorised() else 401  # as on the Hub: without a token, private is like absent
            self.answer(status, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
            return None
        sha = repository.resolve(revision)
        if sha is None:
            self.answer(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
            return None
        return repository, sha

    def send_repo(self, parts: list[str]) -> None:
        length = 3 if parts[0] == SPACES else 2
        name, rest = "/".join(parts[:length]), parts[length:]
        revision = "/".join(rest[1:]) if rest else "main"
        found = self.open(name, revision)
        if found is None:
            return
        repository, sha = found
        files = repository.commits[sha]
        if rest[:1] == ["tree"]:
            self.answer(200, [tree_entry(path, data) for path, data in sorted(files.items())])
            return
        licence = {"license": repository.licence} if repository.licence else {}
        self.answer(200, {
            "id": name, "modelId": name, "sha": sha, "private": repository.private,
            "gated": "manual" if repository.gated else False, "cardData": licence, "tags": [],
            "siblings": [{"rfilename": path} for path in sorted(files)], "downloads": 0, "likes": 0,
        })  # fmt: skip

    def send_path(self, name: str, rest: str) -> None:
        revision, path = rest.split("/", 1)
        found = self.open(name, revision)
        if found is None:
            return
        repository, sha = found
        if repository.gated and not self.is_authorised():
            self.answer(403, {"error": "gated"}, {"X-Error-Code": "GatedRepo"})
        elif path not in repository.commits[sha]:
            self.answer(404, {"error": "no such file"}, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": sha})
        else:
            self.send_file(repository.commits[sha][path], sha, path)

    def send_file(self, data: bytes, sha: str, path: str) -> None:
        headers = {"ETag": f'"{file_hash(path, data)}"', "X-Repo-Commit": sha, "Accept-Ranges": "bytes"}
        start, status, fault = 0, 200, self.active_fault
        if (range_header := self.headers.get("Range", "")).startswith("bytes="):
            self.hub.ranges.append(range_header)
            start, status = int(range_header.removeprefix("bytes=").split("-")[0]), 206
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        body = data[start:]
        if fault is not None and fault.spoil:
            body = bytes([body[0] ^ 1]) + body[1:]
        self.send_response(status)
        for key, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault is not None and fault.cut is not None:
            body, self.close_connection = body[: fault.cut], True
        chunk_size = len(body) if fault is None or not fault.trickle else 64 * 1024
        for offset in range(0, len(body), max(chunk_size, 1)):
            self.wfile.write(body[offset : offset + chunk_size])
            time.sleep(fault.trickle if fault else 0)

    # Writing

    def post(self, path: str, body: bytes) -> None:
        if path == "/api/validate-yaml":
            self.answer(200, {"errors": [], "warnings": []})
        elif not self.is_authorised():
            self.answer(401, {"error": "Invalid credentials"})
        elif path == "/api/repos/create":
            self.create_repo(json.loads(body))
        elif "/preupload/" in path:
            paths = [file["path"] for file in json.loads(body)["files"]]
            self.answer(
                200,
                {"files": [{"path": path, "uploadMode": "regular", "shouldIgnore": False} for path in paths]},
            )
        elif "/commit/" in path:
            self.commit_files(path, body)
        else:
            self.answer(404, {"error": "no such address"})

    def create_repo(self, request_body: dict[str, Any]) -> None:
        name = f"{request_body['organization'] or 'somebody'}/{request_body['name']}"
        name = f"{SPACES}/{name}" if request_body.get("type") == "space" else name
        url = f"{self.hub.address}/{name}"
        if name in self.hub.repositories:
            self.answer(409, {"error": "You already created this model repo", "url": url})
            return
        self.hub.created.append(request_body)
        repository = Repository(
            private=request_body.get("visibility") == "private" or bool(request_body.get("private"))
        )
        repository.commit({".gitattributes": b"*.safetensors filter=lfs\n"})
        self.hub.repositories[name] = repository
        self.answer(200, {"url": url, "id": name, "name": name})

    def commit_files(self, path: str, body: bytes) -> None:
        name, ref = repository_path(path).split("/commit/")
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


def repository_path(path: str) -> str:
    """The name of the repository in `Hub.repositories`: that of a Space begins with SPACES."""
    return path.removeprefix("/api/models/").replace("/api/spaces/", f"{SPACES}/")


def file_hash(path: str, data: bytes) -> str:
    """The hash that the Hub states for a file: SHA-256 where it is large, the git blob hash elsewhere."""
    return hashlib.sha256(data).hexdigest() if path.endswith(LARGE_SUFFIXES) else git_hash(data)


def git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def tree_entry(path: str, data: bytes) -> dict[str, Any]:
    """An entry of a listing."""
    large = {"lfs": {"oid": file_hash(path, data), "size": len(data), "pointerSize": 134}}
    return {"type": "file", "path": path, "size": len(data), "oid": git_hash(data)} | (
        large if path.endswith(LARGE_SUFFIXES) else {}
    )
