"""Checks and reads uploaded files."""

import re
from pathlib import Path
from typing import Any

from streamlit.runtime.uploaded_file_manager import DeletedFile

from gan_core.errors import UsageError
from pages.ui.limits import current_limits


def read_upload(file: Any, display_name: str) -> bytes:
    """The bytes of an upload. Raises UsageError as `require_complete_upload` does."""
    require_complete_upload(file, display_name, current_limits().upload_megabytes)
    return file.getvalue()


def require_complete_upload(file: Any, display_name: str, max_megabytes: int) -> None:
    """Raise UsageError where an upload is too large or lost.

    The widget's own limit holds in the browser only. A page may outlive its server, and then names a file that the
    next server never received.
    """
    if isinstance(file, DeletedFile):
        raise UsageError(f"{display_name} was lost when the app was restarted: please give it again.")
    if file.size > max_megabytes * 1024**2:
        raise UsageError(
            f"{display_name} has {file.size / 1024**2:.0f} MB, and at most {max_megabytes} MB can be taken."
        )


def safe_stem(name: str) -> str:
    """The stem of a file name in letters, digits, _ and -, at most 60 characters; "picture" where nothing is left."""
    return re.sub(r"[^\w-]+", "-", Path(name).stem).strip("-")[:60] or "picture"
