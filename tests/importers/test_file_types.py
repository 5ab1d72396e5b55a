"""Files are told by their content: what other programs write is named as what it is, with what to do."""

import gzip
import io
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
import torch
from safetensors.torch import save

from gan_core.errors import UsageError
from gan_core.importers.weights import load_state
from tests.imported_models import generator_tensors, save_to_bytes

pytestmark = pytest.mark.core

STATE = {"main.0.weight": torch.arange(6.0).view(2, 3), "main.0.bias": torch.zeros(2)}


def zip_of(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_DOT_", "."), data)
    return buffer.getvalue()


def tar_of(name: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    return buffer.getvalue()


def npz_of(save_arrays: Callable[..., None]) -> bytes:
    buffer = io.BytesIO()
    save_arrays(buffer, **{key: value.numpy() for key, value in STATE.items()})
    return buffer.getvalue()


def legacy() -> bytes:
    buffer = io.BytesIO()
    torch.save(STATE, buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


READABLE: dict[str, Callable[[], bytes]] = {
    "safetensors.pth": lambda: save(STATE),
    "safetensors.bin": lambda: save(STATE),
    "pickle.safetensors": lambda: save_to_bytes(STATE),
    "zip.onnx": lambda: save_to_bytes(STATE),
    "checkpoint.pth.tar": lambda: save_to_bytes(STATE),
    "before-1.6.pt": legacy,
    "before-1.6.safetensors": legacy,
    "arrays.npz": lambda: npz_of(np.savez),
    "compressed.npz": lambda: npz_of(np.savez_compressed),
    **{f"plain-{protocol}.pkl": lambda p=protocol: pickle.dumps(STATE, p) for protocol in range(6)},
    **{
        f"numpy-{protocol}.pkl": lambda p=protocol: pickle.dumps({k: v.numpy() for k, v in STATE.items()}, p)
        for protocol in range(6)
    },
}


@pytest.mark.parametrize("name", READABLE)
def test_the_content_decides_how_a_file_is_read(name: str) -> None:
    tensors = generator_tensors(load_state(READABLE[name](), name)[0])
    assert tensors.keys() == STATE.keys()
    assert all(torch.equal(tensors[key], STATE[key]) for key in STATE)


ONNX = b"\x08\x08\x12\x07pytorch\x1a\x052.0.1:" + bytes(90)
NCNN_FLOATS = bytes(4) + np.linspace(0.1, 1, 99, dtype="<f4").tobytes()
OTHERS: dict[str, tuple[str, bytes, str]] = {
    "onnx": ("x.onnx", ONNX, "in the form of ONNX.*get the weights that it was made from"),
    "onnx as pth": ("x.pth", ONNX, "in the form of ONNX"),
    "ncnn in half precision": ("x.bin", struct.pack("<I", 0x01306B47) + bytes(90), "weights of ncnn"),
    "ncnn in full precision": ("x.bin", NCNN_FLOATS, "looks like weights of ncnn"),
    "ncnn description": ("x.param", b"7767517\n3 3\n", "network description of ncnn"),
    "ncnn description as pth": ("x.pth", b"7767517\n3 3\n", "network description of ncnn"),
    "hdf5": ("x.pth", b"\x89HDF\r\n\x1a\n" + bytes(90), "HDF5 file, as Keras"),
    "keras": ("x.keras", zip_of(model_DOT_weights_DOT_h5=b"x", metadata_DOT_json=b"{}"), "network of Keras"),
    "saved model": ("x.zip", zip_of(net__saved_model_DOT_pb=b"x"), "of TensorFlow .SavedModel"),
    "frozen graph": ("x.pb", b"\x0a\x10abc", "network of TensorFlow"),
    "exported program": ("x.pt2", zip_of(net__archive_format=b"pt2"), "program that PyTorch exported"),
    "core ml": ("x.mlmodel", b"\x08\x04\x12\x03\x0a\x01a", "network of Core ML"),
    "gguf": ("x.bin", b"GGUF\x03\0\0\0", "a GGUF file"),
    "tflite": ("x.bin", b"\x1c\0\0\0TFL3" + bytes(90), "TensorFlow Lite"),
    "tensorrt": ("x.engine", b"ptrt" + bytes(90), "TensorRT engine"),
    "openvino": ("x.xml", b"<?xml version='1.0'?><net name='a'>", "of OpenVINO"),
    "flax": ("x.bin", b"\x81\xa6params\x82", "msgpack file, as Flax"),
    "git lfs": ("x.pth", b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "pointer of Git LFS.*lfs pull"),
    "web page": ("x.pth", b"\n<!DOCTYPE html><html>", "is a web page"),
    "web page as safetensors": ("x.safetensors", b"<html><head>", "is a web page"),
    "json": ("x.pth", b'{"error": "no"}', "a JSON file"),
    "text": ("x.pth", b"Access denied\n", "cannot be read as weights: it is a text file"),
    "zip of weights": ("x.zip", zip_of(net_DOT_pth=b"x"), "zip archive that holds net.pth: unpack it"),
    "zip of others": ("x.pth", zip_of(net_DOT_txt=b"x"), "zip archive without weights"),
    "tar": ("x.pth", tar_of("pickle"), "tar archive"),
    "gzip": ("x.pth", gzip.compress(b"x"), "gzip archive: unpack it"),
    "picture": ("x.pth", b"\x89PNG\r\n\x1a\n", "PNG picture"),
    "one array": ("x.npy", b"", "one array without a name"),
    "zeros": ("x.pth", bytes(1000), "damaged, cut off, or not a weights file"),
    "noise": ("x.safetensors", np.random.default_rng(0).bytes(1000), "damaged, cut off"),
    "no network": ("x.pkl", pickle.dumps(3), "holds no named weights"),
    "one part": ("x-00001-of-00002.safetensors", save(STATE), "one of 2 parts"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_files_of_other_programs_are_named(what: str) -> None:
    from gan_core.importers.spandrel_networks import load_network

    name, data, message = OTHERS[what]
    if what == "one array":
        buffer = io.BytesIO()
        np.save(buffer, np.zeros(3))
        data = buffer.getvalue()
    with pytest.raises(UsageError, match=message) as caught:
        load_network(data, name)
    assert str(caught.value).startswith(name)
    assert "\n" not in str(caught.value)
