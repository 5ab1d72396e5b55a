"""The commands `train` and `export`."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from gan_core.cli import build_parser, main
from gan_core.errors import UsageError
from gan_core.models import FAMILIES
from gan_core.text.encoder import TextEncoder
from gan_core.training.run_folder import RunFolder
from tests import factories
from tests.commands.output import error_line

SMALL_RUN_FLAGS = ["--width", "8", "--batch-size", "4", "--latent-size", "4", "--device", "cpu", "--log-every", "1"]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder with two classes of three images and a damaged file."""
    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for index in range(3):
            Image.new("L", (30 + index, 40), 80 * index).save(tmp_path / "pets" / name / f"{index}.png")
    (tmp_path / "pets" / "dogs" / "broken.png").write_bytes(b"no picture")
    return tmp_path / "pets"


def test_the_help_names_every_family_and_another_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert build_parser(["train"]).parse_args(["train", "dcgan", "--run", "x"]).family == "dcgan"
    with pytest.raises(SystemExit):
        build_parser(["train", "--help"]).parse_args(["train", "--help"])
    assert ", ".join(FAMILIES) in " ".join(capsys.readouterr().out.split())
    with pytest.raises(UsageError, match="invalid choice: 'diffusion'"):
        build_parser(["train"]).parse_args(["train", "diffusion", "--run", "x"])


def test_a_run_is_trained_resumed_exported_and_sampled(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From a folder of images to a model, with a resume in between."""
    run, root = str(tmp_path / "run"), str(tmp_path / "models")
    start = ["train", "conditional", "--data", str(images), "--run", run, *SMALL_RUN_FLAGS]
    assert main([*start, "--steps", "2"]) == 0
    output = capsys.readouterr()
    assert "1 of 7 images could not be read and were skipped: dogs/broken.png" in output.err
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
    anew = ["train", "conditional", "--data", str(images), "--batch-size", "2", "--steps", "1", "--run"]
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
        (["--data", "IMAGES", "--preset", "cubist"], "has no preset 'cubist'"),
        (["--data", "IMAGES", "--objective", "fame"], "There is no objective 'fame'"),
        (["--data", "IMAGES", "--image-size", "30"], "--image-size must be one of 28, 32, 64, 128"),
        (["--data", "IMAGES", "--generator-rate", "nan"], "--generator-rate must be"),
        (["--data", "IMAGES", "--layers", "3"], "has no setting"),
        (["--data", "IMAGES", "--resume"], "is not a run"),
    ],
)
def test_a_training_that_cannot_begin_says_why(
    arguments: list[str], says: str, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = [str(images) if argument == "IMAGES" else argument for argument in arguments]
    assert main(["train", "dcgan", "--run", str(tmp_path / "run"), *values]) == 2
    assert says in error_line(capsys)
    assert not (tmp_path / "run").exists()


def test_a_training_uses_the_text_encoder_that_it_is_given(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{kind}/{number}.png" for kind in ("cats", "dogs") for number in range(3)]
    lines = [json.dumps({"file_name": name, "text": "a red circle"}) for name in names]
    (images / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")
    mine = factories.tiny_encoder(5)
    mine.save(tmp_path / "mine.safetensors")
    given = ["--encoder", str(tmp_path / "mine.safetensors")]
    start = ["train", "text_conditional", "--data", str(images), "--run", str(tmp_path / "run"), *SMALL_RUN_FLAGS]
    start += ["--steps", "1", "--image-size", "28", "--critic-width", "8"]
    assert main([*start, *given, "--sentence-size", "4"]) == 2
    assert "gives embeddings of 5 values, and the model takes 4" in capsys.readouterr().err
    assert main([*start, *given, "--sentence-size", "5"]) == 0
    assert TextEncoder.load(RunFolder(tmp_path / "run").encoder_file).fingerprint == mine.fingerprint
    capsys.readouterr()
    assert main(["train", "text_conditional", "--run", str(tmp_path / "run"), "--resume", *given]) == 2
    assert "A resumed run keeps its text encoder" in error_line(capsys)
    assert main(["train", "dcgan", "--data", str(images), "--run", str(tmp_path / "other"), *given]) == 2
    assert "The family dcgan has no text encoder" in error_line(capsys)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_ends_cleanly(how: signal.Signals, images: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [
        sys.executable,
        "-m",
        "gan_core",
        "train",
        "vanilla",
        "--data",
        str(images),
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
