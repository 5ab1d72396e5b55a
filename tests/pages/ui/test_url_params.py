"""The table of URL parameters is complete, rules accept what they say, and links hold declared names alone."""

import ast
from pathlib import Path

import pytest

from pages.ui import navigation, paths, url_params, url_rules
from tests.pages.conftest import OpenPage
from tests.pages.queries import messages

PAGE_FILES = sorted((paths.ROOT / "pages").glob("*/*.py"))


def bound_keys(file: Path) -> set[str]:
    """The keys of widgets in a file that are bound to the URL."""
    keys = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            arguments = {keyword.arg: keyword.value for keyword in node.keywords}
            if "bind" in arguments and isinstance(key := arguments.get("key"), ast.Constant):
                keys.add(str(key.value))
    return keys


def test_every_page_declares_its_parameters() -> None:
    assert set(url_params.PARAMETERS) == {name.replace("_", "-") for name in navigation.PAGES}


@pytest.mark.parametrize("file", PAGE_FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_widget_that_is_bound_to_the_url_is_declared(file: Path) -> None:
    page = file.parent.name.replace("_", "-")
    pages = [page] if page != "ui" else list(url_params.PARAMETERS)
    assert bound_keys(file) <= {name for declared in pages for name in url_params.PARAMETERS[declared]}


def test_some_widgets_are_bound_to_the_url() -> None:
    assert {"seed", "critic", "proof"} <= {key for file in PAGE_FILES for key in bound_keys(file)}


def test_a_link_holds_what_is_set_in_the_order_given_and_the_weights_last() -> None:
    values = {"model": "a b", "pick": [2, 5], "seed": 0, "label": None, "against": ""}
    assert url_params.build_link("samples", values, "12345678") == (
        "/samples?model=a+b&pick=2&pick=5&seed=0&weights=12345678"
    )
    assert url_params.build_link("home", {}) == "/"


@pytest.mark.parametrize(
    ("page", "values", "weights"), [("samples", {"sed": 3}, ""), ("train", {}, "12345678"), ("home", {"seed": 3}, "")]
)
def test_a_link_with_a_name_that_is_not_declared_is_refused(page: str, values: dict[str, object], weights: str) -> None:
    with pytest.raises(ValueError, match="declares no URL parameter"):
        url_params.build_link(page, values, weights)


@pytest.mark.parametrize(
    ("rule", "accepted", "refused"),
    [
        (url_rules.integer(1, 9), ["1", "9", "3.0", "9e0"], ["0", "10", "1.5", "", "nan", "inf", "x", "1" * 5000]),
        (url_rules.number(0, 1), ["0", "1", "0.25", "1e-3"], ["-0.1", "1.01", "nan", "inf", ""]),
        (url_rules.choice(["a", "b"]), ["a", "b"], ["", "A", "a,b"]),
        (url_rules.FLAG, ["true", "false"], ["True", "1", ""]),
        (url_rules.short_text(3), ["", "abc"], ["abcd"]),
    ],
    ids=["integer", "number", "choice", "flag", "short text"],
)
def test_a_rule_accepts_what_it_says(rule: url_rules.Rule, accepted: list[str], refused: list[str]) -> None:
    assert all(rule.accepts(text) for text in accepted)
    assert not any(rule.accepts(text) for text in refused)


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e999", "9" * 400])
@pytest.mark.parametrize(
    ("page", "name"), [("samples", "seed"), ("digits", "count"), ("text", "seed"), ("how-it-works", "seed")]
)
def test_an_infinite_number_is_dropped_with_a_warning(open_page: OpenPage, page: str, name: str, text: str) -> None:
    app = open_page(page, **{name: text})
    assert not app.exception
    assert [f"This link's {name} cannot be used: it must be a whole number" in text for text in messages(app)] == [True]
    assert name not in app.query_params
    assert not messages(app.run())


def test_infinity_may_be_a_prompt(open_page: OpenPage) -> None:
    app = open_page("text", prompt="inf")
    assert app.query_params["prompt"] == "inf"
    assert not app.exception


def test_a_choice_of_nothing_is_left_out() -> None:
    rule = url_rules.choice([])
    assert not rule.accepts("")
    assert rule.expected == "left out, for there is nothing to choose from"
