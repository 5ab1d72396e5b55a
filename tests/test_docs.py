"""Every command, path and link in README and docs is true: commands are parsed or run, paths and names exist."""

import ast
import importlib.util
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import dropwhile, pairwise
from pathlib import Path

import pytest
from PIL import Image

from gan_core.cli import build_parser, main
from tests.hub.repositories import IMPORTED
from tests.hub.server import Hub

ROOT = Path(__file__).resolve().parents[1]
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = ("make", "gan-atelier", "hf", "docker", "torchrun", "accelerate", "nginx", "streamlit", "pip", "pre-commit")
MODULE = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:\S*/)?python3? -m (\S+)")
ASSIGNMENT = re.compile(r"^[A-Z_]+=")
BASES = (ROOT, ROOT / "gan_core", ROOT / "docs", ROOT / "pages")
OTHER_MODULES = ("pip", "venv", "http.server", "pytest", "streamlit", "torch.distributed.run")  # not of this project
SMALL = "--width 8 --critic-width 8 --latent-size 4 --image-size 28 --batch-size 4 --steps 2 --device cpu"


# What a reader would type ---------------------------------------------------------------------------------------------


def shell_lines(text: str) -> list[str]:
    """The lines of shell code: indented blocks, and fenced ones without a language or with that of a shell."""
    lines: list[str] = []
    fence = None
    for line in text.splitlines():
        if match := re.match(r"\s*```(\w*)", line):
            fence = None if fence is not None else match[1]
        elif (fence in ("", "sh", "bash", "console")) or (fence is None and line.startswith("    ")):
            lines.append(line.strip().removeprefix("$ "))
    return list("\n".join(lines).replace("\\\n", " ").splitlines())


def code_spans(text: str) -> list[str]:
    """The code within sentences."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]


def is_command(code: str) -> bool:
    words = list(dropwhile(ASSIGNMENT.match, code.split()))
    return bool(MODULE.match(code)) or (len(words) > 1 and words[0].rpartition("/")[2] in PROGRAMS)


def block_commands(file: Path) -> list[str]:
    """The commands in blocks of code, which are complete."""
    lines = shell_lines(file.read_text(encoding="utf-8"))
    return [re.split(r"\s{3,}|\s+#", line)[0] for line in lines if is_command(line)]


def inline_commands(file: Path) -> list[str]:
    """The commands within sentences, whose arguments may be missing."""
    return [span for span in code_spans(file.read_text(encoding="utf-8")) if is_command(span)]


def identify(value: object) -> str:
    return value.name if isinstance(value, Path) else str(value)


BLOCK_COMMANDS = [(file, command) for file in DOCS for command in block_commands(file)]
INLINE_COMMANDS = sorted({(file, command) for file in DOCS for command in inline_commands(file)})


# One check a program --------------------------------------------------------------------------------------------------


def check_arguments(arguments: list[str]) -> None:
    """A call of this program. Raises UsageError where it is wrong."""
    if "--help" not in arguments:
        build_parser(arguments).parse_args(arguments)


def check_make(arguments: list[str]) -> None:
    for target in [word for word in arguments if "=" not in word]:
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target


def check_docker(arguments: list[str]) -> None:
    """Build arguments, port and volume are those of the Dockerfile, and the image that is run is the one built."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    values = dict(pairwise(arguments))
    if arguments[0] == "build":
        assert arguments[-1] == "."
        assert values["-t"] == "atelier"
        assert f"ARG {values['--build-arg'].partition('=')[0]}=" in dockerfile
    else:
        assert (arguments[0], arguments[-1]) == ("run", "atelier")
        assert f"EXPOSE {values['-p'].partition(':')[2]}" in dockerfile
        assert f"VOLUME {values['--tmpfs']}" in dockerfile


def check_launcher(command: str) -> None:
    """tests/training/test_processes.py runs the commands of launchers that docs/training.md shows."""
    from tests.training import test_processes

    if "gan_core" in command:
        assert command in test_processes.COMMANDS
    else:
        assert importlib.util.find_spec(f"accelerate.commands.{command.split()[1]}")


def check_nginx(arguments: list[str]) -> None:
    """tests/browser/test_replicas.py runs nginx with this file and these options."""
    values = dict(pairwise(arguments))
    assert values["-c"] == "$PWD/docs/nginx.conf"
    test = (ROOT / "tests" / "browser" / "test_replicas.py").read_text(encoding="utf-8")
    assert '"docs" / "nginx.conf"' in test
    assert all(f'"{option}"' in test for option in arguments if option.startswith("-"))


def check_streamlit(arguments: list[str]) -> None:
    from streamlit import config

    assert arguments[0] == "run"
    assert (ROOT / arguments[1]).is_file()
    options = [word.removeprefix("--") for word in arguments[2:] if word.startswith("--")]
    assert set(options) <= config.get_config_options().keys()


def check_hf(arguments: list[str]) -> None:
    program = Path(sys.executable).with_name("hf")
    subprocess.run([program, *arguments, "--help"], check=True, capture_output=True, timeout=60)


def check_pip(arguments: list[str]) -> None:
    assert arguments == ["install", "."]
    assert (ROOT / "pyproject.toml").is_file()


def check_pre_commit(arguments: list[str]) -> None:
    assert arguments == ["install"]
    assert (ROOT / ".pre-commit-config.yaml").is_file()


def check_module(module: str, arguments: list[str]) -> None:
    """A module of this project that can be run, or a known one of another, with paths that exist."""
    path = ROOT / module.replace(".", "/")
    assert module in OTHER_MODULES or path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module
    assert all((ROOT / word).exists() for word in arguments if word.startswith(("tests/", "docs/"))), arguments
    if module == "streamlit":
        check_streamlit(arguments)


CHECKS: dict[str, Callable[[list[str]], None]] = {
    "gan-atelier": check_arguments,
    "make": check_make,
    "docker": check_docker,
    "nginx": check_nginx,
    "streamlit": check_streamlit,
    "hf": check_hf,
    "pip": check_pip,
    "pre-commit": check_pre_commit,
}


def check_command(command: str) -> None:
    words = list(dropwhile(ASSIGNMENT.match, shlex.split(command)))
    program = words[0].rpartition("/")[2]
    if program in ("torchrun", "accelerate"):
        check_launcher(command)
        words = words[words.index("--") :] if "--" in words else words
    if "gan_core" in words and words[words.index("gan_core") - 1] in ("-m", "--"):
        check_arguments(words[words.index("gan_core") + 1 :])
    elif match := MODULE.match(command):
        check_module(match[1], words[3:])
    elif program not in ("torchrun", "accelerate"):
        CHECKS[program](words[1:])


@pytest.mark.parametrize(("file", "command"), BLOCK_COMMANDS, ids=identify)
def test_a_command_can_be_called_as_it_stands(file: Path, command: str) -> None:
    assert "..." not in command, "a command is written in full"
    check_command(command)


@pytest.mark.parametrize(("file", "command"), INLINE_COMMANDS, ids=identify)
def test_a_command_in_a_sentence_exists(file: Path, command: str) -> None:
    if match := re.match(r"(?:\S*python3? -m gan_core|gan-atelier) ?(\S*)", command):
        name = match[1]
        assert name in ("", "COMMAND") or name in command_names(), f"there is no command {name}"
    else:
        check_command(command)


def command_names() -> set[str]:
    """The commands, as the help of the program lists them."""
    (subparsers,) = (action for action in build_parser([])._actions if action.dest == "command")
    return set(subparsers.choices or ())


# What the README says is run ------------------------------------------------------------------------------------------


@pytest.fixture
def signal_handlers() -> Iterator[None]:
    """Restores the handlers that `train` replaces."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signal_handlers")
def test_the_commands_of_the_readme_do_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    """As they stand, but for the data and the size of a training; the Hub is the one on loopback."""
    monkeypatch.chdir(tmp_path)
    Image.radial_gradient("L").convert("RGB").resize((32, 24)).save("small.jpg")
    write_data_set(tmp_path / "digits")
    hub.add("huggan/dcgan-mnist", IMPORTED["a DCGAN of the HugGAN sprint"][0]())
    calls = [shlex.split(command)[3:] for command in block_commands(ROOT / "README.md") if "-m gan_core" in command]
    assert [call[0] for call in calls] == ["models", "sample", "upscale", "train", "fetch"]
    for call in calls:
        if call[0] == "train":
            call[call.index("mnist")] = "digits"
            call += SMALL.split()
        assert main(call) == 0, capsys.readouterr().err
    assert "mnist-cgan" in capsys.readouterr().out
    assert Image.open("sevens.png").size[0] > 28
    assert Image.open("large.png").size == (128, 96)
    assert (tmp_path / "runs" / "mine" / "state.pt").is_file()
    assert [folder.name.partition("@")[0] for folder in (tmp_path / "fetched").glob("[!.]*")] == ["huggan--dcgan-mnist"]


def write_data_set(folder: Path) -> None:
    folder.mkdir()
    for number in range(8):
        Image.radial_gradient("L").rotate(45 * number).resize((28, 28)).save(folder / f"{number}.png")


def test_the_library_of_the_readme_draws_what_it_says() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert [image.size for image in names["sevens"]] == [(28, 28)] * 16  # type: ignore[attr-defined]
    assert names["large"].size == (112, 112)  # type: ignore[attr-defined]


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_knows_its_targets() -> None:
    for target in ("run", "test", "quick", "docs", "benchmark"):
        done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr


# Links, paths and names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", DOCS, ids=identify)
def test_links_between_the_pages_lead_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", file.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith(("#", "mailto:")):
            assert (file.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("file", DOCS, ids=identify)
def test_paths_and_the_names_in_them_exist(file: Path) -> None:
    """`gan_core/sampling.py` is a file; `gan_core/sampling.py:sample` is a name that it defines."""
    for path, name in re.findall(
        r"`([\w./-]+\.(?:py|md|toml|ini|yml|conf|safetensors|jsonl))(?::(\w+))?`", file.read_text()
    ):
        found = next((base / path for base in BASES if (base / path).is_file()), None)
        if found is None and "/" not in path:
            continue  # a file of a checkpoint, a data set or a user
        assert found, path
        if name:
            tree = ast.parse(found.read_text(encoding="utf-8"))
            defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
            defined |= {
                node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
            assert name in defined, f"{path} defines no {name}"


@pytest.mark.parametrize("file", DOCS, ids=identify)
def test_the_folders_that_a_page_names_exist(file: Path) -> None:
    for folder in re.findall(r"`((?:gan_core|pages|tests|docs|checkpoints)/[\w./-]*/|\.streamlit/)`", file.read_text()):
        assert (ROOT / folder).is_dir(), folder


def test_the_readme_is_short_and_shows_the_app_moving() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 130
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    with Image.open(ROOT / picture) as opened:
        assert getattr(opened, "n_frames", 1) > 5


def test_the_glossary_is_in_alphabetical_order() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    terms = [line.split("|")[1].strip().lower() for line in text.splitlines() if line.startswith("| ")][1:]
    assert terms == sorted(terms)
