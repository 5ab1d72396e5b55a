"""Query strings: every page with hostile values of every parameter that it knows, and of others, without a browser."""

import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from pages.ui import not_found, url_params, url_rules
from pages.ui.url_params import PARAMETERS
from tests.fuzz import commands, configs, runs
from tests.fuzz.targets import Target

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 50
HOSTILE = (
    *(text for text in commands.TEXTS if "\udcff" not in text), "false", "True", "None", "null", "[]", "{}", "-0",
    "1.0", "2.", "1e0", "0.5", "2147483647",
    "+1", " 1 ", "١", "Write", "Draw", "Blend", "Compare", "Runs", "New", "\ud7ff", "😀" * 99,
    "<img src=x onerror=alert(1)>", "a\x00b",
    ":material/home:", "$x$", "tiny-text", "abcdef01", "ABCDEF01", "a\n" * 400, "%00", "&", "=", "#", "ﷺ",
    "red\ncircle\n\nstar",
)  # fmt: skip


def queries(page: str) -> st.SearchStrategy[dict[str, list[str]]]:
    """Parameters of a page, and others, each with one value or several."""
    names = [*PARAMETERS[page], *("embed", "x", "", "é", "model", "seed")]
    values = st.one_of(
        st.sampled_from(HOSTILE),
        st.sampled_from(HOSTILE),
        st.integers().map(str),
        st.floats().map(str),
        st.text(st.characters(exclude_categories=("Cs",)), max_size=30),
    )
    several = st.one_of(*[values.map(lambda value: [value])] * 4, st.lists(values, min_size=2, max_size=4))
    return st.dictionaries(st.sampled_from(names), several, max_size=6)


def open_page(page: str) -> Callable[[dict[str, list[str]], Path], None]:
    def run(value: dict[str, list[str]], folder: Path) -> None:
        with app_environment(folder, commands.models()):
            show(page, value)

    return run


def app_environment(folder: Path, models: Path) -> commands.environment:
    return commands.environment(
        GAN_CORE_CHECKPOINTS=str(models), GAN_CORE_RUNS=str(folder / "runs"), GAN_CORE_DATA=str(folder / "data"),
        GAN_CORE_FETCHED=str(folder / "fetched"),
    )  # fmt: skip


def show(page: str, query: dict[str, list[str]]) -> AppTest:
    """Opens a page with a query, and runs it once more. Raises AssertionError on an exception or an empty page."""
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=TIMEOUT_S).run()
    for name, values in query.items():
        app.query_params[name] = values
    app.switch_page(f"pages/{page.replace('-', '_')}/page.py")
    for _ in range(2):
        app.run()
        for exception in app.exception:
            raise AssertionError(f"{exception.message} | {exception.stack_trace[-1] if exception.stack_trace else ''}")
        assert app.main.children, "an empty page"
    return app


@cache
def prepare() -> None:
    """Opens each page once without a query: what is imported and cached then takes no time of an input."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder, app_environment(Path(folder), commands.models()):
        for page in PARAMETERS:
            show(page, {})


def show_run(value: dict[str, bytes], folder: Path) -> None:
    """The page Train with a run whose files are damaged."""
    runs.write_run(value, folder)
    with app_environment(folder, commands.models()):
        show("train", {"view": ["Runs"], "run": ["first"]})


def show_model(value: dict[str, Any], folder: Path) -> None:
    """The page Models, and one that draws, with a model whose files of JSON are hostile."""
    root = folder / "checkpoints"
    shutil.copytree(commands.models(), root)
    for name, content in value["files"].items():
        (root / value["weights"] / name).write_bytes(content)
    with app_environment(folder, root):
        for page in ("models", "samples"):
            show(page, {"model": [value["weights"]]})


def check_rules(value: list[str], folder: Path) -> None:
    """What a rule accepts is what it says; any text is decided."""
    for text in value:
        for rule in (url_rules.integer(0, 9), url_rules.number(0, 1), url_rules.FLAG, url_rules.short_text(5)):
            if rule.accepts(text) and rule.expected.startswith(("a number", "a whole number")):
                assert 0 <= float(text) <= 9
    link = url_params.build_link("samples", {"model": value[0], "pick": value})
    json.dumps(link)


def answer_address(value: bytes, folder: Path) -> None:
    """An address that is no page is answered by a page, and its markup holds nothing of the address as markup."""
    path = "/" + value.decode("utf-8", "replace")
    start, body = not_found.answer(path, value, "GET")
    assert start["status"] in (307, 404)
    assert b"<script" not in body["body"]
    for name, content in start["headers"]:
        assert not {b"\n"[0], b"\r"[0]} & set(content), name


ADDRESSES = (b"<script>alert(1)</script>", b"%3Cscript%3E", b"samples/", b"HOME", b"a" * 9000)
TEXTS = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20)), min_size=1, max_size=4)
INFINITE = ({"seed": ["inf"], "count": ["1e999"]}, {"rows": ["9" * 400], "text": ["inf"]})
TARGETS = (
    Target("rules of addresses", TEXTS, check_rules, short_count=30),
    Target("address of no page", st.one_of(st.binary(max_size=60), st.sampled_from(ADDRESSES)), answer_address),
    *(Target(f"address of {page}", queries(page), open_page(page), INFINITE, 1, prepare) for page in PARAMETERS),
    Target("page Train with a damaged run", runs.run_files(), show_run, runs.ODD_NOTES, 1, prepare),
    Target("page Models with a hostile model", configs.models(), show_model, (), 2, prepare),
)
