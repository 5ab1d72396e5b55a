"""The quota of the folder of runs."""

from pathlib import Path

import pytest

from gan_core.errors import UsageError
from gan_core.runs import lifecycle, storage
from gan_core.runs.storage import disk_usage
from tests.runs.conftest import ended_run, tiny_run


def test_a_run_over_the_quota_is_not_started(root: Path, image_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ended_run(root)
    (folder / "state.pt").write_bytes(b"0" * 2_000_000)
    assert disk_usage(folder) > 2_000_000
    monkeypatch.setenv("GAN_CORE_RUNS_GB", "0.001")
    with pytest.raises(UsageError, match=r"0\.0 of 0\.001 GB: delete some"):
        lifecycle.start(root, "Mine", *tiny_run(image_folder))
    assert [path.name for path in root.glob("[!.]*")] == ["mine"]
    monkeypatch.setenv("GAN_CORE_RUNS_GB", "plenty")
    with pytest.raises(UsageError, match="number of gigabytes"):
        storage.require_space(root)
