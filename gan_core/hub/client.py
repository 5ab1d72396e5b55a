"""The client of the Hugging Face Hub: requests, uploads, and its errors as those of `gan_core.errors`.

No other module imports `huggingface_hub`.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gan_core import __version__
from gan_core.errors import (
    AuthenticationRequired,
    ExternalError,
    IncompleteDownload,
    NotFound,
    RevisionNotFound,
    TimedOut,
    Unreachable,
    UsageError,
)
from gan_core.json_text import parse_json

DEFAULT_ENDPOINT = "https://huggingface.co"
DEFAULT_TIMEOUT_S = 10.0  # without a byte received
UPLOAD_TIMEOUT_FACTOR = 6  # times as long for uploads
MAX_ATTEMPTS = 4
FIRST_BACKOFF_S = 0.5  # before the second attempt, doubled before each further one
MAX_BACKOFF_S = 5.0
LOGIN_HINT = "log in with `hf auth login` on this machine, or set HF_TOKEN to a token that may"


def endpoint() -> str:
    """The address of the Hub: HF_ENDPOINT, or the public one."""
    return (os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")


def web_url(repository: str, repo_type: str = "model") -> str:
    """The web page of a model or Space, which is also the base of the addresses of its files."""
    return f"{endpoint()}/{'spaces/' if repo_type == 'space' else ''}{repository}"


def timeout_s() -> float:
    """Seconds without a byte after which a request fails: HF_HUB_DOWNLOAD_TIMEOUT, or DEFAULT_TIMEOUT_S."""
    return float(os.environ.get("HF_HUB_DOWNLOAD_TIMEOUT") or DEFAULT_TIMEOUT_S)


# Requests -------------------------------------------------------------------------------------------------------------


def get_with_retries(url: str, token: str | None) -> Any:
    """The response to a small request, which is repeated while the Hub is overloaded. Raises the client's errors."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status

    for attempt in range(MAX_ATTEMPTS):
        response = get_session().get(url, headers=request_headers(token), timeout=timeout_s())
        if not is_transient(response.status_code) or attempt == MAX_ATTEMPTS - 1:
            break
        backoff(attempt, response.headers.get("Retry-After"))
    try:
        hf_raise_for_status(response)
    except (AttributeError, TypeError) as error:  # the client expects an object in the answer
        raise Unreachable(f"{endpoint()} does not answer like a Hub: HTTP status {response.status_code}.") from error
    return response


def read_json(response: Any) -> Any:
    """The JSON in an answer. Raises Unreachable where there is none."""
    try:
        return parse_json(response.content)
    except ValueError as error:
        raise Unreachable(f"{endpoint()} does not answer like a Hub: {error}.") from error


@contextmanager
def stream_response(url: str, token: str | None, offset: int = 0) -> Iterator[Any]:
    """The response to a request for a large file from the byte `offset` on; its body is not read yet.

    A server without range requests answers with status 200 and the whole file. Raises the client's errors.
    """
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status

    headers = request_headers(token) | ({"Range": f"bytes={offset}-"} if offset else {})
    with get_session().stream("GET", url, headers=headers, timeout=timeout_s()) as response:
        hf_raise_for_status(response)
        yield response


def request_headers(token: str | None) -> dict[str, str]:
    """User agent and token; without compression, which would make sizes and offsets wrong."""
    from huggingface_hub.utils import build_hf_headers

    hub_headers = build_hf_headers(token=token, library_name="gan-core", library_version=__version__)
    return hub_headers | {"Accept-Encoding": "identity"}


def is_transient(status: int) -> bool:
    """Whether a request that failed with this HTTP status may succeed later: too many requests, or a server error."""
    return status == 429 or status >= 500


def is_retryable(error: Exception) -> bool:
    """Whether another attempt makes sense at once: the connection broke, or the Hub is overloaded."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, HfHubHTTPError):
        return is_transient(error.response.status_code)
    return isinstance(error, (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.TimeoutException))


def backoff(attempt: int, retry_after: str | None = None) -> None:
    """Waits after a failed attempt (0, 1, ...), as long as the header Retry-After asks, but at most MAX_BACKOFF_S."""
    requested_s = float(retry_after) if retry_after and retry_after.isdecimal() else 0.0
    time.sleep(min(max(FIRST_BACKOFF_S * 2**attempt, requested_s), MAX_BACKOFF_S))


# Uploads --------------------------------------------------------------------------------------------------------------


def upload_files(
    repository: str, files: dict[str, bytes | Path], message: str, *, private: bool, parent: str | None = None,
    token: str | None = None, repo_type: str = "model", deleted: Iterable[str] = (),
) -> str:  # fmt: skip
    """Uploads files by their paths in the repository and deletes those of `deleted`, in one commit.

    Returns the address of the commit. A repository that does not exist is created, a Space as one that runs a
    Dockerfile. `parent` is the commit that the change is based on: a newer one is not overwritten.
    Raises AuthenticationRequired, Unreachable, UsageError where the Hub refuses the files, and ExternalError.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_session
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()  # progress is shown by the caller
    get_session().timeout = UPLOAD_TIMEOUT_FACTOR * timeout_s()
    api = HfApi(endpoint=endpoint(), token=token, library_name="gan-core", library_version=__version__)
    with translate_errors(repository, "main"):
        api.create_repo(
            repository, private=private or None, exist_ok=True, repo_type=repo_type,
            space_sdk="docker" if repo_type == "space" else None,
        )  # fmt: skip
        operations = [
            *(CommitOperationAdd(name, data) for name, data in files.items()),
            *map(CommitOperationDelete, deleted),
        ]
        try:
            commit = api.create_commit(
                repository, operations, commit_message=message, parent_commit=parent, repo_type=repo_type
            )
        except ValueError as error:  # the Hub checks the front matter of the card
            raise UsageError(f"The Hub refused the model card: {error}") from error
        except RuntimeError as error:  # the store of large files has no error types of its own
            raise ExternalError("A file was not uploaded: the connection broke, or the disk failed.") from error
        return str(commit.commit_url)


def require_token(token: str | None = None) -> None:
    """Raises AuthenticationRequired where neither the caller nor the machine has a token."""
    from huggingface_hub import get_token

    if not (token or get_token()):
        raise AuthenticationRequired(f"Publishing needs an account on the Hub: {LOGIN_HINT} write.")


# Errors ---------------------------------------------------------------------------------------------------------------


@contextmanager
def translate_errors(repository: str, revision: str, file: str = "") -> Iterator[None]:
    """Raises the errors of the client as those of `gan_core.errors`.

    Their messages are written here, never taken from the client, so that they hold no token.
    """
    import httpx2
    from huggingface_hub import errors

    model = f"{repository} on the Hub"
    try:
        yield
    except (UsageError, ExternalError):
        raise
    except errors.HFValidationError as error:
        raise UsageError(f"{repository!r} is not a name on the Hub: OWNER/NAME is needed.") from error
    except errors.GatedRepoError as error:
        raise AuthenticationRequired(
            f"{model} is gated: ask for access at {web_url(repository)}, then {LOGIN_HINT} read it."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise RevisionNotFound(
            f"{model} has no revision {revision!r}: a branch, a tag or a commit is needed."
        ) from error
    except errors.EntryNotFoundError as error:
        raise NotFound(f"{model} has no file {file!r}.") from error
    except errors.RepositoryNotFoundError as error:
        raise NotFound(
            f"There is no model {model}, or it is private: for a private one, {LOGIN_HINT} read it."
        ) from error
    except errors.HfHubHTTPError as error:
        raise error_for_status(error.response, model) from error
    except errors.LocalTokenNotFoundError as error:
        raise AuthenticationRequired(f"This needs an account on the Hub: {LOGIN_HINT}.") from error
    except errors.OfflineModeIsEnabled as error:
        raise Unreachable(f"{model} was not requested: HF_HUB_OFFLINE is set.") from error
    except httpx2.TimeoutException as error:
        raise TimedOut(f"The Hub took longer than {timeout_s():g} seconds to answer about {repository}.") from error
    except httpx2.InvalidURL as error:
        raise Unreachable(f"{endpoint()} does not answer like a Hub: it names an address that is none.") from error
    except httpx2.RemoteProtocolError as error:
        raise IncompleteDownload(
            f"The connection to the Hub broke repeatedly; what was received of {file or model} is kept: try again."
        ) from error
    except httpx2.HTTPError as error:
        raise Unreachable(f"There is no connection to {endpoint()}: is the network on?") from error


def error_for_status(response: Any, model: str) -> UsageError | ExternalError:
    """The error for a response with an HTTP status of 400 or more; `model` names what was requested."""
    status = response.status_code
    if status == 401:
        return AuthenticationRequired(f"The Hub does not accept the token that was sent for {model}: {LOGIN_HINT}.")
    if status == 403:
        return AuthenticationRequired(f"The token may not do this to {model}: {LOGIN_HINT}.")
    if status == 412:
        return ExternalError(f"{model} was changed in the meantime: look at it, and try again.")
    if status == 429:
        wait = response.headers.get("Retry-After", "")
        later = f"in {wait} seconds" if wait.isdecimal() else "in a few minutes"
        return Unreachable(f"The Hub received too many requests from here: try again {later}.")
    if status >= 500:
        return Unreachable(f"The Hub failed with status {status}: try again later.")
    return UsageError(f"The Hub refused the request for {model} (status {status}).")
