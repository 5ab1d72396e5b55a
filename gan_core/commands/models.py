"""The commands of the models on this machine: `models` lists them; `forget`, `rename` and `visibility` change them."""

import argparse
import json
import shlex
from typing import Any

from gan_core.checkpoints.score_basis import distance_scores, measured_on, number, score_warnings, with_warnings
from gan_core.commands.common import add_command, checkpoint_root, print_notes
from gan_core.errors import UsageError

PUBLIC, HIDDEN = "public", "hidden"


def add_commands(subparsers: Any) -> None:
    for add_subparser in (add_models, add_forget, add_rename, add_visibility):
        add_subparser(subparsers)


def add_models(subparsers: Any) -> None:
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
        "scores": with_warnings(model.scores),
        "source": model.source,
        "folder": str(model.folder),
        "licence": model.licence,
        "weights": model.weights_hash,
        "critic": model.has_discriminator,
        "title": model.title,
        "own": model.is_own,
        "public": model.is_public,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The rows of `models --json` as a table, without the keys that only programs need."""
    name_width, family_width = (max(len(row[key]) for row in rows) for key in ("name", "family"))
    bases = [measured_on(row["scores"]) for row in rows]
    basis_width = max(len("measured on"), *map(len, bases))
    name, family = f"{'name':{name_width}}", f"{'family':{family_width}}"
    heading = f"{name}  {family} {'data':14} {'size':>7}  {'accuracy':>8}  {'Fréchet':>8}"
    lines = [f"{heading}  {'measured on':{basis_width}}  source"]
    for row, basis in zip(rows, bases, strict=True):
        scores = row["scores"]
        share, distance = number(scores, "accuracy"), number(distance_scores(scores), "frechet")
        accuracy = "-" if share is None else f"{share:.2%}"
        frechet = "-" if distance is None else f"{distance:.2f}" + ("!" if score_warnings(scores) else "")
        size = f"{row['size'] / 1e6:.1f} MB"
        columns = f"{row['name']:{name_width}}  {row['family']:{family_width}} {row['data']:14} {size:>7}"
        lines.append(f"{columns}  {accuracy:>8}  {frechet:>8}  {basis or '-':{basis_width}}  {row['source']}")
    if any(score_warnings(row["scores"]) for row in rows):
        lines.append("! told by too few images: compare it only with one of as many, see `models --json`")
    return "\n".join(lines)


# Changes --------------------------------------------------------------------------------------------------------------


def add_forget(subparsers: Any) -> None:
    parser = add_command(subparsers, "forget", run_forget, "delete a fetched model or one of your own")
    parser.add_argument("name", metavar="NAME", help="as `models` lists it")
    parser.add_argument(
        "--undo", action="store_true", help="bring back a model of your own that was deleted within the last hour"
    )


def run_forget(args: argparse.Namespace) -> None:
    from gan_core import trash
    from gan_core.checkpoints import own
    from gan_core.hub.download import delete_fetched, is_fetched

    root = checkpoint_root(args)
    if args.undo:
        trash_path = trash.find_deleted(root, args.name)
        if trash_path is None:
            raise UsageError(f"No model {args.name} of your own was deleted from {root} within the last hour.")
        print(f"{trash.undo_delete(trash_path, 'model')} is back")
    elif is_fetched(args.name):
        deleted = delete_fetched(args.name)
        print(
            f"{deleted.name} is deleted"
            + (f"; {deleted.source.reference} downloads it again" if deleted.source else "")
        )
    else:
        own.delete_own(args.name, root)
        print(f"{args.name} is deleted; for an hour `forget {shlex.quote(args.name)} --undo` brings it back")


def add_rename(subparsers: Any) -> None:
    parser = add_command(subparsers, "rename", run_rename, "rename a model of your own")
    parser.add_argument("model", metavar="NAME", help="its name, as `models` lists it")
    parser.add_argument("name", metavar="NEW", help="the new name, or a title of which one is made, as in `export`")


def run_rename(args: argparse.Namespace) -> None:
    from gan_core.runs.scoring import rename_model

    checkpoint = rename_model(args.model, args.name, checkpoint_root(args))
    if checkpoint.title:
        print_notes([f"the name is {checkpoint.name}, with {checkpoint.title!r} as its title"])
    print(f"{args.model} is {checkpoint.name} now, in {checkpoint.folder}; links to it must be made anew")


def add_visibility(subparsers: Any) -> None:
    help_text = "show a model of your own to strangers in a hosted app, or hide it from them"
    parser = add_command(subparsers, "visibility", run_visibility, help_text)
    parser.add_argument("name", metavar="NAME", help="as `models` lists it")
    parser.add_argument("visibility", choices=(PUBLIC, HIDDEN), help="who runs the app sees the model in any case")


def run_visibility(args: argparse.Namespace) -> None:
    from gan_core.checkpoints import own

    checkpoint = own.set_public(args.name, args.visibility == PUBLIC, checkpoint_root(args))
    print(f"{checkpoint.name} is {PUBLIC if checkpoint.is_public else HIDDEN}")
