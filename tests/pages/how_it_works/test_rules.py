"""The rules of the toy game: ranges of its URL parameters."""

import pytest

from gan_core.toy import ToyConfig
from pages.how_it_works import rules
from pages.ui.url_params import PARAMETERS


@pytest.mark.parametrize(
    ("name", "accepted", "refused"),
    [
        ("penalty", ["0", "10", "0.25"], ["-0.1", "10.1", "nan"]),
        ("forger", ["1", "8"], ["0", "9", "1.5"]),
        ("teller", ["1", "8"], ["0", "9"]),
        ("pace", ["1", "5", "20"], ["2"]),
        ("target", ["ring", "drawn"], ["moon"]),
    ],
)
def test_a_parameter_has_the_range_of_its_setting(name: str, accepted: list[str], refused: list[str]) -> None:
    rule = rules.link_rules()[name]
    assert all(rule.accepts(value) for value in accepted)
    assert not any(rule.accepts(value) for value in refused)


def test_the_link_of_a_config_passes_the_rules_and_is_declared() -> None:
    parameters = rules.link_parameters(ToyConfig(objective="hinge", penalty=0.5, generator_steps=3))
    assert parameters.keys() <= PARAMETERS["how-it-works"].keys()
    checked = rules.link_rules()
    assert all(checked[name].accepts(str(value)) for name, value in parameters.items() if name in checked)
