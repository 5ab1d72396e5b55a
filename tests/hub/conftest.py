from pathlib import Path

import pytest

from gan_core.checkpoints.checkpoint import Checkpoint
from tests import factories


@pytest.fixture
def own(tmp_path: Path) -> Checkpoint:
    """A checkpoint of this package."""
    return factories.checkpoint(tmp_path, "conditional", "mine")
