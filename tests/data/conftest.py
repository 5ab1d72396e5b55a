"""Fixtures of the tests of data sets."""

from pathlib import Path

import pytest

from tests.data.image_sets import synthetic_photo


@pytest.fixture(params=["folder", "zip"])
def storage(request: pytest.FixtureRequest) -> str:
    """How a data set lies on the disk."""
    return request.param


@pytest.fixture
def photo_folder(tmp_path: Path) -> Path:
    """Three photos of different sizes, one too small, one broken, one that hides."""
    (tmp_path / "mine").mkdir()
    for number, size in enumerate([(70, 50), (48, 90), (64, 64), (20, 90)]):
        synthetic_photo(*size, seed=number).save(tmp_path / "mine" / f"{number}.png")
    (tmp_path / "mine" / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 torn")
    (tmp_path / "mine" / ".hidden.png").write_bytes(b"")
    return tmp_path
