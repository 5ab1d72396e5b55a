from pathlib import Path

import pytest

from gan_core.errors import (
    AuthenticationRequired,
    ExternalError,
    NotFound,
    RevisionNotFound,
    TimedOut,
    Unreachable,
    UsageError,
)
from gan_core.hub import client
from gan_core.hub.repository import RepoInfo, repo_info
from tests.hub.repositories import DATA, FILES, download
from tests.hub.server import Hub


@pytest.fixture
def listed(hub: Hub) -> RepoInfo:
    hub.add("me/it", FILES)
    return repo_info("me/it")


REFUSALS = [
    (401, {}, AuthenticationRequired, "does not accept the token"),
    (401, {"X-Error-Code": "RepoNotFound"}, NotFound, "no model me/it on the Hub, or it is private"),
    (403, {"X-Error-Code": "GatedRepo"}, AuthenticationRequired, "gated: ask for access at http.*/me/it, then log in"),
    (403, {}, AuthenticationRequired, "The token may not do this"),
    (404, {"X-Error-Code": "RepoNotFound"}, NotFound, "no model me/it on the Hub"),
    (404, {"X-Error-Code": "RevisionNotFound"}, RevisionNotFound, "no revision"),
    (404, {"X-Error-Code": "EntryNotFound"}, NotFound, "no file 'model.safetensors'"),
    (429, {"Retry-After": "7"}, Unreachable, "too many requests from here: try again in 7 seconds"),
    (429, {}, Unreachable, "too many requests from here: try again in a few minutes"),
    (500, {}, Unreachable, "failed with status 500"),
    (503, {}, Unreachable, "status 503"),
    (418, {}, UsageError, r"refused the request for me/it on the Hub \(status 418\)"),
]


@pytest.mark.parametrize(("status", "headers", "error", "message"), REFUSALS)
def test_each_http_error_has_its_own_type_and_message_without_the_token(
    hub: Hub, listed: RepoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status, headers, error, message
) -> None:
    monkeypatch.setattr(client, "MAX_BACKOFF_S", 0.0)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.fault("/resolve/", status=status, headers=headers)
    with pytest.raises(error, match=message) as caught:
        download(listed, tmp_path / "x")
    assert type(caught.value) is error
    assert "hf_secret" not in str(caught.value)
    if "EntryNotFound" not in headers.values():
        hub.fault("/api/models/", status=status, headers=headers)
        with pytest.raises((error, NotFound)):
            repo_info("me/it")


def test_a_hub_that_is_too_slow_times_out(
    hub: Hub, listed: RepoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "0.1")
    monkeypatch.setattr(client, "MAX_ATTEMPTS", 2)
    hub.fault("/", pause=0.5)
    with pytest.raises(TimedOut, match=r"longer than 0.1 seconds"):
        repo_info("me/it")
    with pytest.raises(TimedOut, match=r"longer than 0.1 seconds"):
        download(listed, tmp_path / "x")


def test_files_are_uploaded_in_one_commit(hub: Hub, signed_in: str, tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(DATA)
    address = client.upload_files(
        "me/new", {"a.json": b"{}", "model.safetensors": tmp_path / "w"}, "First", private=True
    )
    assert hub.files("me/new")["model.safetensors"] == DATA
    assert hub.files("me/new")["a.json"] == b"{}"
    assert hub.repositories["me/new"].private
    assert address.startswith(hub.address)
    assert len(hub.requests_for("/commit/")) == 1


def test_an_invalid_token_is_refused_and_not_shown(hub: Hub) -> None:
    with pytest.raises(AuthenticationRequired, match="does not accept the token") as caught:
        client.upload_files("me/new", {"a.json": b"{}"}, "First", private=False, token="hf_wrong")
    assert "hf_wrong" not in str(caught.value)


def test_without_a_token_publishing_is_refused(hub: Hub) -> None:
    with pytest.raises(AuthenticationRequired, match="needs an account on the Hub"):
        client.require_token()


@pytest.mark.parametrize(
    ("path_part", "status", "error"), [("/commit/", 403, AuthenticationRequired), ("/commit/", 412, ExternalError)]
)
def test_a_refused_upload_has_its_own_error(hub: Hub, signed_in: str, path_part: str, status: int, error) -> None:
    hub.fault(path_part, method="POST", status=status)
    with pytest.raises(error):
        client.upload_files("me/new", {"a.json": b"{}"}, "First", private=False)
