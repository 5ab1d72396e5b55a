"""URL parameters: which ones each page has, the check of an opened link, and the link that Share gives away.

A widget bound to the URL drops a value that it cannot use without a message. Pages therefore check the link before
their widgets read it, and show a warning for each value that is not accepted. No warning repeats the link's own text.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st
from streamlit.errors import StreamlitAPIException

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.store import canonical_name
from gan_core.configuration import MAX_SEED
from gan_core.sampling import MAX_TRUNCATION
from pages.ui import url_rules
from pages.ui.limits import current_limits
from pages.ui.url_rules import Rule

WEIGHTS_HASH_LENGTH = 8
RENAMED_KEY = "link_renamed"
DROPPED_KEY = "link_dropped"


@dataclass(frozen=True)
class Parameter:
    """A URL parameter of a page.

    `rule` is called at each check, for it may depend on the limits of the host; a parameter without one depends on the
    page or on the models at hand, and its page passes the rule. `repeatable`: it may have several values. `typed`:
    what the visitor types goes into the address, so the rule is for the link alone, before the widget has a value.
    `is_model`: a former name of a model stands for its present one.
    """

    rule: Callable[[], Rule] | None = None
    repeatable: bool = False
    typed: bool = False
    is_model: bool = False


def fixed(rule: Rule) -> Parameter:
    return Parameter(lambda: rule)


RULE_OF_PAGE = Parameter()
MODEL = Parameter(is_model=True)
SEED = fixed(url_rules.integer(0, MAX_SEED))
COUNT = Parameter(lambda: url_rules.integer(1, current_limits().images))
TRUNCATION = fixed(url_rules.number(0, MAX_TRUNCATION))
BLEND = fixed(url_rules.number(0, 1))
FLAG = fixed(url_rules.FLAG)
PROMPT = Parameter(lambda: url_rules.short_text(current_limits().prompt_characters), typed=True)
WEIGHTS = Parameter()  # checked against the models at hand

PARAMETERS: dict[str, dict[str, Parameter]] = {  # page, as it stands in the address: its parameters
    "home": {},
    "samples": {
        "model": MODEL, "seed": SEED, "count": COUNT, "truncation": TRUNCATION, "label": RULE_OF_PAGE,
        "against": MODEL, "critic": FLAG, "pick": Parameter(repeatable=True), "weights": WEIGHTS,
    },
    "digits": {
        "set": RULE_OF_PAGE, "model": MODEL, "view": RULE_OF_PAGE, "digit": fixed(url_rules.integer(0, 9)),
        "garment": RULE_OF_PAGE, "class": RULE_OF_PAGE, "into": RULE_OF_PAGE, "blend": BLEND, "text": PROMPT,
        "seed": SEED, "count": COUNT,
        "rows": Parameter(lambda: url_rules.integer(1, current_limits().handwriting_rows)), "truncation": TRUNCATION,
        "weights": WEIGHTS,
    },
    "text": {
        "model": MODEL, "view": RULE_OF_PAGE, "prompt": PROMPT, "into": PROMPT, "blend": BLEND,
        "prompts": Parameter(typed=True), "seed": SEED, "count": RULE_OF_PAGE, "truncation": TRUNCATION,
        "sharpen": FLAG, "written": FLAG, "weights": WEIGHTS,
    },
    "upscale": {
        "model": MODEL, "sample": RULE_OF_PAGE, "scale": RULE_OF_PAGE, "times": RULE_OF_PAGE, "proof": FLAG,
        "weights": WEIGHTS,
    },
    "train": {"view": RULE_OF_PAGE, "run": RULE_OF_PAGE, "against": RULE_OF_PAGE},
    "models": {"model": MODEL},
    "how-it-works": {
        "target": RULE_OF_PAGE, "objective": RULE_OF_PAGE, "penalty": RULE_OF_PAGE,
        "forger": RULE_OF_PAGE, "teller": RULE_OF_PAGE, "forger_rate": RULE_OF_PAGE, "teller_rate": RULE_OF_PAGE,
        "seed": SEED, "pace": RULE_OF_PAGE, "learner": RULE_OF_PAGE,
    },
}  # fmt: skip


# Opened links ---------------------------------------------------------------------------------------------------------


def check_link(page: str, rules: Mapping[str, Rule], models: Mapping[str, Checkpoint] | None = None) -> None:
    """Show a warning for each parameter of the opened link that cannot be used. Call it before the widgets.

    `rules` are those that the table leaves to the page; `models` are the ones that may have drawn what the link shows.
    A link with former names of models is opened again with their present names.
    """
    show_warnings(link_warnings(page, rules, models))


def link_warnings(page: str, rules: Mapping[str, Rule], models: Mapping[str, Checkpoint] | None = None) -> list[str]:
    """The sentences that `check_link` shows, for a page that shows them in a fragment below its first widgets."""
    replace_former_names(page, rules)
    return (
        drop_infinite_numbers(page, rules)
        + query_warnings(page, rules)
        + (weights_warnings(models) if models is not None else [])
    )


def show_warnings(warnings: list[str]) -> None:
    """Show the warnings and empty the list: when a fragment runs again, what was wrong with the link is history."""
    for warning in warnings:
        st.warning(warning, icon=":material/link_off:")
    warnings.clear()


def replace_former_names(page: str, rules: Mapping[str, Rule]) -> None:
    """Open the page again with present names, where the link has former names of models that are here."""
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    renamed = {
        name: [canonical_name(value) for value in query[name]]
        for name, parameter in PARAMETERS[page].items()
        if parameter.is_model and name in query and name in rules
    }
    renamed = {
        name: values
        for name, values in renamed.items()
        if values != query[name] and all(rules[name].accepts(value) for value in values)
    }
    if not renamed:
        return
    try:
        reopen_page(page, query | renamed)
    except StreamlitAPIException:  # bound widgets are on the page already: the browser went back to the link
        if not st.session_state.pop(RENAMED_KEY, False):  # in this run the address wins over the session
            st.session_state[RENAMED_KEY] = True
            st.rerun()
        st.session_state.update({name: values[-1] for name, values in renamed.items()})


def drop_infinite_numbers(page: str, rules: Mapping[str, Rule]) -> list[str]:
    """Open the page again without parameters that are an infinite number; in the run after that, their warnings.

    Streamlit's widgets for whole numbers raise OverflowError on them.
    """
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    infinite = {}
    for name, parameter in PARAMETERS[page].items():
        rule = find_rule(name, parameter, rules)
        if rule and any(is_infinite(value) and not rule.accepts(value) for value in query.get(name, ())):
            infinite[name] = unusable_warning(name, rule)
    if infinite:
        st.session_state[DROPPED_KEY] = list(infinite.values())
        reopen_page(page, {name: values for name, values in query.items() if name not in infinite})
    return st.session_state.pop(DROPPED_KEY, [])


def is_infinite(text: str) -> bool:
    """Whether a text is a number that Python reads as infinite, such as inf, -Infinity and 1e999."""
    try:
        return math.isinf(float(text))
    except ValueError:
        return False


def reopen_page(page: str, query: dict[str, list[str]]) -> None:
    st.switch_page(f"pages/{page.replace('-', '_')}/page.py", query_params=query)


def query_warnings(page: str, rules: Mapping[str, Rule]) -> list[str]:
    """A sentence for each parameter that has several values, or one that its rule does not accept."""
    require_declared(page, rules)
    warnings = []
    for name, parameter in PARAMETERS[page].items():
        values = st.query_params.get_all(name)
        if parameter.is_model:
            values = [canonical_name(value) for value in values]
        rule = find_rule(name, parameter, rules)
        if len(values) > 1 and not parameter.repeatable:
            warnings.append(f"This link names its {name} more than once; the page chose one.")
        elif rule is None or (parameter.typed and name in st.session_state):
            continue
        elif not all(rule.accepts(value) for value in values):
            warnings.append(unusable_warning(name, rule))
    return warnings


def find_rule(name: str, parameter: Parameter, rules: Mapping[str, Rule]) -> Rule | None:
    """The page's rule of a parameter, or that of the table; None where the page has none at present."""
    return rules.get(name) or (parameter.rule() if parameter.rule else None)


def unusable_warning(name: str, rule: Rule) -> str:
    return f"This link's {name} cannot be used: it must be {rule.expected}. The page chose one that fits."


def weights_warnings(models: Mapping[str, Checkpoint]) -> list[str]:
    """A sentence where the link was made with weights that no model here has any more."""
    weights_hash = st.query_params.get("weights")
    if weights_hash is None or any(weights_hash == model.weights_hash for model in models.values()):
        return []
    if len(weights_hash) != WEIGHTS_HASH_LENGTH or not set(weights_hash) <= set("0123456789abcdef"):
        return ["This link's weights cannot be used: they must be a hash of 8 hexadecimal digits."]
    return ["This link was made with other weights: the model has been trained anew since, so the picture may differ."]


# Links to share -------------------------------------------------------------------------------------------------------


def build_link(page: str, values: Mapping[str, object], weights_hash: str = "") -> str:
    """The absolute link that shows what is shown now, with the hash of the weights that drew it.

    Values that are None, "" or [] are left out. Raises ValueError for a name that the page does not declare.
    """
    parameters = {**values, "weights": weights_hash} if weights_hash else values
    require_declared(page, parameters)
    query = {name: value for name, value in parameters.items() if value is not None and value not in ("", [])}
    current_url = urlsplit(st.context.url or "")
    path = current_url.path or ("/" if page == "home" else f"/{page}")
    return urlunsplit((current_url.scheme, current_url.netloc, path, urlencode(query, doseq=True), ""))


def require_declared(page: str, names: Mapping[str, object]) -> None:
    if unknown := names.keys() - PARAMETERS[page].keys():
        raise ValueError(f"The page {page} declares no URL parameter {', '.join(sorted(unknown))}.")
