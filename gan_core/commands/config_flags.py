"""Command-line flags from config dataclasses: help, range and choices are those of the fields."""

import argparse
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from gan_core.configuration import Configuration, to_flag


def add_config_flags(parser: argparse.ArgumentParser, title: str, configs: Iterable[type[Configuration]]) -> set[str]:
    """Adds a flag for every field of these configs, each name once; returns the names.

    Flags that are not given are missing from the parsed namespace.
    """
    group = parser.add_argument_group(title)
    names: set[str] = set()
    for config in configs:
        for setting in fields(config):
            if setting.name in names or "help" not in setting.metadata:
                continue
            names.add(setting.name)
            options: dict[str, Any] = {"dest": setting.name, "default": argparse.SUPPRESS, "help": help_text(setting)}
            if isinstance(setting.default, bool):
                options["action"] = argparse.BooleanOptionalAction
            else:
                options |= {"type": type(setting.default), "metavar": type(setting.default).__name__.upper()}
            group.add_argument(to_flag(setting.name), **options)
    return names


def help_text(setting: Any) -> str:
    """The field's help with its choices or range and its default, which a preset may replace."""
    low, high, choices = (setting.metadata[key] for key in ("low", "high", "choices"))
    allowed = ", ".join(map(str, choices))
    if low is not None and high is not None:
        allowed = f"{low:g} to {high:g}"
    text = setting.metadata["help"] + (f" ({allowed})" if allowed else "") + f"; default {setting.default}"
    return text.replace("%", "%%")
