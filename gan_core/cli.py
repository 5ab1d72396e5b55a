"""The command line: one tool that does the work of the pages without a browser.

Exit code 0 is success, 2 a call or an input that cannot be used, 1 a failure from outside; each failure is one line on
standard error. Heavy imports happen inside the commands, so that help appears at once.
"""

import os
import sys
from collections.abc import Sequence

from gan_core.commands import check, evaluate, hub, sample, serve, text_encoder, train, upscale
from gan_core.commands.common import Parser
from gan_core.errors import ExternalError, UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        with train.queue_slot(arguments):  # who waits in line does so before torch is imported
            args = build_parser(arguments).parse_args(arguments)
            args.run(args)
            sys.stdout.flush()
    except UsageError as error:
        return print_error(str(error), 2)
    except (ExternalError, MemoryError) as error:
        return print_error(str(error) or "out of memory", 1)
    except BrokenPipeError:  # the reader of a pipe has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return print_error(f"{error.strerror or error}: {error.filename}" if error.filename else str(error), 1)
    except KeyboardInterrupt:
        return print_error("interrupted", 130)
    return 0


def print_error(message: str, code: int) -> int:
    print("gan_core: " + " ".join(message.split()), file=sys.stderr)
    return code


def build_parser(arguments: Sequence[str]) -> Parser:
    """The whole grammar. Config flags need the models, and those torch: only when `train` is asked for."""
    parser = Parser(prog="python -m gan_core", description="Draw with GANs, train them, measure them.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    sample.add_commands(subparsers)
    upscale.add_commands(subparsers)
    train.add_commands(subparsers, with_flags="train" in arguments[:1])
    evaluate.add_commands(subparsers)
    check.add_commands(subparsers)
    hub.add_commands(subparsers)
    text_encoder.add_commands(subparsers)
    serve.add_commands(subparsers)
    return parser
