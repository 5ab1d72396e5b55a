"""Names of models for visitors."""

import pytest

from gan_core.checkpoints.store import list_checkpoints, resolve_root
from pages.ui.model_titles import SUBJECTS, model_title


@pytest.mark.parametrize("checkpoint", list_checkpoints(resolve_root()), ids=lambda checkpoint: checkpoint.name)
def test_the_title_of_a_committed_model_tells_what_it_draws_and_ends_with_its_name(checkpoint) -> None:
    title = model_title(checkpoint)
    assert title.split(" (")[0] in SUBJECTS.values()
    assert title.endswith(f"({checkpoint.name})")
