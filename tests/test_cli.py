"""The command line: its forms, its files, and one line for each thing that cannot be done."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core.cli import main
from gan_core.commands.train import FAMILY_NAMES
from gan_core.images import encoding, tensors
from gan_core.models import FAMILIES
from gan_core.text.encoder import TextEncoder
from gan_core.training.run_folder import RunFolder
from tests import factories

SMALL_RUN_FLAGS = ["--width", "8", "--batch-size", "4", "--latent-size", "4", "--device", "cpu", "--log-every", "1"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoints"
    factories.checkpoint(folder, "conditional", "shapes-cgan")
    factories.checkpoint(folder, "vanilla", "shapes-vanilla")
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with two classes of three pictures and a broken one."""
    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for index in range(3):
            Image.new("L", (30 + index, 40), 80 * index).save(tmp_path / "pets" / name / f"{index}.png")
    (tmp_path / "pets" / "dogs" / "broken.png").write_bytes(b"no picture")
    return tmp_path / "pets"


def run_sample(root: Path, *arguments: object) -> int:
    return main(["sample", *map(str, arguments), "--checkpoints", str(root)])


def error_line(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said on standard error: exactly one line."""
    error = capsys.readouterr().err
    assert error.count("\n") == 1, error
    return error


def test_the_families_that_the_help_names_are_those_that_exist() -> None:
    assert tuple(FAMILIES) == FAMILY_NAMES


def test_help_appears_without_torch() -> None:
    lines = ["import sys", "from gan_core.cli import main", "try: main(['sample', '--help'])"]
    code = "\n".join([*lines, "finally: print('torch' in sys.modules)"])
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stdout
    assert "--truncation" in said
    assert said.endswith("False\n")


def test_arrays_hold_pictures_seeds_and_labels(root: Path, tmp_path: Path) -> None:
    assert (
        run_sample(root, "shapes-cgan", "--out", tmp_path / "x.npz", "--count", 5, "--seed", 7, "--label", "0,2") == 0
    )
    with np.load(tmp_path / "x.npz") as arrays:
        assert arrays["images"].shape == (5, 28, 28, 1)
        assert arrays["images"].dtype == np.uint8
        assert arrays["seeds"].tolist() == [7, 8, 9, 10, 11]
        assert arrays["labels"].tolist() == [0, 2, 0, 2, 0]


def test_without_a_label_the_seed_decides(root: Path, tmp_path: Path) -> None:
    assert run_sample(root, "shapes-cgan", "--out", tmp_path / "x.npz", "--seed", 2) == 0
    with np.load(tmp_path / "x.npz") as arrays:
        assert arrays["labels"].tolist() == [seed % 3 for seed in range(2, 18)]


def test_grid_arrays_and_folder_show_the_same_pixels(root: Path, tmp_path: Path) -> None:
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


def test_a_picture_says_where_it_comes_from(root: Path, tmp_path: Path) -> None:
    run_sample(
        root, "shapes-cgan", "--out", tmp_path / "one", "--count", 1, "--seed", 5, "--label", 1, "--truncation", 0.5
    )
    (file,) = (tmp_path / "one").iterdir()
    facts = encoding.read_png_metadata(file.read_bytes())
    assert {key: facts[key] for key in ("model", "seed", "label", "truncation")} == {
        "model": "shapes-cgan", "seed": "5", "label": "1", "truncation": "0.5",
    }  # fmt: skip


def test_models_are_listed_for_people_and_programs(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json", "--checkpoints", str(root)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == ["shapes-cgan", "shapes-vanilla"]
    assert {"family", "data", "size", "scores", "source"} <= rows[0].keys()
    assert main(["models", "--checkpoints", str(root)]) == 0
    assert "shapes-vanilla" in capsys.readouterr().out


def test_interpolation_and_blend_draw_their_steps(root: Path, tmp_path: Path) -> None:
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


@pytest.mark.parametrize("arguments", [[], ["paint"], ["train"], ["train", "cubism"], ["app", "--port", "0"]])
def test_a_call_that_names_nothing_known_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    error_line(capsys)


def test_a_disk_that_refuses_ends_with_1(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sample(root, "shapes-cgan", "--out", "/proc/nowhere/x.png") == 1
    error_line(capsys)


def test_pictures_are_trained_on_exported_and_drawn(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole way of somebody with a folder of their own, and a stop in the middle."""
    run, root = str(tmp_path / "run"), str(tmp_path / "models")
    start = ["train", "conditional", "--data", str(pictures), "--run", run, *SMALL_RUN_FLAGS]
    assert main([*start, "--steps", "2"]) == 0
    said = capsys.readouterr()
    assert "1 of 7 images could not be read and were skipped: dogs/broken.png" in said.err
    assert main([*start, "--steps", "2"]) == 2
    assert "--resume" in error_line(capsys)
    go_on = ["train", "conditional", "--run", run, "--resume"]
    assert main([*go_on, "--steps", "4"]) == 0
    capsys.readouterr()
    assert main([*go_on, "--steps", "4"]) == 0
    assert "Nothing to do" in capsys.readouterr().out
    assert main([*go_on, "--steps", "9", "--generator-rate", "0.1"]) == 2
    assert "keeps its recipe" in error_line(capsys)
    assert main([*go_on, "--steps", "9", "--start", str(tmp_path)]) == 2
    assert "started with start nothing" in error_line(capsys)
    assert main(["train", "dcgan", "--run", run, "--resume"]) == 2
    assert "started with family conditional" in error_line(capsys)
    assert main(["export", run, "pets", "--critic", "--checkpoints", root]) == 0
    assert main(["export", run, "pets", "--checkpoints", root]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["sample", "pets", "--out", str(tmp_path / "x.png"), "--label", "dogs", "--checkpoints", root]) == 0
    anew = ["train", "conditional", "--data", str(pictures), "--batch-size", "2", "--steps", "1", "--run"]
    assert main([*anew, str(tmp_path / "anew"), "--start", str(tmp_path / "models" / "pets")]) == 0
    assert main([*anew, str(tmp_path / "again"), "--start", str(tmp_path / "anew")]) == 0
    models = [RunFolder(tmp_path / name).read_config().model for name in ("run", "anew", "again")]
    assert models[0] == models[1] == models[2]  # what is not asked for is as it was
    capsys.readouterr()
    assert main([*anew, str(tmp_path / "none"), "--start", str(tmp_path / "nowhere")]) == 2
    assert "is not a run" in error_line(capsys)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--data", "nowhere"], "There is no data set 'nowhere'"),
        ([], "--data is missing"),
        (["--data", "PETS", "--preset", "cubist"], "has no preset 'cubist'"),
        (["--data", "PETS", "--objective", "fame"], "There is no objective 'fame'"),
        (["--data", "PETS", "--image-size", "30"], "--image-size must be one of 28, 32, 64, 128"),
        (["--data", "PETS", "--generator-rate", "nan"], "--generator-rate must be"),
        (["--data", "PETS", "--layers", "3"], "has no setting"),
        (["--data", "PETS", "--resume"], "is not a run"),
    ],
)
def test_a_training_that_cannot_begin_says_why(
    arguments: list[str], says: str, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(pictures) if argument == "PETS" else argument for argument in arguments]
    assert main(["train", "dcgan", "--run", str(tmp_path / "run"), *given]) == 2
    assert says in error_line(capsys)
    assert not (tmp_path / "run").exists()


def test_a_training_reads_captions_by_the_encoder_that_it_is_given(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{kind}/{number}.png" for kind in ("cats", "dogs") for number in range(3)]
    lines = [json.dumps({"file_name": name, "text": "a red circle"}) for name in names]
    (pictures / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")
    mine = factories.tiny_encoder(5)
    mine.save(tmp_path / "mine.safetensors")
    given = ["--encoder", str(tmp_path / "mine.safetensors")]
    start = ["train", "text_conditional", "--data", str(pictures), "--run", str(tmp_path / "run"), *SMALL_RUN_FLAGS]
    start += ["--steps", "1", "--image-size", "28", "--critic-width", "8"]
    assert main([*start, *given, "--sentence-size", "4"]) == 2
    assert "gives embeddings of 5 values, and the model takes 4" in capsys.readouterr().err
    assert main([*start, *given, "--sentence-size", "5"]) == 0
    assert TextEncoder.load(RunFolder(tmp_path / "run").encoder_file).fingerprint == mine.fingerprint
    capsys.readouterr()
    assert main(["train", "text_conditional", "--run", str(tmp_path / "run"), "--resume", *given]) == 2
    assert "A resumed run keeps its text encoder" in error_line(capsys)
    assert main(["train", "dcgan", "--data", str(pictures), "--run", str(tmp_path / "other"), *given]) == 2
    assert "The family dcgan has no text encoder" in error_line(capsys)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_ends_cleanly(how: signal.Signals, pictures: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [
        sys.executable,
        "-m",
        "gan_core",
        "train",
        "vanilla",
        "--data",
        str(pictures),
        "--run",
        str(run),
        *SMALL_RUN_FLAGS,
    ]
    process = subprocess.Popen(
        [*command, "--steps", "1000000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    deadline = time.monotonic() + 120
    while not (run / "log.jsonl").is_file() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(how)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    assert "saved in" in out
    assert (run / "state.pt").is_file()


# Sentences -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def words_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    factories.checkpoint(tmp_path / "models", "text_conditional", "words")
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path / "models"))
    return tmp_path


def test_a_file_of_prompts_gives_a_picture_a_line_and_unknown_words_are_named(
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


def test_what_a_prompt_is_read_as_is_said(words_model: Path, capsys: pytest.CaptureFixture) -> None:
    reads = factories.encoder_with_names("red circle")
    factories.checkpoint(words_model / "models", "text_conditional", "reader", text_encoder=reads)
    assert main(["sample", "reader", "--prompt", "a blue circle", "--out", str(words_model / "x.png")]) == 0
    assert "reader reads 'a blue circle' as 'red circle'" in capsys.readouterr().err
    assert main(["sample", "reader", "--prompt", "a red circle", "--out", str(words_model / "x.png")]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("text", "words"), [(b"\n \n", "holds no prompt"), (b"\xff\xfe\x00", "cannot be read")])
def test_a_file_that_holds_no_prompts_is_refused(
    text: bytes, words: str, words_model: Path, capsys: pytest.CaptureFixture
) -> None:
    (words_model / "prompts.txt").write_bytes(text)
    call = ["sample", "words", "--prompts", str(words_model / "prompts.txt"), "--out", str(words_model / "x.npz")]
    assert main(call) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "not json\n", '["crimson purse"]\n', '{"articles": ["Handbags"]}\n'])
def test_prompts_to_try_that_cannot_be_read_are_refused_before_anything_is_drawn(
    text: str, words_model: Path, capsys: pytest.CaptureFixture
) -> None:
    file = words_model / "cases.jsonl"
    file.write_text(text)
    assert main(["evaluate", "words", "--try", str(file)]) == 2
    assert "cases.jsonl" in capsys.readouterr().err
    assert main(["evaluate", "words", "--try", str(words_model / "none.jsonl")]) == 2
