"""Hostile and damaged models, weights, and answers of a Hub."""

from tests.fuzz import configs, hub_answers, weights
from tests.fuzz.short_run import each_target, try_inputs
from tests.fuzz.targets import Target


@each_target((*configs.TARGETS, *weights.TARGETS, *hub_answers.TARGETS))
def test_any_model_is_read_or_refused_in_a_sentence(target: Target) -> None:
    try_inputs(target)
