"""The import rules of the package and of the pages, checked on their syntax trees."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import gan_core

pytestmark = pytest.mark.core

PACKAGE = Path(gan_core.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

# A module imports only from its own package and from lower levels.
LEVELS = {
    "errors": 0, "files": 0, "json_text": 0, "paths": 0, "tasks": 0,
    "configuration": 1, "devices": 1, "images": 1, "losses": 1, "metrics": 1, "toy_targets": 1, "trash": 1,
    "data": 2, "objectives": 2,
    "models": 3, "text": 3,
    "checkpoints": 4, "importers": 4, "toy": 4,
    "sampling": 5, "toy_lessons": 5, "upscaling": 5,
    "hub": 6, "training": 6,
    "evaluation": 7,
    "runs": 8,
    "api": 9,
    "commands": 10,
    "cli": 11,
    "__main__": 12,
}  # fmt: skip


def relative_name(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def part_of(file: Path) -> str:
    """The module or folder of gan_core that a file belongs to: `training/ema.py` -> `training`."""
    return Path(file.relative_to(PACKAGE).parts[0]).stem


def imported_modules(tree: ast.AST) -> Iterator[str]:
    """The dotted names of all modules imported anywhere in a tree; `from a import b` gives a and a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def top_level_packages(tree: ast.AST) -> set[str]:
    return {name.split(".")[0] for name in imported_modules(tree)}


def own_parts(tree: ast.AST) -> set[str]:
    """The modules and packages of gan_core that a tree imports."""
    parts = {name.split(".")[1] for name in imported_modules(tree) if name.startswith("gan_core.")}
    return parts & set(LEVELS) | {part for part in parts if (PACKAGE / part).exists()}


def statements_at_import(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that are executed when a module is imported."""
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.stmt):
            yield node
        pending.extend(ast.iter_child_nodes(node))


@pytest.fixture(params=FILES, ids=relative_name)
def file(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def test_the_core_imports_no_user_interface(tree: ast.Module) -> None:
    assert not top_level_packages(tree) & {"streamlit", "pages", "streamlit_app"}


def test_only_the_hub_client_imports_huggingface_hub(file: Path, tree: ast.Module) -> None:
    assert "huggingface_hub" not in top_level_packages(tree) or relative_name(file) == "hub/client.py"


def test_only_the_command_line_prints_and_shows_progress(file: Path, tree: ast.Module) -> None:
    prints = any(isinstance(node, ast.Name) and node.id == "print" for node in ast.walk(tree))
    assert not prints | ("tqdm" in top_level_packages(tree)) or part_of(file) in ("cli", "commands")


def test_imports_point_one_way(file: Path, tree: ast.Module) -> None:
    part = part_of(file)
    if part == "__init__":
        assert own_parts(tree) <= {"api", "errors"}
        return
    assert part in LEVELS, f"{part} is new: give it a level"
    assert all(other == part or LEVELS[other] < LEVELS[part] for other in own_parts(tree)), own_parts(tree)


PAGES = sorted((PACKAGE.parent / "pages").rglob("*.py"))


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.relative_to(PACKAGE.parent).as_posix())
def test_no_page_imports_another_and_the_kit_imports_no_page(file: Path) -> None:
    """Imports inside functions included: a page imports its own package, `pages.ui` and `gan_core` alone."""
    page = file.relative_to(PACKAGE.parent / "pages").parts[0]
    named = {
        name.split(".")[1] for name in imported_modules(ast.parse(file.read_text("utf-8"))) if name.startswith("pages.")
    }
    assert named <= {page, "ui"} if page != "__init__.py" else not named


def test_data_and_objectives_are_leaves() -> None:
    for file in (PACKAGE / "data").glob("*.py"):
        assert own_parts(ast.parse(file.read_text())) <= {"data", "images", "errors", "json_text"}
    objectives = ast.parse((PACKAGE / "objectives.py").read_text())
    assert own_parts(objectives) <= {"configuration", "errors", "losses", "tasks"}


@pytest.mark.parametrize("package", ["bmp", "jpeg", "png", "tiff"])
def test_the_packages_of_image_formats_need_no_torch(package: str) -> None:
    for file in (PACKAGE / "images" / package).glob("*.py"):
        tree = ast.parse(file.read_text())
        assert "torch" not in top_level_packages(tree)
        assert own_parts(tree) <= {"errors", "images"}, file


def test_torchvision_is_imported_only_inside_functions(tree: ast.Module) -> None:
    at_import = {name for statement in statements_at_import(tree) for name in top_level_of_statement(statement)}
    assert "torchvision" not in at_import


def top_level_of_statement(statement: ast.stmt) -> set[str]:
    return top_level_packages(statement) if isinstance(statement, (ast.Import, ast.ImportFrom)) else set()


def test_sampling_imports_neither_data_sets_nor_training_nor_streamlit() -> None:
    heavy = ("torchvision", "streamlit", "accelerate", "gan_core.data.datasets", "gan_core.training")
    code = f"import sys, gan_core.sampling; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent, timeout=120
    )
    assert done.stdout.strip() == "[]"


def test_importing_the_package_imports_nothing_but_the_standard_library() -> None:
    code = """
import sys; before = set(sys.modules); import gan_core; new = set(sys.modules) - before
print([name for name in new if name.split(".")[0] not in sys.stdlib_module_names])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent, timeout=120
    )
    assert done.stdout.strip() == "['gan_core']"
