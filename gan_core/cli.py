"""The command line: the functions of the app's pages, without a browser.

The exit code is 0 for success, 2 for a call or an input that cannot be used, 1 for a failure of the network, the disk
or the memory, and 130 for an interrupt; each failure is one line on standard error. The commands import torch when they
run, so that help appears at once.
"""

import io
import os
import sys
from collections.abc import Sequence

from gan_core import __version__
from gan_core.commands import check, evaluate, hub, judge, models, sample, serve, text_encoder, train, upscale
from gan_core.commands.common import Parser, printable
from gan_core.errors import ExternalError, UsageError

MODULE_PROGRAM = "python -m gan_core"
INSTALLED_PROGRAM = "gan-atelier"  # the console script that pyproject.toml declares


def main(arguments: Sequence[str] | None = None, program: str = MODULE_PROGRAM) -> int:
    """Runs one command, by default that of `sys.argv`, and returns the exit code. `program` is what help calls it."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    escape_unprintable_output()
    try:
        with train.queue_slot(arguments):  # `train --wait` waits before torch is imported
            args = build_parser(arguments, program).parse_args(arguments)
            args.run(args)
            sys.stdout.flush()
    except UsageError as error:
        return print_error(str(error), 2)
    except (ExternalError, MemoryError) as error:
        return print_error(str(error) or "out of memory", 1)
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return print_error(f"{error.strerror or error}: {error.filename}" if error.filename else str(error), 1)
    except KeyboardInterrupt:
        return print_error("interrupted", 130)
    return 0


def main_of_console_script() -> int:
    """The entry point of `gan-atelier`: the same commands under the installed name."""
    return main(program=INSTALLED_PROGRAM)


def print_error(message: str, code: int) -> int:
    """Prints a message as one line on standard error and returns the exit code."""
    print("gan_core: " + printable(" ".join(message.split())), file=sys.stderr)
    return code


def escape_unprintable_output() -> None:
    """Lets names of files that the terminal cannot show be printed with escapes, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def build_parser(arguments: Sequence[str], program: str = MODULE_PROGRAM) -> Parser:
    """The parser of all commands. The flags of `train` that come from configs need torch to be imported: they are left
    out unless `arguments` begin with `train`."""
    parser = Parser(prog=program, description="Generate images with GANs, train and evaluate them.")
    parser.add_argument("--version", action="version", version=f"GAN Atelier {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    models.add_commands(subparsers)
    sample.add_commands(subparsers)
    upscale.add_commands(subparsers)
    train.add_commands(subparsers, with_flags="train" in arguments[:1])
    judge.add_commands(subparsers)
    evaluate.add_commands(subparsers)
    check.add_commands(subparsers)
    hub.add_commands(subparsers)
    text_encoder.add_commands(subparsers)
    serve.add_commands(subparsers)
    return parser
