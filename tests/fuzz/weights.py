"""Weights of other projects and of checkpoints: damaged safetensors, pickles that would run code, endings that lie."""

import io
import json
import pickle
import struct
import warnings
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from safetensors.torch import save

from gan_core.checkpoints.store import open_checkpoint
from gan_core.importers.generators import detect_architecture
from gan_core.importers.spandrel_networks import load_network
from gan_core.importers.weights import load_state
from gan_core.text.encoder import TextEncoder
from tests import small_upscalers
from tests.fuzz import commands
from tests.fuzz.json_values import json_bytes
from tests.fuzz.mutations import mutated
from tests.fuzz.targets import Target
from tests.imported_models import ConditionalPerceptron, Perceptron, TutorialDCGAN

SUFFIXES = (".pth", ".pt", ".ckpt", ".bin", ".safetensors", ".onnx", ".param", ".PTH", ".pkl")
MODEL_CONFIG = {"latent_dim": 100, "n_classes": 10, "image_size": 28, "channels": 1}


class RunsCode:
    """An object whose unpickling would run a program."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call[0], self.call[1:]


class Beside:
    """A class that no loader knows."""


@cache
def weights_files() -> tuple[bytes, ...]:
    """Weights files of small networks in every form that people save, and files that are none."""
    generators = (TutorialDCGAN(levels=3), Perceptron(hidden=(16, 32)), ConditionalPerceptron())
    upscaler = small_upscalers.compact_network().state_dict()
    states: list[Any] = [network.state_dict() for network in generators] + [upscaler]
    small = {name: value[:2].clone() for name, value in states[0].items() if value.dim() > 1}
    wrapped: list[Any] = [
        {"G": states[0], "G_ema": states[0], "epoch": 3, "optimizer": {"state": {}, "lr": np.float64(0.1)}},
        {"params_ema": upscaler, "params": upscaler}, {"netG": {}}, {}, [], 3, None, "text", [states[1]],
        {"model": states[2]},
        {name: value.half() for name, value in states[1].items()},
        {name: value.double() for name, value in upscaler.items()},
        {name: value * float("nan") for name, value in small.items()},
        {"a": torch.zeros(0), "b": torch.zeros((), dtype=torch.int64)},
        {f"module.{name}": value for name, value in states[0].items()}, {0: torch.ones(3), "x": {"y": {"z": small}}},
        {name: value.to_sparse() for name, value in small.items()},
        {"w": quantized_tensor()},
        {"w": torch.ones(2, dtype=torch.complex64)}, {"layers": torch.nn.Linear(2, 2)}, Beside(),
        {"x": RunsCode(print, "code")},
        {"x": RunsCode(eval, "__import__('os').system('true')")}, {"x": RunsCode(open, "/dev/null", "w")},
    ]  # fmt: skip
    files = [save(state) for state in states]
    for content in [*states, *wrapped]:
        files.append(save_torch(content))
    files += [
        save_torch(states[1], _use_new_zipfile_serialization=False),
        pickle.dumps(wrapped[0], 4),
        pickle.dumps(RunsCode(print, "x")),
    ]
    return (*filter(None, files), *others(), *safetensors_by_hand())


def quantized_tensor() -> torch.Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # quantised tensors are of the past, and in files of the past
        return torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)


def save_torch(content: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    try:
        torch.save(content, stream, **options)
    except (pickle.PicklingError, RuntimeError, AttributeError, NotImplementedError):
        return b""
    return stream.getvalue()


def others() -> list[bytes]:
    """What is called weights and is none: ONNX, ncnn, Keras, NumPy, pages of an error, zips."""
    stream, numpy_file = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02c__builtin__\neval\nq\x00.")
        archive.writestr("archive/version", b"3\n")
    np.savez(numpy_file, a=np.zeros(3))
    return [
        b"\x08\x08\x12\x07pytorch\x1a\x052.0.0:" + b"\0" * 40, b"7767517\n3 3\nInput data 0 1 data\n",
        b"\x89HDF\r\n\x1a\n" + b"\0" * 60,
        stream.getvalue(), numpy_file.getvalue(), b"<html>Not found</html>",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n",
        b"\x80\x02}q\x00.", b"\x80\x05.", b"GGUF" + b"\0" * 40,
    ]  # fmt: skip


def safetensors_by_hand() -> list[bytes]:
    """Headers that lie: sizes, offsets, types and shapes that do not fit."""
    headers = [
        {}, {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}},
        {"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 8]}},
        {"a": {"dtype": "BF16", "shape": [4], "data_offsets": [0, 8]}},
        {"a": {"dtype": "F8_E4M3", "shape": [8], "data_offsets": [0, 8]}},
        {"a": {"dtype": "I64", "shape": [], "data_offsets": [0, 8]}, "__metadata__": {"license": "mit"}},
        {"__metadata__": {"license": 3}},
        {"a": {"dtype": "X", "shape": [-1], "data_offsets": [8, 0]}},
        {"\ud800": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]}},
    ]  # fmt: skip
    files = [
        struct.pack("<Q", len(text)) + text + bytes(8) for text in (json.dumps(header).encode() for header in headers)
    ]
    return [*files, struct.pack("<Q", 2**63), struct.pack("<Q", 10), b"\0" * 8, struct.pack("<Q", 2) + b"[]"]


def import_weights(value: dict[str, Any], folder: Path) -> None:
    """A file of weights as a generator, as an upscaler, and named on the command line."""
    file = folder / f"weights{value['suffix']}"
    file.write_bytes(value["file"])
    for source in (value["file"], file):
        for read in (read_as_generator, load_network):
            try:
                read(source, file.name)
            except ValueError as error:  # UsageError is one
                if type(error) is ValueError:
                    raise
    (folder / "x.png").write_bytes(b"")
    commands.run(["upscale", str(folder / "x.png"), "--out", str(folder / "y.png"), "--model", str(file)])


def read_as_generator(source: Any, name: str) -> None:
    state, licence = load_state(source, name)
    assert isinstance(licence, str | None)
    detect_architecture(state, name, MODEL_CONFIG)


def open_weights(value: dict[str, Any], folder: Path) -> None:
    """A checkpoint whose files of weights are damaged."""
    import shutil

    model = folder / "checkpoints" / "broken"
    shutil.copytree(commands.models() / value["model"], model)
    for name, content in value["files"].items():
        (model / name).write_bytes(content)
    checkpoint = open_checkpoint(model)
    for read in (checkpoint.load_generator, checkpoint.load_discriminator, checkpoint.load_text_encoder):
        try:
            read()
        except ValueError as error:  # UsageError is one
            if type(error) is ValueError:
                raise
    assert len(checkpoint.weights_hash) == 8
    commands.run(["sample", str(model), "--count", "1", "--out", str(folder / "x.png")])


@cache
def own_weights() -> tuple[bytes, ...]:
    files = [file.read_bytes() for file in sorted(commands.models().glob("*/*.safetensors"))]
    return (*files, *safetensors_by_hand())


def read_encoder(value: bytes, folder: Path) -> None:
    file = folder / "text.safetensors"
    file.write_bytes(value)
    TextEncoder.load(file).encode(["red circle"])


def headers() -> st.SearchStrategy[bytes]:
    """Safetensors with a hostile header before sound weights."""
    sound = {
        "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "__metadata__": {"config": "{}", "format": "pt"},
    }
    return json_bytes(sound).map(lambda text: struct.pack("<Q", len(text)) + text + bytes(8))


def broken_weights() -> st.SearchStrategy[bytes]:
    return st.one_of(st.deferred(lambda: mutated(own_weights())), headers(), st.binary(max_size=40))


TARGETS = (
    Target(
        "weights of others",
        st.fixed_dictionaries(
            {
                "file": st.one_of(
                    st.deferred(lambda: mutated(weights_files())),
                    st.deferred(lambda: st.sampled_from(weights_files())),
                    headers(),
                ),
                "suffix": st.sampled_from(SUFFIXES),
            }
        ),
        import_weights,
        short_count=5,
    ),
    Target(
        "weights of a model",
        st.fixed_dictionaries(
            {
                "model": st.sampled_from(("tiny-dcgan", "tiny-conditional", "tiny-text")),
                "files": st.dictionaries(
                    st.sampled_from(("model.safetensors", "critic.safetensors", "text.safetensors")),
                    broken_weights(),
                    min_size=1,
                    max_size=2,
                ),
            }
        ),
        open_weights,
        tuple({"model": "tiny-dcgan", "files": {"model.safetensors": data}} for data in (b"", b"\xff" * 8, bytes(8))),
        short_count=10,
    ),
    Target("text encoder's file", broken_weights(), read_encoder, short_count=10),
)
