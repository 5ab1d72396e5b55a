"""Damaged folders of runs."""

from tests.fuzz import runs
from tests.fuzz.short_run import each_target, try_inputs
from tests.fuzz.targets import Target


@each_target(runs.TARGETS)
def test_any_folder_of_a_run_is_read_or_refused_in_a_sentence(target: Target) -> None:
    try_inputs(target)
