"""Names of models for visitors."""

from pathlib import Path

import pytest

from gan_core.checkpoints import own
from gan_core.checkpoints.description import OwnModel
from gan_core.checkpoints.store import list_checkpoints, resolve_root
from pages.ui.model_titles import SUBJECTS, model_title
from tests import factories


@pytest.mark.parametrize("checkpoint", list_checkpoints(resolve_root()), ids=lambda checkpoint: checkpoint.name)
def test_the_title_of_a_committed_model_tells_what_it_draws_and_ends_with_its_name(checkpoint) -> None:
    title = model_title(checkpoint)
    assert title.split(" (")[0] in SUBJECTS.values()
    assert title.endswith(f"({checkpoint.name})")


def test_the_title_that_its_owner_gave_a_model_comes_first(tmp_path: Path) -> None:
    made = own.write_note(factories.checkpoint(tmp_path, "dcgan", "my-flowers"), OwnModel(title="My Flowers!"))
    assert model_title(made) == "My Flowers! (my-flowers)"
    assert model_title(own.rename_own("my-flowers", "roses", tmp_path)) == "roses"
