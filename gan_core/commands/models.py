"""The command `models`: lists the models that can be used, as a table or as JSON."""

import argparse
import json
from typing import Any

from gan_core.commands.common import add_command, checkpoint_root


def add_commands(subparsers: Any) -> None:
    parser = add_command(subparsers, "models", run_models, "list the models that can be used")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run_models(args: argparse.Namespace) -> None:
    from gan_core.api.loading import list_models

    root = checkpoint_root(args)
    rows = [json_row(model) for model in list_models(checkpoints=root)]
    if args.json:
        print(json.dumps(rows, indent=2))
    elif not rows:
        print(f"No models in {root}: train one by `train` and `export` it, or `fetch` one from the Hub.")
    else:
        print(table(rows))


def json_row(model: Any) -> dict[str, Any]:
    """A `ModelInfo` under the keys of `models --json`."""
    return {
        "name": model.name,
        "family": model.family,
        "data": model.data,
        "classes": list(model.classes),
        "image_size": model.image_size,
        "size": model.weights_bytes,
        "scores": model.scores,
        "source": model.source,
        "folder": str(model.folder),
        "licence": model.licence,
        "weights": model.weights_hash,
        "critic": model.has_discriminator,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The rows of `models --json` as a table, without the keys that only programs need."""
    name_width, family_width = (max(len(row[key]) for row in rows) for key in ("name", "family"))
    name, family = f"{'name':{name_width}}", f"{'family':{family_width}}"
    lines = [f"{name}  {family} {'data':14} {'size':>7}  {'accuracy':>8}  {'Fréchet':>7}  source"]
    for row in rows:
        accuracy = f"{row['scores']['accuracy']:.2%}" if "accuracy" in row["scores"] else "-"
        frechet = f"{row['scores']['frechet']:.2f}" if "frechet" in row["scores"] else "-"
        size = f"{row['size'] / 1e6:.1f} MB"
        columns = f"{row['name']:{name_width}}  {row['family']:{family_width}} {row['data']:14} {size:>7}"
        lines.append(f"{columns}  {accuracy:>8}  {frechet:>7}  {row['source']}")
    return "\n".join(lines)
