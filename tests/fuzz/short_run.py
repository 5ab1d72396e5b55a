"""The short run of the fuzzer: a few inputs of each target, the same ones each time; `make fuzz` tries many more."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from tests.fuzz import oracle
from tests.fuzz.targets import ALL_CHECKS, Target


def each_target(targets: Sequence[Target]) -> Any:
    """Parametrises a test by targets."""
    return pytest.mark.parametrize("target", targets, ids=[target.name for target in targets])


def try_inputs(target: Target) -> None:
    """Runs a target on the inputs that failed once, then on `short_count` others. Raises Finding."""
    findings: list[oracle.Finding] = []

    def check(value: Any) -> None:
        try:
            oracle.check_input(target, value)
        except oracle.Finding as finding:  # told below: hypothesis would print the whole input
            findings.append(finding)

    for value in target.examples:
        check(value)

    @settings(
        max_examples=target.short_count, derandomize=True, database=None, deadline=None, phases=(Phase.generate,),
        suppress_health_check=ALL_CHECKS,
    )  # fmt: skip
    @given(target.inputs)
    def attempt(value: Any) -> None:
        check(value)

    attempt()
    for finding in findings:
        raise finding
