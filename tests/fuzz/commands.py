"""The command line: every command with hostile values of its arguments, in this process.

The exit code is 0, 1 or 2; a failure is one line on standard error that begins with `gan_core: `, and no traceback.
"""

import atexit
import io
import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from gan_core import cli
from tests import factories, small_upscalers
from tests.fuzz.targets import Target

LEFT_OUT = {"app", "deploy", "train", "words"}  # they stay, upload, or work for long; `train` has a target of its own
TEXTS = (
    "", " ", "0", "-1", "1", "2", "3.5", "nan", "inf", "-inf", "1e999", "1e-400", "1e3", "0x10", "1_0", "٣",
    "99999999999999999999",
    "-99999999999999999999", "4294967296", "2147483648", "9" * 5000, "--", "-", "-x", "--out", ",", ",,", "1,",
    "0,1,2", "0,99",
    "x" * 5000, "ü", "\x1b[31m", "a\nb", "\r", "\t", "\u202e", "\udcff", "é" * 200, "%s", "{0}", "$HOME", "~", "..",
    ".", "/", "/dev/null",
    "/proc/self/mem", "hub:", "hub:a", "hub:a/b", "hub:a/b@", "hub:a/b/c@d", "hub:../..", "hub://x/y",
    "https://huggingface.co/a/b", "a/b",
    "tiny-dcgan", "tiny-conditional", "tiny-text", "tiny-x2", "circle", "circle,star", "mnist", "set5", "auto", "true",
    "red circle",
)  # fmt: skip
OUTPUTS = (
    "out",
    "out.png",
    "out.npz",
    "out.jpg",
    "out.xyz",
    "no/such/folder/out.png",
    "x" * 250 + ".png",
    "out.PNG",
    "ü.png",
    "file/x.png",
)
INPUTS = ("pic.png", "file", "folder", "empty", "missing.png", "prompts.txt", "weights.pth")
MAX_SECONDS_OF_WORK = {"--count": "2", "--steps": "2"}  # what valid calls draw at most


@cache
def models() -> Path:
    """A folder with tiny models of several tasks, which lasts as long as the process."""
    root = Path(tempfile.mkdtemp(prefix="gan-atelier-fuzz-models-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    factories.checkpoint(root, "dcgan", "tiny-dcgan")
    factories.checkpoint(root, "conditional", "tiny-conditional")
    factories.checkpoint(root, "text_conditional", "tiny-text")
    small_upscalers.make_upscaler_checkpoint(root, "tiny-x2", scale=2)
    small_upscalers.make_upscaler_checkpoint(root, "tiny-x4")
    return root


def run(arguments: Sequence[str]) -> str:
    """Runs a command; returns what it printed. Raises AssertionError where it ends in another way than it may."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", errors) for errors in ("strict", "backslashreplace"))
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code: Any = cli.main(arguments)
    except SystemExit as error:  # help and version
        code = error.code or 0
    for stream in (out, err):
        stream.flush()
    printed, lines = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
    assert code in (0, 1, 2), f"exit code {code}"
    assert "Traceback" not in printed + lines, "a traceback"
    assert "Error(" not in lines, f"the name of an exception in {lines!r}"
    last = lines.splitlines()[-1:] if code else []
    assert not code or (last and last[0].startswith("gan_core: ")), f"code {code} without a sentence: {lines!r}"
    return printed


# Hostile calls -------------------------------------------------------------------------------------------------------


@cache
def actions(command: str) -> list[Any]:
    """The arguments that a command has, as argparse keeps them."""
    choices: Any = next(action.choices for action in cli.build_parser([command])._actions if action.dest == "command")
    return [action for action in choices[command]._actions if action.dest != "help"]


@cache
def command_names() -> list[str]:
    choices: Any = next(action.choices for action in cli.build_parser([])._actions if action.dest == "command")
    return [name for name in choices if name not in LEFT_OUT]


def calls() -> st.SearchStrategy[list[str]]:
    """A command with values for its arguments: hostile ones, plausible ones, too few and too many."""
    return st.sampled_from(command_names()).flatmap(calls_of)


def calls_of(command: str) -> st.SearchStrategy[list[str]]:
    parts = [argument(action) for action in actions(command)]
    return st.builds(
        lambda chosen, extra: [command, *(text for part in chosen for text in part), *extra],
        st.tuples(*parts),
        st.lists(values(), max_size=1),
    )


def argument(action: Any) -> st.SearchStrategy[list[str]]:
    flag = action.option_strings[:1]
    if action.nargs == 0:
        return st.sampled_from(([], flag))
    given = st.builds(lambda text: [*flag, text] if flag else [text], fitting(action))
    several = st.builds(lambda texts: [*flag, *texts], st.lists(values(), max_size=3))
    if action.required or not flag:
        return st.one_of(given, given, given, several)
    return st.one_of(st.just([]), st.just([]), given)


def fitting(action: Any) -> st.SearchStrategy[str]:
    """A value for an argument: often one that it could take."""
    named = {
        "out": OUTPUTS,
        "inputs": INPUTS,
        "model": TEXTS[-14:],
        "name": TEXTS[-14:],
        "checkpoints": ("", "folder", "file", "missing"),
    }
    plausible = named.get(action.dest) or (tuple(map(str, action.choices)) if action.choices else INPUTS)
    return st.one_of(st.sampled_from(plausible), values())


def values() -> st.SearchStrategy[str]:
    return st.one_of(
        st.sampled_from(TEXTS), st.integers(-9, 9).map(str), st.text(st.characters(exclude_characters="\0"), max_size=8)
    )


def run_call(value: list[str], folder: Path) -> None:
    """Runs a call in a working folder of its own, with the tiny models, and little work for valid ones."""
    from tests.images.image_files import encode_pillow, gradient_image

    (folder / "folder").mkdir()
    (folder / "empty").mkdir()
    for name in ("pic.png", "folder/a.png"):
        (folder / name).write_bytes(encode_pillow(gradient_image(), "PNG"))
    (folder / "file").write_bytes(b"text\n")
    (folder / "prompts.txt").write_bytes(b"red circle\n\nblue \xff star\n")
    (folder / "weights.pth").write_bytes(b"\x80\x02.")
    with (
        working_in(folder),
        environment(GAN_CORE_DATA=str(folder), GAN_CORE_RUNS=str(folder / "runs"), **copied_models(folder)),
    ):
        run(with_little_work(value))


def with_little_work(call: list[str]) -> list[str]:
    """The call with few images to draw, where a number is valid and large."""
    call = list(call)
    for index, text in enumerate(call[:-1]):
        number = call[index + 1]
        if text in MAX_SECONDS_OF_WORK and number.isdecimal() and number.isascii() and 20 < int(number[:30]) < 10**7:
            call[index + 1] = MAX_SECONDS_OF_WORK[text]
    return call


def copied_models(folder: Path) -> dict[str, str]:
    """The models in a place where a command may change, rename and delete them."""
    shutil.copytree(models(), folder / "checkpoints")
    return {"GAN_CORE_CHECKPOINTS": str(folder / "checkpoints"), "GAN_CORE_FETCHED": str(folder / "fetched")}


class working_in:
    """The working folder of the process, for a block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        self.previous = os.getcwd()
        os.chdir(self.folder)

    def __exit__(self, *details: object) -> None:
        os.chdir(self.previous)


class environment:
    """Variables of the environment, for a block."""

    def __init__(self, **variables: str) -> None:
        self.variables = variables

    def __enter__(self) -> None:
        self.previous = {name: os.environ.get(name) for name in self.variables}
        os.environ.update(self.variables)

    def __exit__(self, *details: object) -> None:
        for name, value in self.previous.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def run_training(value: list[str], folder: Path) -> None:
    """`train` without data: every setting is checked before that is noticed."""
    with working_in(folder), environment(GAN_CORE_DATA=str(folder), **copied_models(folder)):
        run(["train", *value, "--data", "missing"])


def training_calls() -> st.SearchStrategy[list[str]]:
    flags = sorted(
        {action.option_strings[0] for action in actions("train") if action.option_strings} - {"--data", "--wait"}
    )
    families = st.sampled_from([*factories.FAMILIES, "", "x", "-1"])
    settings = st.lists(st.tuples(st.sampled_from(flags), values()), max_size=5)
    return st.builds(
        lambda family, chosen, out: [family, *(text for pair in chosen for text in pair), "--run", out],
        families,
        settings,
        st.sampled_from(("run", "", "no/run", "\x1b", "x" * 300)),
    )


TARGETS = (
    Target("command line", calls(), run_call, short_count=15),
    Target("settings of a training", training_calls(), run_training, short_count=10),
)
