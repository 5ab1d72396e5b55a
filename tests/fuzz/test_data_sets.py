"""Hostile and damaged data sets."""

from tests.fuzz import archives
from tests.fuzz.short_run import each_target, try_inputs
from tests.fuzz.targets import Target


@each_target(archives.TARGETS)
def test_any_data_set_is_read_or_refused_in_a_sentence(target: Target) -> None:
    try_inputs(target)
