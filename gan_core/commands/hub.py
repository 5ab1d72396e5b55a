"""The commands of the Hugging Face Hub: fetch and publish."""

import argparse
import sys
from typing import Any

from gan_core.commands.common import (
    MODEL_HELP,
    add_command,
    checkpoint_root,
    download_bar,
    print_notes,
    resolve_model,
)
from gan_core.errors import UsageError

LABEL_ORDERS = ("label-first", "latent-first", "product", "none")


def add_commands(subparsers: Any) -> None:
    for add_subparser in (add_fetch, add_publish):
        add_subparser(subparsers)


def add_fetch(subparsers: Any) -> None:
    parser = add_command(subparsers, "fetch", run_fetch, "download a model from the Hugging Face Hub")
    parser.add_argument("reference", metavar="hub:OWNER/NAME[/FILE][@REVISION]", help="the model, pinned to a commit")
    parser.add_argument(
        "--label-order",
        choices=LABEL_ORDERS,
        metavar="ORDER",
        help="how a generator of another project joins label and latent, where its weights do not tell: "
        f"{', '.join(LABEL_ORDERS)}",
    )
    parser.add_argument("--preview", action="store_true", help="only show what would be downloaded, and its size")


def run_fetch(args: argparse.Namespace) -> None:
    from gan_core.errors import Unreachable
    from gan_core.hub import download, preview
    from gan_core.hub.reference import parse_reference
    from gan_core.importers.inputs import Choices

    reference, said = parse_reference(args.reference), ()
    try:
        model_preview = preview.preview_model(reference)
    except Unreachable:
        if args.preview:
            raise
        fetched = download.fetch_model(reference)  # the copy on this machine, or the same error
    else:
        print("\n".join(preview.as_lines(model_preview)), flush=True)
        said = model_preview.notes
        if args.preview:
            return
        with download_bar() as bar:
            choices = Choices(args.label_order)
            fetched = download.FetchedModel(download.download_model(model_preview, bar.update_to, choices=choices))
    print_notes([fetched.note] if fetched.note else [])
    for note in fetched.checkpoint.source.notes if fetched.checkpoint.source else ():
        if note not in said:
            print(note)
    print(f"{fetched.checkpoint.name} ({fetched.checkpoint.family.title}) in {fetched.checkpoint.folder}")


def add_publish(subparsers: Any) -> None:
    parser = add_command(subparsers, "publish", run_publish, "upload a model to the Hugging Face Hub")
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("repository", metavar="OWNER/NAME", help="the repository; created where it is new")
    parser.add_argument(
        "--licence", "--license", metavar="ID", help="the licence of the weights: mit, apache-2.0, cc-by-4.0 ..."
    )
    parser.add_argument("--private", action="store_true", help="create a new repository as a private one")
    parser.add_argument("--replace-card", action="store_true", help="overwrite a model card that was edited there")


def run_publish(args: argparse.Namespace) -> None:
    from gan_core.checkpoints import store
    from gan_core.hub import publish

    checkpoint = store.find_checkpoint(resolve_model(args.model), checkpoint_root(args))
    licence = args.licence or prompt_for_licence(publish.default_licence(checkpoint))
    published = publish.publish_checkpoint(
        checkpoint,
        args.repository,
        licence=licence,
        private=args.private,
        replace_card=lambda: args.replace_card or confirm_replace_card(),
    )
    if published.kept_card:
        print_notes(["the card there was edited and stays; --replace-card overwrites it"])
    print(f"{', '.join(published.files)} of {checkpoint.name}, licence {licence}: {published.commit_url}")


def prompt_for_licence(suggested: str | None) -> str:
    """The licence that the user enters at a terminal; elsewhere `suggested`, that of the checkpoint.

    Raises UsageError where there is none.
    """
    if not sys.stdin.isatty():
        if suggested is None:
            raise UsageError("--licence is missing, and the model states none: name the licence of its weights.")
        return suggested
    print(f"Licence of the weights{f' [{suggested}]' if suggested else ''}: ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip() or suggested
    if not answer:
        raise UsageError("Without a licence nobody may use the model: name one, such as mit or cc-by-4.0.")
    return answer


def confirm_replace_card() -> bool:
    """Whether the user at a terminal agrees to overwrite the model card; False elsewhere."""
    if not sys.stdin.isatty():
        return False
    print("The model card there was edited by somebody. Overwrite it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
