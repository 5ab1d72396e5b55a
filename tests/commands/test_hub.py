"""`fetch`, `publish`, `forget` of fetched models, and a reference to the Hub in place of a model in other commands."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core.cli import main
from tests import factories, small_upscalers
from tests.hub.server import TOKEN, Hub
from tests.imported_models import ConditionalPerceptron, TutorialDCGAN, save_to_bytes
from tests.importers.test_generators import labelled_perceptron


@pytest.fixture
def root(tmp_path: Path) -> Path:
    factories.checkpoint(tmp_path / "checkpoints", "conditional", "mine")
    return tmp_path / "checkpoints"


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str]):
    """`run("models", ...)`: the exit code, standard output and standard error."""

    def run_command(*arguments: object) -> tuple[int, str, str]:
        code = main([*map(str, arguments), "--checkpoints", str(root)])
        output = capsys.readouterr()
        return code, output.out, output.err

    return run_command


@pytest.fixture
def dcgan(hub: Hub) -> str:
    return hub.add("me/faces", {"g.pth": save_to_bytes(TutorialDCGAN().state_dict())}, licence="cc-by-nc-4.0")


def load_images(file: Path) -> np.ndarray:
    with np.load(file) as arrays:
        return arrays["images"]


def test_fetch_prints_a_preview_and_the_model_is_listed_afterwards(hub: Hub, dcgan: str, run) -> None:
    code, out, error = run("fetch", "hub:me/faces")
    assert (code, error) == (0, "")
    lines = out.splitlines()
    assert dcgan in lines[0]
    assert "g.pth (0.3 MB)" in lines[1]
    assert "not for commercial use" in lines[2]
    assert lines[-1].startswith(f"me--faces@{dcgan[:7]} (Imported GAN) in ")
    rows = {row["name"]: row for row in json.loads(run("models", "--json")[1])}
    assert list(rows) == ["mine", f"me--faces@{dcgan[:7]}"]
    row = rows[f"me--faces@{dcgan[:7]}"]
    assert (row["source"], row["family"], row["licence"]) == (f"hub:me/faces@{dcgan}", "foreign", "cc-by-nc-4.0")
    assert f"hub:me/faces@{dcgan}" in run("models")[1]


def test_a_preview_alone_downloads_nothing(hub: Hub, dcgan: str, run) -> None:
    assert run("fetch", "hub:me/faces", "--preview")[0] == 0
    assert len(json.loads(run("models", "--json")[1])) == 1


def test_a_reference_generates_the_same_images_as_a_name(hub: Hub, dcgan: str, run, tmp_path: Path) -> None:
    for index, model in enumerate(("hub:me/faces", f"hub:me/faces@{dcgan}", f"me--faces@{dcgan[:7]}")):
        assert run("sample", model, "--out", tmp_path / f"{index}.npz", "--count", 3)[0] == 0
    first = load_images(tmp_path / "0.npz")
    assert first.shape == (3, 64, 64, 3)
    assert all(np.array_equal(first, load_images(tmp_path / f"{index}.npz")) for index in (1, 2))


def test_labels_of_an_imported_model_can_be_requested(hub: Hub, run, tmp_path: Path) -> None:
    hub.add("me/digits", {"g.pth": save_to_bytes(ConditionalPerceptron().state_dict())})
    code, _, _ = run("sample", "hub:me/digits", "--out", tmp_path / "x.npz", "--label", "7,3", "--count", 2)
    assert code == 0
    with np.load(tmp_path / "x.npz") as arrays:
        assert arrays["labels"].tolist() == [7, 3]
    assert run("blend", "hub:me/digits", "--out", tmp_path / "y.png", "--labels", "3,8")[0] == 0


def test_an_order_that_nothing_tells_is_asked_for_and_then_kept(hub: Hub, run, tmp_path: Path) -> None:
    state, _ = labelled_perceptron("latent-first", embedding=True, norm=False)
    hub.add("me/digits", {"g.pth": save_to_bytes(state)})
    for command in (["fetch", "hub:me/digits"], ["sample", "hub:me/digits", "--out", tmp_path / "x.png"]):
        code, _, error = run(*command)
        assert code == 2
        assert "say `fetch --label-order label-first` or `latent-first`" in error
    images = {}
    for order in ("label-first", "latent-first"):  # a later word replaces an earlier one
        code, out, _ = run("fetch", "hub:me/digits", "--label-order", order)
        assert code == 0
        assert f"Label order: {order}, as was said." in out
        assert run("sample", "hub:me/digits", "--out", tmp_path / f"{order}.npz", "--count", 4)[0] == 0
        images[order] = load_images(tmp_path / f"{order}.npz")
    assert not np.array_equal(images["label-first"], images["latent-first"])
    code, _, error = run("fetch", "hub:me/digits", "--label-order", "product")
    assert code == 2
    assert "label order product does not fit it; label-first, latent-first would" in error


def test_a_reference_upscales(hub: Hub, run, tmp_path: Path) -> None:
    hub.add("me/sr", {"x.pth": save_to_bytes(small_upscalers.compact_network().state_dict())})
    Image.new("RGB", (20, 10), (200, 30, 60)).save(tmp_path / "small.png")
    assert run("upscale", tmp_path / "small.png", "--out", tmp_path / "large.png", "--model", "hub:me/sr")[0] == 0
    with Image.open(tmp_path / "large.png") as large:
        assert large.size == (40, 20)


def test_a_reference_is_evaluated_but_its_scores_are_not_saved(hub: Hub, run, tmp_path: Path) -> None:
    hub.add("me/sr", {"x.pth": save_to_bytes(small_upscalers.compact_network().state_dict())})
    (tmp_path / "photos").mkdir()
    small = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(small).save(tmp_path / "photos" / "a.png")
    code, out, error = run("evaluate", "hub:me/sr", "--data", tmp_path / "photos", "--json")
    assert code == 0, error
    assert json.loads(out)["pictures"] == 1
    assert run("evaluate", "hub:me/sr", "--data", tmp_path / "photos", "--save")[0] == 2


def test_without_a_network_the_copy_is_used_with_a_note_on_standard_error(
    hub: Hub, dcgan: str, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("fetch", "hub:me/faces")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    for arguments in (["sample", "hub:me/faces", "--out", tmp_path / "x.png"], ["fetch", "hub:me/faces"]):
        code, _, error = run(*arguments)
        assert code == 0
        assert error.count("\n") == 1
        assert "no connection" in error
        assert f"commit {dcgan[:7]}, is used" in error


@pytest.mark.parametrize(
    ("reference", "fault", "code"),
    [
        ("hub:me/nothing", {}, 2),
        ("hub:me/faces@v9", {}, 2),
        ("hub:me/faces/x.pth", {}, 2),
        ("hub:me", {}, 2),
        ("me/faces", {}, 2),
        ("hub:me/faces", {"status": 403, "headers": {"X-Error-Code": "GatedRepo"}}, 2),
        ("hub:me/faces", {"status": 429}, 1),
        ("hub:me/faces", {"status": 500}, 1),
        ("hub:me/faces", {"cut": 10_000}, 1),
        ("hub:me/faces", {"spoil": True}, 1),
    ],
)
@pytest.mark.parametrize("command", ["fetch", "sample"])
def test_a_failure_prints_one_line_and_has_the_right_exit_code(
    hub: Hub, dcgan: str, run, tmp_path: Path, command: str, reference: str, fault: dict, code: int
) -> None:
    if fault:
        hub.fault("/resolve/", **fault)
    out = ["--out", tmp_path / "x.png"] if command == "sample" else []
    exit_code, _, error = run(command, reference, *out)
    assert (exit_code, error.count("\n")) == (code, 1), error


def test_a_fetched_model_is_deleted_by_name(hub: Hub, dcgan: str, run) -> None:
    run("fetch", "hub:me/faces")
    code, out, _ = run("forget", f"me--faces@{dcgan[:7]}")
    assert code == 0
    assert f"hub:me/faces@{dcgan} downloads it again" in out
    assert [row["name"] for row in json.loads(run("models", "--json")[1])] == ["mine"]


# Publishing ----------------------------------------------------------------------------------------------------------


def test_a_model_is_published_with_the_licence_it_states(hub: Hub, signed_in: str, run) -> None:
    code, out, error = run("publish", "mine", "me/new")
    assert (code, error) == (0, "")
    assert "README.md, config.json, critic.safetensors, model.safetensors of mine, licence mit: http" in out
    assert "license: mit" in hub.files("me/new")["README.md"].decode()


def test_a_model_without_a_licence_is_published_only_under_a_named_one(hub: Hub, signed_in: str, run) -> None:
    hub.add("they/theirs", {"g.pth": save_to_bytes(TutorialDCGAN().state_dict())}, licence=None)
    code, _, error = run("publish", "hub:they/theirs", "me/new")
    assert code == 2
    assert "--licence is missing" in error
    assert run("publish", "hub:they/theirs", "me/new", "--licence", "cc-by-4.0", "--private")[0] == 0
    assert hub.repositories["me/new"].private


def test_an_edited_card_is_kept_until_its_replacement_is_requested(hub: Hub, signed_in: str, run) -> None:
    run("publish", "mine", "me/new")
    hub.add("me/new", hub.files("me/new") | {"README.md": b"# By hand\n"})
    code, _, error = run("publish", "mine", "me/new")
    assert code == 0
    assert "the card there was edited and stays" in error
    assert hub.files("me/new")["README.md"] == b"# By hand\n"
    run("publish", "mine", "me/new", "--replace-card")
    assert hub.files("me/new")["README.md"] != b"# By hand\n"


@pytest.mark.parametrize(
    ("answers", "licence", "kept"), [("\n\n", "mit", True), ("cc-by-4.0\ny\n", "cc-by-4.0", False)]
)
def test_a_terminal_asks_for_the_licence_and_before_replacing_a_card(
    hub: Hub, signed_in: str, run, monkeypatch: pytest.MonkeyPatch, answers: str, licence: str, kept: bool
) -> None:
    hub.add("me/new", {"README.md": b"# By hand\n"})
    answer_stream = io.StringIO(answers)
    answer_stream.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", answer_stream)
    _, out, error = run("publish", "mine", "me/new")
    assert "Licence of the weights [mit]:" in error
    assert "edited by somebody. Overwrite it?" in error
    assert f"licence {licence}" in out
    assert (hub.files("me/new")["README.md"] == b"# By hand\n") == kept


def test_without_a_token_the_error_says_how_to_get_one(hub: Hub, run) -> None:
    code, _, error = run("publish", "mine", "me/new")
    assert code == 2
    assert "hf auth login" in error


def test_a_pipe_receives_no_progress_bar_no_traceback_and_no_token(hub: Hub, dcgan: str, tmp_path: Path) -> None:
    environment = os.environ | {"HF_TOKEN": TOKEN}
    command = [sys.executable, "-m", "gan_core", "sample", "hub:me/faces", "--out", str(tmp_path / "x.png")]
    completed = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)
    assert (completed.returncode, completed.stderr) == (0, "")
    hub.repositories["me/faces"].refs["main"] = "gone"
    completed = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)
    assert completed.returncode == 2
    assert completed.stderr.count("\n") == 1
    assert TOKEN not in completed.stderr
