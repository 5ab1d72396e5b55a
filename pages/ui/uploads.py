"""Uploaded files."""

import re
from pathlib import Path
from typing import Any

from streamlit.runtime.uploaded_file_manager import DeletedFile

from gan_core.errors import UsageError
from pages.ui.limits import current_limits


def read_upload(file: Any, display_name: str) -> bytes:
    """An upload's bytes. Raises InputError as `demand_whole` does."""
    require_complete_upload(file, display_name, current_limits().upload_megabytes)
    return file.getvalue()


def require_complete_upload(file: Any, display_name: str, max_megabytes: int) -> None:
    """Raise InputError where an upload has too many megabytes (the browser's own limit can be got round), or is gone: a
    page outlives its server, and tells the next one of a file that only the first one had."""
    if isinstance(file, DeletedFile):
        raise UsageError(f"{display_name} was lost when the app was started anew: please give it again.")
    if file.size > max_megabytes * 1024**2:
        raise UsageError(
            f"{display_name} has {file.size / 1024**2:.0f} MB, and at most {max_megabytes} MB can be taken."
        )


def safe_stem(name: str) -> str:
    """A file's name without its ending, of letters that every system takes."""
    return re.sub(r"[^\w-]+", "-", Path(name).stem).strip("-")[:60] or "picture"
