"""What goes from and to the Hugging Face Hub: fetch, publish, forget."""

import argparse
import sys
from typing import Any

from gan_core.commands.common import add_command, download_bar, local, root_of
from gan_core.errors import InputError


def add_commands(commands: Any) -> None:
    for add in (add_fetch, add_publish, add_forget):
        add(commands)


def add_fetch(commands: Any) -> None:
    parser = add_command(commands, "fetch", run_fetch, "bring a model from the Hugging Face Hub")
    parser.add_argument("reference", metavar="hub:OWNER/NAME[/FILE][@REVISION]", help="the model, pinned to a commit")
    parser.add_argument("--preview", action="store_true", help="only say what would come, from where, how large")


def run_fetch(chosen: argparse.Namespace) -> None:
    from gan_core.errors import Unreachable
    from gan_core.hub import download, preview
    from gan_core.hub.reference import parse

    reference = parse(chosen.reference)
    try:
        wanted = preview.preview(reference)
    except Unreachable:
        if chosen.preview:
            raise
        found = download.fetch(reference)  # what is here, or the same failure
    else:
        print("\n".join(preview.lines(wanted)), flush=True)
        if chosen.preview:
            return
        with download_bar() as bar:
            found = download.Fetched(download.bring(wanted, bar.show))
    if found.note:
        print(f"gan_core: {found.note}", file=sys.stderr)
    for note in found.checkpoint.source.notes if found.checkpoint.source else ():
        print(note)
    print(f"{found.checkpoint.name} ({found.checkpoint.family.title}) in {found.checkpoint.folder}")


def add_publish(commands: Any) -> None:
    parser = add_command(commands, "publish", run_publish, "send a model to the Hugging Face Hub")
    parser.add_argument("model", metavar="MODEL", help="a name under checkpoints, a folder, or hub:OWNER/NAME")
    parser.add_argument("repository", metavar="OWNER/NAME", help="where to; made where it is new")
    parser.add_argument("--licence", "--license", help="of the weights: mit, apache-2.0, cc-by-4.0 ...")
    parser.add_argument("--private", action="store_true", help="a new model there is for your eyes only")
    parser.add_argument("--replace-card", action="store_true", help="write over a card that was edited there")


def run_publish(chosen: argparse.Namespace) -> None:
    from gan_core.checkpoints import store
    from gan_core.hub import publish

    checkpoint = store.find(local(chosen.model), root_of(chosen))
    licence = chosen.licence or asked_licence(publish.suggested(checkpoint))
    made = publish.publish(
        checkpoint,
        chosen.repository,
        licence=licence,
        private=chosen.private,
        replace_card=lambda: chosen.replace_card or agreed_to_replace(),
    )
    if made.kept_card:
        print("gan_core: the card there was edited and stays; --replace-card writes over it", file=sys.stderr)
    print(f"{', '.join(made.files)} of {checkpoint.name}, licence {licence}: {made.address}")


def asked_licence(suggested: str | None) -> str:
    """The licence, from the person at the terminal; without one, what the checkpoint itself states."""
    if not sys.stdin.isatty():
        if suggested is None:
            raise InputError("--licence is missing, and the model states none: say what its weights may be used for.")
        return suggested
    print(f"Licence of the weights{f' [{suggested}]' if suggested else ''}: ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip() or suggested
    if not answer:
        raise InputError("Without a licence nobody may use the model: name one, such as mit or cc-by-4.0.")
    return answer


def agreed_to_replace() -> bool:
    if not sys.stdin.isatty():
        return False
    print("The card there was edited by somebody. Write over it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def add_forget(commands: Any) -> None:
    parser = add_command(commands, "forget", run_forget, "delete a fetched model")
    parser.add_argument("name", metavar="NAME", help="as `models` lists it")


def run_forget(chosen: argparse.Namespace) -> None:
    from gan_core.hub.download import forget

    gone = forget(chosen.name)
    print(f"{gone.name} is deleted" + (f"; {gone.source.reference} brings it back" if gone.source else ""))
