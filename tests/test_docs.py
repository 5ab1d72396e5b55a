"""Every command, path and link in README and docs is true: commands are parsed or run, paths and names exist."""

import ast
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from gan_core.cli import build_parser, main

ROOT = Path(__file__).resolve().parents[1]
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = ("make", "gan-atelier", "hf", "docker", "torchrun", "accelerate", "nginx", "streamlit", "pip", "pre-commit")
MODULE = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:\S*/)?python3? -m (\S+)")
BASES = (ROOT, ROOT / "gan_core", ROOT / "docs", ROOT / "pages")
README_RUNS = ("models", "sample", "upscale")


def code_lines(text: str) -> list[str]:
    """The lines of shell code: indented blocks, and fenced ones without a language or with that of a shell."""
    lines, fence = [], None
    for line in text.splitlines():
        if match := re.match(r"\s*```(\w*)", line):
            fence = None if fence is not None else match[1]
        elif (fence in ("", "sh", "bash", "console")) or (fence is None and line.startswith("    ")):
            lines.append(line.strip().removeprefix("$ "))
    joined = "\n".join(lines).replace("\\\n", " ")
    return joined.splitlines()


def commands(file: Path) -> list[str]:
    """What a reader would type into a shell."""
    return [
        re.split(r"\s{3,}|\s+#", line)[0] for line in code_lines(file.read_text(encoding="utf-8"))
        if MODULE.match(line) or line.split(" ")[0].rpartition("/")[2] in PROGRAMS
    ]  # fmt: skip


COMMANDS = [(file, command) for file in DOCS for command in commands(file)]


def identify(value: object) -> str:
    return value.name if isinstance(value, Path) else str(value)


@pytest.mark.parametrize(("file", "command"), COMMANDS, ids=identify)
def test_every_command_can_be_parsed(file: Path, command: str) -> None:
    words = shlex.split(command)
    if "gan_core" in words and words[words.index("gan_core") - 1] == "-m":
        parse(words[words.index("gan_core") + 1 :])
    elif words[0].endswith("gan-atelier"):
        parse(words[1:])
    elif match := MODULE.match(command):
        assert module_exists(match[1]), f"there is no module {match[1]}"
    elif words[0] == "make":
        targets = [word for word in words[1:] if "=" not in word] or ["run"]
        for target in targets:
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target
    elif words[0] == "docker":
        assert words[1] in ("build", "run")
        assert (ROOT / "Dockerfile").is_file()
    else:
        assert words[0].rpartition("/")[2] in PROGRAMS


def parse(arguments: list[str]) -> None:
    if "--help" not in arguments:
        build_parser(arguments).parse_args(arguments)  # raises UsageError where the call is wrong


def module_exists(name: str) -> bool:
    if name in ("pip", "venv", "http.server", "pytest", "streamlit", "torch.distributed.run"):
        return True
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def test_the_commands_of_the_readme_do_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.radial_gradient("L").convert("RGB").resize((32, 24)).save("small.jpg")
    calls = [shlex.split(command) for command in commands(ROOT / "README.md") if "-m gan_core" in command]
    ran = {words[3]: main(words[3:]) for words in calls if words[3] in README_RUNS}
    assert ran == dict.fromkeys(README_RUNS, 0)
    assert Image.open("sevens.png").size[0] > 28
    assert Image.open("large.png").size == (128, 96)


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


def test_the_readme_is_short_and_shows_the_app_moving() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 130
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    with Image.open(ROOT / picture) as opened:
        assert getattr(opened, "n_frames", 1) > 5


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_knows_its_targets() -> None:
    for target in ("run", "test", "quick", "benchmark"):
        done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
