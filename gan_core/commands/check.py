"""What keeps a host honest: check draws from every model and compares with what it drew when it was published."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from gan_core.commands.common import add_command, progress_bar, root_of
from gan_core.errors import OutsideError


def add_commands(commands: Any) -> None:
    parser = add_command(commands, "check", run_check, "draw from every model and compare with its reference picture")
    parser.add_argument("models", metavar="MODEL", nargs="*", help="these only; by default all")
    parser.add_argument("--renew", action="store_true", help="store what they draw now as their references")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run_check(chosen: argparse.Namespace) -> None:
    from gan_core.checkpoints import store
    from gan_core.evaluation import reference_check

    root = root_of(chosen)
    known = [store.find(name, root) for name in chosen.models] or reference_check.every(root)
    if chosen.renew:
        for each in known:
            print(f"{each.name}: {reference_check.renew(each)}")
        return
    findings = []
    with progress_bar(len(known), "model") as bar:
        for each in known:
            findings.append(reference_check.check(each))
            bar.update()
    report = {"host": reference_check.host(), "models": [asdict(each) for each in findings]}
    print(json.dumps(report, indent=2) if chosen.json else lines(report))
    bad = [each.name for each in findings if not each.good]
    if bad:
        raise OutsideError(f"{len(bad)} of {len(findings)} models failed the check: {', '.join(bad)}.")


def lines(report: dict[str, Any]) -> str:
    """For a person to read."""
    host, models = report["host"], report["models"]
    memory = ", ".join(f"{name} {value:.0f} MB" for name, value in host["memory"].items()) or "unknown"
    width = max(len(each["name"]) for each in models)
    told = [
        f"GAN Atelier {host['version']}, Python {host['python']}, torch {host['torch']}",
        f"device {host['device']}, {host['cores']} cores, {host['threads']} threads; memory: {memory}",
    ]
    for each in models:
        away = "" if each["difference"] is None else f" (largest difference: {each['difference']} grey levels)"
        told.append(f"{each['name']:{width}}  {each['state']:12}  {each['text']}{away}")
    return "\n".join(told)
