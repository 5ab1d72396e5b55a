"""Pickles with other objects beside weights are read; nothing that a pickle names is ever imported or called."""

import argparse
import collections
import contextlib
import datetime
import enum
import io
import os
import pathlib
import pickle
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gan_core.errors import BrokenWeights, UnsafeFile, UsageError
from gan_core.importers.weights import load_state
from tests.imported_models import generator_tensors

pytestmark = pytest.mark.core

STATE = {"main.0.weight": torch.arange(6.0).view(2, 3), "main.0.bias": torch.ones(2)}


class Settings:
    """An object that no reader has the class of."""

    def __init__(self) -> None:
        self.rate = 0.1


class Kind(enum.Enum):
    FIRST = 1


def adam_state() -> dict[str, Any]:
    layer = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(layer.parameters())
    layer(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    return optimizer.state_dict()


BESIDE: dict[str, Callable[[], Any]] = {
    "numbers": lambda: [3, 2.5, True, None, 1j, "text", b"bytes", bytearray(b"x")],
    "an optimizer": adam_state,
    "arrays": lambda: [np.arange(5.0), np.zeros((2, 0)), np.array(["a"]), np.array([None, {}]), np.ones(3, "f2")],
    "numbers of NumPy": lambda: [np.float64(3), np.float32(1), np.int64(3), np.bool_(1), np.complex64(1)],
    "states of random numbers": lambda: [np.random.get_state(), torch.get_rng_state()],
    "a namespace": lambda: argparse.Namespace(lr=1, path=pathlib.Path("/x"), inner=argparse.Namespace(a=np.float32(1))),
    "another namespace": lambda: types.SimpleNamespace(a=2),
    "dates": lambda: [datetime.datetime(2026, 1, 1), datetime.timedelta(3), datetime.date(2026, 1, 1)],
    "paths": lambda: [pathlib.Path("/x"), pathlib.PurePosixPath("a/b")],
    "containers": lambda: [{1, 2}, frozenset([1]), collections.Counter("abc"), collections.defaultdict(list, a=[1]),
                           collections.deque([1]), collections.OrderedDict(a=1), slice(1, 2), range(3)],
    "facts of tensors": lambda: [torch.device("cpu"), torch.Size([1]), torch.float16, nn.Parameter(torch.ones(2))],
    "an object": Settings,
    "an enumeration": lambda: Kind.FIRST,
    "a class and a function": lambda: [Settings, os.path.join],
}  # fmt: skip


def write(value: Any, form: str) -> bytes:
    if form.startswith("pickle"):
        return pickle.dumps(value, int(form[-1]))
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=form == "zip")
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["zip", "before 1.6", "pickle 2", "pickle 4", "pickle 5"])
@pytest.mark.parametrize("what", BESIDE)
def test_objects_beside_weights_do_no_harm(what: str, form: str) -> None:
    data = write({"before": BESIDE[what](), "netG": STATE, "after": BESIDE[what]()}, form)
    tensors = generator_tensors(load_state(data, "x.pth")[0])
    assert tensors.keys() == STATE.keys()
    assert all(torch.equal(tensors[key], STATE[key]) for key in STATE)


def test_views_shared_storages_and_other_numbers_are_read() -> None:
    base = torch.arange(24.0).view(4, 6)
    state = {
        "a.weight": base.T, "b.weight": base[1:, ::2], "c.weight": base.double()[2:], "d.weight": base.bfloat16(),
        "e.weight": base.half()[:0], "f.weight": torch.tensor(3.5)[None], "g.weight": base.T, "h.weight": base.long(),
    }  # fmt: skip
    for form in ("zip", "before 1.6", "pickle 2"):
        tensors = load_state(write({"netG": state, "ns": argparse.Namespace()}, form), "x.pth")[0]["netG"]
        assert all(torch.equal(tensors[key], state[key]) and tensors[key].dtype == state[key].dtype for key in state)


# Hostile files -------------------------------------------------------------------------------------------------------


def call(module: str, name: str, *arguments: str) -> bytes:
    """A pickle that calls a function with texts."""
    texts = b"".join(b"X" + len(text).to_bytes(4, "little") + text.encode() for text in arguments)
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + b"(" + texts + b"tR."


def hostile_pickles(marker: Path) -> dict[str, bytes]:
    command = f"touch {marker}"
    return {
        "os.system": call("os", "system", command),
        "posix.system": call("posix", "system", command),
        "eval": call("builtins", "eval", f"open({str(marker)!r}, 'w')"),
        "python 2": call("__builtin__", "execfile", str(marker)),
        "a process": b"\x80\x02csubprocess\nPopen\n(]X\x05\0\0\0touchaX"
        + len(str(marker)).to_bytes(4, "little") + str(marker).encode() + b"atR.",
        "an instance": b"(S'" + command.encode() + b"'\nios\nsystem\n.",
        "an object": b"(cos\nsystem\nS'" + command.encode() + b"'\no.",
        "a new object": b"\x80\x02cos\nsystem\nX"
        + len(command).to_bytes(4, "little") + command.encode() + b"\x85\x81.",
        "a state": b"\x80\x02cbuiltins\nobject\n)\x81}X\x0c\0\0\0__setstate__cos\nsystem\nsb"
        + b"X" + len(command).to_bytes(4, "little") + command.encode() + b"b.",
        "a state of a function": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x08\0\0\0__code__K\x01sb.",
        "a state of a class": b"\x80\x02ccollections\nOrderedDict\nN}X\x04\0\0\0keyscos\nsystem\ns\x86b.",
        "a getattr": b"\x80\x02cbuiltins\ngetattr\n(cos\npath\nX\x04\0\0\0joint R.".replace(b"t R", b"tR"),
        "dotted names": b"\x80\x04\x8c\x02os\x8c\x0bpath.system\x93(X" + len(command).to_bytes(4, "little")
        + command.encode() + b"tR.",
        "a nested torch file": call("torch.storage", "_load_from_bytes", command),
        "a hidden import": call("importlib", "import_module", "this"),
        "a method of a tensor": call("torch._utils", "_rebuild_tensor_v2", command),
        "an extension": b"\x80\x02\x82\x01.",
        "a numpy array of objects": pickle.dumps(np.array([None, os.system], dtype=object)),
        "a memo of gigabytes": b"\x80\x02Nr\xff\xff\xff\x3f.",
        "a string of gigabytes": b"\x80\x04\x8e\xff\xff\xff\xff\xff\x00\x00\x00abc.",
        "a bytearray of gigabytes": b"\x80\x05\x96\xff\xff\xff\xff\xff\x00\x00\x00abc.",
        "keys that take long to hash": b"\x80\x02})" + b"2\x86" * 60 + b"K\x01s.",
        "a set that takes long to hash": b"\x80\x04\x8f()" + b"2\x86" * 60 + b"\x90.",
    }  # fmt: skip


@pytest.mark.parametrize("what", hostile_pickles(Path("x")))
def test_nothing_that_a_file_names_is_called(what: str, tmp_path: Path) -> None:
    marker = tmp_path / "was-here"
    before = set(sys.modules)
    data = hostile_pickles(marker)[what]
    for contents in (data, b"\x80\x02}X\x01\0\0\0a" + data[2:-1] + b"s." if data[:2] == b"\x80\x02" else data):
        with contextlib.suppress(UsageError):
            assert not generator_tensors(load_state(contents, "x.pth")[0])
    assert not marker.exists()
    assert "this" not in set(sys.modules) - before


@pytest.mark.parametrize("name", ["os.system", "eval", "a process", "a getattr", "a hidden import"])
def test_a_function_that_is_called_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnsafeFile, match=r"holds code besides weights \([\w.]+\), and no code is run"):
        load_state(hostile_pickles(tmp_path / "x")[name], "x.pth")


def test_a_tensor_larger_than_its_numbers_is_refused() -> None:
    state = write({"a.weight": torch.zeros(1).expand(2**20, 2**20), "b": argparse.Namespace()}, "zip")
    with pytest.raises(BrokenWeights, match="damaged"):
        load_state(state, "x.pth")


@pytest.mark.parametrize(
    ("tensor", "word"),
    [
        (torch.quantize_per_tensor(torch.ones(2, 2), 0.1, 0, torch.qint8), "quantised"),
        (torch.eye(3).to_sparse(), "sparse"),
        (torch.ones(2, 2, device="meta"), "empty"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_tensors_of_other_kinds_are_named(tensor: torch.Tensor, word: str) -> None:
    with pytest.raises(UsageError, match=f"holds {word} tensors: save it in float32"):
        load_state(write({"a.weight": tensor, "b": argparse.Namespace()}, "zip"), "x.pth")
