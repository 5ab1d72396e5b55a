"""Hostile addresses and prompts on every page."""

from tests.fuzz import prompts, queries
from tests.fuzz.short_run import each_target, try_inputs
from tests.fuzz.targets import Target


@each_target((*prompts.TARGETS, *queries.TARGETS))
def test_any_address_and_prompt_opens_a_page(target: Target) -> None:
    try_inputs(target)
