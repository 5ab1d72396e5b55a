"""Rounds of hypothesis over one target: it goes on after a finding, so that one is not hidden by another."""

import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from hypothesis import Phase, given, seed, settings

from tests.fuzz import cases, oracle
from tests.fuzz.targets import ALL_CHECKS, Target

EXAMPLES_A_ROUND = 50
MAX_SHRINKING_S = 8.0


@dataclass
class Found:
    """One way in which a target failed, with the smallest input that did."""

    target: str
    signature: str
    text: str
    value: Any
    size: int
    count: int = 1


@dataclass
class Tally:
    """What was tried and found of a target."""

    tried: int = 0
    seconds: float = 0.0
    found: dict[str, Found] = field(default_factory=dict)


def run_round(target: Target, number: int, tally: Tally, before: Callable[[Any], None] = lambda value: None) -> None:
    """Tries EXAMPLES_A_ROUND inputs, by the seed `number`; `before` is called with each input."""
    started, known, shrinking_until = monotonic(), set(tally.found), [float("inf")]

    @seed(number)
    @settings(
        max_examples=EXAMPLES_A_ROUND, database=None, deadline=None, suppress_health_check=ALL_CHECKS,
        phases=(Phase.generate, Phase.shrink), report_multiple_bugs=False, print_blob=False,
    )  # fmt: skip
    @given(target.inputs)
    def attempt(value: Any) -> None:
        if monotonic() > shrinking_until[0]:
            return  # long enough
        before(value)
        tally.tried += 1
        try:
            oracle.check_input(target, value)
        except oracle.Finding as finding:
            note_finding(target, value, finding, tally)
            if finding.signature not in known:
                shrinking_until[0] = min(shrinking_until[0], monotonic() + MAX_SHRINKING_S)
                raise

    try:
        attempt()
    except oracle.Finding:
        pass
    except Exception as error:  # hypothesis says that a failure was not repeated: it is noted all the same
        if set(tally.found) == known:
            raise error
    tally.seconds += monotonic() - started


def note_finding(target: Target, value: Any, finding: oracle.Finding, tally: Tally) -> None:
    size = len(json.dumps(cases.encode(value)))
    known = tally.found.get(finding.signature)
    if known is not None:
        known.count += 1
    if known is None or size < known.size:
        text = "".join(traceback.format_exception(finding))
        count = known.count if known else 1
        tally.found[finding.signature] = Found(target.name, finding.signature, text, value, size, count)


def save_findings(tally: Tally, folder: Path) -> list[Path]:
    return [
        cases.save_case(folder, each.target, each.value, each.signature, each.text) for each in tally.found.values()
    ]
