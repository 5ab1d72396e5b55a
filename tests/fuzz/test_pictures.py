"""Hostile and damaged pictures."""

from tests.fuzz import pictures
from tests.fuzz.short_run import each_target, try_inputs
from tests.fuzz.targets import Target


@each_target(pictures.TARGETS)
def test_any_picture_is_read_or_refused_in_a_sentence(target: Target) -> None:
    try_inputs(target)
