"""The command `check`: compares what each model generates with its stored reference image."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from gan_core.commands.common import add_command, checkpoint_root, progress_bar
from gan_core.errors import ExternalError


def add_commands(subparsers: Any) -> None:
    parser = add_command(subparsers, "check", run_check, "compare what each model generates with its reference image")
    parser.add_argument("models", metavar="MODEL", nargs="*", help="the models to check; by default all")
    parser.add_argument("--renew", action="store_true", help="store what they generate now as their reference images")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run_check(args: argparse.Namespace) -> None:
    from gan_core.checkpoints import store
    from gan_core.evaluation import reference_check

    root = checkpoint_root(args)
    checkpoints = [store.find_checkpoint(name, root) for name in args.models] or reference_check.all_models(root)
    if args.renew:
        for checkpoint in checkpoints:
            print(f"{checkpoint.name}: {reference_check.update_reference(checkpoint)}")
        return
    results = []
    with progress_bar(len(checkpoints), "model") as bar:
        for checkpoint in checkpoints:
            results.append(reference_check.check_model(checkpoint))
            bar.update()
    report = {"host": reference_check.host_report(), "models": [asdict(result) for result in results]}
    print(json.dumps(report, indent=2) if args.json else report_lines(report))
    failed = [result.name for result in results if not result.passed]
    if failed:
        raise ExternalError(f"{len(failed)} of {len(results)} models failed the check: {', '.join(failed)}.")


def report_lines(report: dict[str, Any]) -> str:
    """The report of the host and of each model as lines of text."""
    host, models = report["host"], report["models"]
    memory = ", ".join(f"{name} {value:.0f} MB" for name, value in host["memory"].items()) or "unknown"
    width = max(len(model["name"]) for model in models)
    output = [
        f"GAN Atelier {host['version']}, Python {host['python']}, torch {host['torch']}",
        f"device {host['device']}, {host['cores']} cores, {host['threads']} threads; memory: {memory}",
    ]
    for model in models:
        difference = "" if model["difference"] is None else f" (largest difference: {model['difference']} grey levels)"
        output.append(f"{model['name']:{width}}  {model['state']:12}  {model['text']}{difference}")
    return "\n".join(output)
