"""Hostile calls of the command line."""

from tests.fuzz import commands
from tests.fuzz.short_run import each_target, try_inputs
from tests.fuzz.targets import Target


@each_target(commands.TARGETS)
def test_any_call_ends_with_an_exit_code_and_a_sentence(target: Target) -> None:
    try_inputs(target)
