"""What is fuzzed: a strategy of inputs, and a function that does with one what the app or a command does."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck
from hypothesis import strategies as st

ALL_CHECKS = (  # of hypothesis, on the cost of inputs: these are large and slow
    HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.large_base_example,
)  # fmt: skip


def make_models() -> None:
    """Makes the tiny models that most targets use."""
    from tests.fuzz import commands

    commands.models()


@dataclass(frozen=True)
class Target:
    """One kind of input.

    `inputs` yields values of JSON and bytes, alone or in lists and dictionaries. `run` takes one of them, and a folder
    of its own, the only one that it may write to. It passes where it returns, or raises UsageError or ExternalError.
    `examples` are inputs that failed once. `short_count` is how many inputs the short run within the tests tries.
    `prepare` is called before each input, and not watched: it makes once what all inputs need.
    """

    name: str
    inputs: st.SearchStrategy[Any]
    run: Callable[[Any, Path], object]
    examples: tuple[Any, ...] = ()
    short_count: int = 12
    prepare: Callable[[], object] = make_models


def all_targets() -> dict[str, Target]:
    """The targets by name, in the order in which they are run."""
    from tests.fuzz import archives, commands, configs, hub_answers, pictures, prompts, queries, runs, weights

    modules = (pictures, archives, configs, runs, weights, hub_answers, prompts, commands, queries)
    return {target.name: target for module in modules for target in module.TARGETS}
