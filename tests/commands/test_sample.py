"""The commands `sample`, `interpolate` and `blend`: their forms, their files, and what they refuse."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core import sampling
from gan_core.cli import main
from gan_core.images import encoding, tensors
from tests import factories
from tests.commands.output import error_line


def run_sample(root: Path, *arguments: object) -> int:
    return main(["sample", *map(str, arguments), "--checkpoints", str(root)])


def test_arrays_hold_images_seeds_and_labels(root: Path, tmp_path: Path) -> None:
    assert (
        run_sample(root, "shapes-cgan", "--out", tmp_path / "x.npz", "--count", 5, "--seed", 7, "--label", "0,2") == 0
    )
    with np.load(tmp_path / "x.npz") as arrays:
        assert arrays["images"].shape == (5, 28, 28, 1)
        assert arrays["images"].dtype == np.uint8
        assert arrays["seeds"].tolist() == [7, 8, 9, 10, 11]
        assert arrays["labels"].tolist() == [0, 2, 0, 2, 0]


def test_without_a_label_an_image_has_the_class_of_its_seed(root: Path, tmp_path: Path) -> None:
    assert run_sample(root, "shapes-cgan", "--out", tmp_path / "x.npz", "--seed", 2) == 0
    with np.load(tmp_path / "x.npz") as arrays:
        assert arrays["labels"].tolist() == [seed % 3 for seed in range(2, 18)]


def test_grid_arrays_and_folder_hold_the_same_pixels(root: Path, tmp_path: Path) -> None:
    for out in ("x.png", "x.npz", "folder"):
        assert run_sample(root, "shapes-cgan", "--out", tmp_path / out, "--count", 3, "--label", "star") == 0
    with np.load(tmp_path / "x.npz") as arrays:
        pixels = arrays["images"]
    with Image.open(tmp_path / "x.png") as grid:
        assert np.array_equal(np.asarray(grid)[:, :, None], tensors.make_grid(pixels))
    files = sorted((tmp_path / "folder").iterdir())
    assert len(files) == 3
    for file, picture in zip(files, pixels, strict=True):
        with Image.open(file) as single:
            assert np.array_equal(np.asarray(single)[:, :, None], picture)


def test_each_png_holds_model_seed_label_and_truncation(root: Path, tmp_path: Path) -> None:
    run_sample(
        root, "shapes-cgan", "--out", tmp_path / "one", "--count", 1, "--seed", 5, "--label", 1, "--truncation", 0.5
    )
    (file,) = (tmp_path / "one").iterdir()
    facts = encoding.read_png_metadata(file.read_bytes())
    assert {key: facts[key] for key in ("model", "seed", "label", "truncation")} == {
        "model": "shapes-cgan", "seed": "5", "label": "1", "truncation": "0.5",
    }  # fmt: skip


# Labels by name -----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["natural", "text"])
def numbers(request: pytest.FixtureRequest, root: Path) -> tuple[str, ...]:
    """The classes 1 to 11 of the model `numbers`, in natural order or, as earlier versions stored it, that of text."""
    names = [str(number) for number in range(1, 12)]
    class_names = tuple(names if request.param == "natural" else sorted(names))
    factories.checkpoint(root, "conditional", "numbers", class_names=class_names)
    return class_names


@pytest.mark.parametrize("label", ["10", "2", "11", "1,10,3"])
def test_where_classes_are_named_by_numbers_a_label_is_a_name(
    label: str, numbers: tuple[str, ...], root: Path, tmp_path: Path
) -> None:
    names = label.split(",")
    assert run_sample(root, "numbers", "--out", tmp_path / "x.npz", "--count", len(names), "--label", label) == 0
    with np.load(tmp_path / "x.npz") as arrays:
        indices = [numbers.index(name) for name in names]
        assert arrays["labels"].tolist() == indices
        expected = sampling.sample(sampling.load_model("numbers", root, "cpu"), range(len(names)), indices)
        np.testing.assert_array_equal(arrays["images"], expected)


def test_files_are_named_by_class_and_say_index_and_name(numbers: tuple[str, ...], root: Path, tmp_path: Path) -> None:
    assert run_sample(root, "numbers", "--out", tmp_path / "new", "--count", 3, "--label", "10,1,11") == 0
    files = sorted((tmp_path / "new").iterdir())
    assert [file.name for file in files] == [
        "00000-seed-0-label-10.png", "00001-seed-1-label-1.png", "00002-seed-2-label-11.png",
    ]  # fmt: skip
    facts = encoding.read_png_metadata(files[0].read_bytes())
    assert (facts["label"], facts["class"]) == (str(numbers.index("10")), "10")


def test_names_with_commas_and_of_any_case_are_understood(root: Path, tmp_path: Path) -> None:
    factories.checkpoint(root, "conditional", "pets", class_names=("Cat", "dog, small", "7"))
    for label, indices in (("cat", [0]), ("dog, small", [1]), ("7", [2]), ("1,Cat", [1, 0])):
        assert run_sample(root, "pets", "--out", tmp_path / "x.npz", "--count", len(indices), "--label", label) == 0
        with np.load(tmp_path / "x.npz") as arrays:
            assert arrays["labels"].tolist() == indices


def test_both_ends_of_interpolations_and_blends_are_names_too(
    numbers: tuple[str, ...], root: Path, tmp_path: Path
) -> None:
    model, ends = sampling.load_model("numbers", root, "cpu"), (numbers.index("2"), numbers.index("10"))
    where = ["--out", str(tmp_path / "x.npz"), "--steps", "3", "--checkpoints", str(root)]
    assert main(["blend", "numbers", "--labels", "2,10", *where]) == 0
    with np.load(tmp_path / "x.npz") as arrays:
        np.testing.assert_array_equal(arrays["images"], sampling.blend(model, [0] * 3, ends, [0, 0.5, 1]))
    assert main(["interpolate", "numbers", "--to", "5", "--label", "2,10", *where]) == 0
    with np.load(tmp_path / "x.npz") as arrays:
        np.testing.assert_array_equal(arrays["images"], sampling.interpolate(model, 0, 5, 3, ends))


@pytest.mark.parametrize("label", ["0", "12", "-1", "cat", "9" * 5000])
def test_a_number_that_names_no_class_is_refused_with_the_names(
    label: str, numbers: tuple[str, ...], root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_sample(root, "numbers", "--out", "x.png", f"--label={label}") == 2
    assert f"is no label; there are {', '.join(numbers)}" in error_line(capsys)


# Other commands -----------------------------------------------------------------------------------------------------


def test_interpolate_and_blend_generate_as_many_images_as_steps(root: Path, tmp_path: Path) -> None:
    where = ["--checkpoints", str(root)]
    walk, blend = str(tmp_path / "walk.npz"), str(tmp_path / "blend.npz")
    assert (
        main(["interpolate", "shapes-cgan", "--out", walk, "--to", "9", "--steps", "5", "--label", "0,1", *where]) == 0
    )
    assert main(["blend", "shapes-cgan", "--out", blend, "--labels", "0,2", "--steps", "4", *where]) == 0
    with np.load(walk) as first, np.load(blend) as second:
        assert (len(first["images"]), len(second["images"])) == (5, 4)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nobody", "--out", "x.png"], "There is no model 'nobody'; there are: shapes-cgan, shapes-vanilla"),
        (["owner/name", "--out", "x.png"], "write hub:owner/name"),
        (["shapes-cgan", "--out", "x.png", "--label", "12"], "has the labels 0 to 2"),
        (["shapes-cgan", "--out", "x.png", "--label", "dog"], "'dog' is no label; there are circle, square, star"),
        (["shapes-cgan", "--out", "x.png", "--label", ""], "is no label"),
        (["shapes-vanilla", "--out", "x.png", "--label", "1"], "takes no label"),
        (["shapes-vanilla", "--out", "x.png", "--prompt", "a shoe"], "takes no prompt"),
        (["shapes-cgan", "--out", "x.jpg"], "must end in .png"),
        (["shapes-cgan", "--out", "x.png", "--count", "0"], "--count must lie between 1"),
        (["shapes-cgan", "--out", "x.png", "--count", "1e9"], "invalid int value"),
        (["shapes-cgan", "--out", "x.png", "--seed", "-1"], "seed must be a whole number between 0"),
        (["shapes-cgan", "--out", "x.png", "--truncation", "nan"], "Truncation must lie between 0 and 2"),
        (["shapes-cgan"], "required: --out"),
    ],
)
def test_a_wrong_call_ends_with_2_and_one_line(
    arguments: list[str], says: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_sample(root, *arguments) == 2
    assert says in error_line(capsys)


def test_a_file_that_cannot_be_written_ends_with_1(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sample(root, "shapes-cgan", "--out", "/proc/nowhere/x.png") == 1
    error_line(capsys)


# Prompts -------------------------------------------------------------------------------------------------------------


def test_a_file_of_prompts_gives_an_image_for_each_line_and_unknown_words_are_named(
    words_model: Path, capsys: pytest.CaptureFixture
) -> None:
    prompts = words_model / "prompts.txt"
    prompts.write_text("a red circle\n\nblue Flurbl\nsquare\n", encoding="utf-8")
    assert main(["sample", "words", "--prompts", str(prompts), "--out", str(words_model / "x.npz")]) == 0
    assert "words does not know, and leaves out: Flurbl" in capsys.readouterr().err
    with np.load(words_model / "x.npz") as arrays:
        assert arrays["prompts"].tolist() == ["a red circle", "blue Flurbl", "square"]
        assert arrays["images"].shape == (3, 28, 28, 1)
    assert main(["sample", "words", "--prompt", "red", "--count", "2", "--out", str(words_model / "y.npz")]) == 0
    assert capsys.readouterr().err == ""


def test_a_prompt_that_is_read_as_another_is_named(words_model: Path, capsys: pytest.CaptureFixture) -> None:
    reads = factories.encoder_with_names("red circle")
    factories.checkpoint(words_model / "models", "text_conditional", "reader", text_encoder=reads)
    assert main(["sample", "reader", "--prompt", "a blue circle", "--out", str(words_model / "x.png")]) == 0
    assert "reader reads 'a blue circle' as 'red circle'" in capsys.readouterr().err
    assert main(["sample", "reader", "--prompt", "a red circle", "--out", str(words_model / "x.png")]) == 0
    assert capsys.readouterr().err == ""


def test_notes_on_a_prompt_are_printed_a_line_each_and_change_no_pixel(
    words_model: Path, capsys: pytest.CaptureFixture
) -> None:
    names = {"article": {"Circle": 9, "Star": 5}, "colour": {"Red": 8, "Blue": 6}}
    checkpoint = factories.checkpoint(words_model / "models", "text_conditional", "painter", subjects=names)
    prompt, file = "two red circles and a blue star", words_model / "x.npz"
    assert main(["sample", "painter", "--prompt", prompt, "--count", "2", "--out", str(file)]) == 0
    notes = capsys.readouterr().err.splitlines()
    assert [note.partition(": It ")[2] for note in notes if ": It " in note] == [
        "draws one thing at a time. Try 'red circles' or 'blue star'.",
        "cannot count: it does not understand “two”. Try 'red circles'.",
    ]
    with np.load(file) as arrays:
        expected = sampling.sample(sampling.model_from_checkpoint(checkpoint), [0, 1], prompts=[prompt] * 2)
        assert np.array_equal(arrays["images"], expected)
        assert arrays["prompts"].tolist() == [prompt] * 2


@pytest.mark.parametrize(("text", "words"), [(b"\n \n", "holds no prompt"), (b"\xff\xfe\x00", "cannot be read")])
def test_a_file_that_holds_no_prompts_is_refused(
    text: bytes, words: str, words_model: Path, capsys: pytest.CaptureFixture
) -> None:
    (words_model / "prompts.txt").write_bytes(text)
    call = ["sample", "words", "--prompts", str(words_model / "prompts.txt"), "--out", str(words_model / "x.npz")]
    assert main(call) == 2
    assert words in capsys.readouterr().err
