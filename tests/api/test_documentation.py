"""The examples of the library's docstrings and of docs/library.md run, and give what they show."""

import doctest
import re
from pathlib import Path

import pytest

import gan_core
from gan_core.api import images, loading, model, training, upscaling
from gan_core.paths import PROJECT_ROOT
from tests.hub.server import Hub

MODULES = (images, loading, model, training, upscaling)
EXAMPLES = [
    example
    for module in MODULES
    for example in doctest.DocTestFinder(exclude_empty=True).find(module, globs={"gan_core": gan_core})
    if example.examples
]
PAGE = (PROJECT_ROOT / "docs" / "library.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SMALLER = {"steps=20_000": "steps=2, batch_size=4", "count=1000": "count=50"}  # so that a test can run it


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_example_of_a_docstring_gives_what_it_shows(example: doctest.DocTest, workplace: Path) -> None:
    if example.name == "gan_core.api.training.export":
        list(gan_core.train("dcgan", "my-images", "runs/mine", steps=1, batch_size=4, image_size=32))
    report: list[str] = []
    result = doctest.DocTestRunner().run(example, out=report.append, clear_globs=False)
    assert result.failed == 0, "".join(report)


def test_every_function_and_method_of_the_library_has_a_docstring() -> None:
    public = [getattr(gan_core, name) for name in gan_core.__all__]
    public += [member for name, member in vars(gan_core.Model).items() if not name.startswith("_") and callable(member)]
    assert [member for member in public if not member.__doc__] == []


def test_the_page_on_the_library_runs_from_top_to_bottom(workplace: Path, hub: Hub) -> None:
    folder = workplace / "checkpoints" / "mnist-cgan"
    hub.add("owner/name", {file.name: file.read_bytes() for file in folder.iterdir()})
    code = "\n".join(BLOCKS)
    for shown, smaller in SMALLER.items():
        assert shown in code
        code = code.replace(shown, smaller)
    names: dict[str, object] = {}
    exec(compile(code, "docs/library.md", "exec"), names)
    assert (workplace / "sevens.png").is_file()
    assert (workplace / "large.png").is_file()
