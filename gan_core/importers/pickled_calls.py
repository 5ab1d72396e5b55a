"""Carries out the few calls of a pickle that only build tensors, arrays and containers, by code of this module.

Classes become inert `Unknown` objects. A call of any other function refuses the file.
"""

import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_core.errors import UnsafeFile

MAX_NUMBERS = 2**31  # of one tensor; views with a stride of 0 may claim any size
KEY_TYPES = (str, int, float, bool, bytes, type(None))


class UnsupportedTensor(Exception):
    """A tensor of a kind that is not read: the kind, in one word."""


@dataclass(frozen=True)
class Global:
    """A function or class that a pickle names. It is never imported."""

    name: str  # module and name, joined by a dot


@dataclass(eq=False)
class Unknown:
    """An object of a class that is not imported: the arguments and the state that the pickle holds for it.

    `array` holds the numbers of an array of NumPy.
    """

    name: str
    arguments: tuple[Any, ...] = ()
    state: dict[Any, Any] = field(default_factory=dict)
    items: list[Any] = field(default_factory=list)
    array: np.ndarray | None = None


@dataclass(eq=False)
class Storage:
    """The numbers that tensors are views of; the bytes are read when the first tensor needs them."""

    dtype: torch.dtype | None  # None where tensors name their own
    read: Callable[[], bytes | bytearray]
    numbers: Tensor | None = None

    def as_dtype(self, dtype: torch.dtype | None) -> Tensor:
        """All numbers, as a flat tensor."""
        if self.numbers is None:
            data = bytearray(self.read())
            self.numbers = torch.frombuffer(data, dtype=torch.uint8) if data else torch.empty(0, dtype=torch.uint8)
        wanted = dtype or self.dtype
        if wanted is None:
            raise pickle.UnpicklingError("a storage without a type")
        whole = len(self.numbers) // wanted.itemsize * wanted.itemsize
        return self.numbers[:whole].view(wanted)


def create(named: Any, arguments: Any) -> Any:
    """An object of a class without a call of its constructor: a dict for the kinds of dict, else inert."""
    name = named.name if isinstance(named, Global) else "nothing"
    if name in DICT_CLASSES:
        return {}
    return Unknown(name, arguments if isinstance(arguments, tuple) else ())


def call(named: Any, arguments: Any) -> Any:
    """The result of a call that a pickle asks for. Raises UnsafeFile where it is not one that is understood."""
    name = named.name if isinstance(named, Global) else "an object"
    arguments = arguments if isinstance(arguments, tuple) else ()
    if name in DICT_CLASSES:
        return dict_from(arguments)
    if function := FUNCTIONS.get(name):
        return function(*arguments)
    if name in UNSUPPORTED_TENSORS:
        raise UnsupportedTensor(UNSUPPORTED_TENSORS[name])
    if name in INERT_CALLS or name.startswith(INERT_MODULES) or is_plain_value(name, arguments):
        return Unknown(name, arguments)
    raise UnsafeFile(name)


def is_plain_value(name: str, arguments: tuple[Any, ...]) -> bool:
    """Whether a call is of a class of some project with simple values, as an enumeration is pickled."""
    module, _, class_name = name.rpartition(".")
    is_foreign = module.split(".")[0] not in sys.stdlib_module_names
    return is_foreign and class_name[:1].isupper() and all(isinstance(value, KEY_TYPES) for value in arguments)


def set_item(target: Any, key: Any, value: Any) -> None:
    """Sets an item of a dict, or of an object of an unknown class. Keys that could take long to hash are left out."""
    plain = isinstance(key, KEY_TYPES) or (isinstance(key, tuple) and all(isinstance(part, KEY_TYPES) for part in key))
    if plain and isinstance(target, dict):
        target[key] = value
    elif plain and isinstance(target, Unknown):
        target.state[key] = value


def dict_from(arguments: tuple[Any, ...]) -> dict[Any, Any]:
    """The dict that a class of dicts makes of a list of pairs; defaultdict has a function before them."""
    result: dict[Any, Any] = {}
    for argument in arguments:
        if isinstance(argument, dict):
            result.update(argument)
        elif isinstance(argument, list):
            for pair in argument:
                if isinstance(pair, (list, tuple)) and len(pair) == 2:
                    set_item(result, *pair)
    return result


def rebuild_tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any, dtype: Any = None) -> Any:
    """A view of a storage, bounds checked."""
    if isinstance(storage, Unknown):
        return Unknown("torch.Tensor")
    numbers = storage.as_dtype(dtype) if isinstance(storage, Storage) else None
    sizes, strides = as_sizes(size), as_sizes(stride)
    if numbers is None or len(sizes) != len(strides) or not isinstance(offset, int) or offset < 0:
        raise pickle.UnpicklingError("a tensor without numbers")
    count = int(np.prod(sizes, dtype=object)) if sizes else 1
    last = offset + sum((length - 1) * step for length, step in zip(sizes, strides, strict=True))
    if count and (last >= len(numbers) or count > MAX_NUMBERS):
        raise pickle.UnpicklingError("a tensor that is larger than its numbers")
    return numbers.as_strided(sizes, strides, offset) if count else numbers.new_empty(sizes)


def rebuild_typed_tensor(
    storage: Any, offset: Any, size: Any, stride: Any, _: Any, __: Any, dtype: Any, *___: Any
) -> Any:
    """The same for types of numbers that have no storage class, such as the 8-bit floats."""
    name = dtype.name.rpartition(".")[2] if isinstance(dtype, Global) else str(dtype)
    found = getattr(torch, name, None) if name.isidentifier() else None
    return rebuild_tensor(storage, offset, size, stride, dtype=found if isinstance(found, torch.dtype) else None)


def rebuild_subclass(function: Any, _: Any, arguments: Any, *__: Any) -> Any:
    """A tensor of a subclass, as a plain one."""
    return call(function, arguments)


def first_argument(value: Any = None, *_: Any) -> Any:
    """The tensor of a parameter."""
    return value


def as_sizes(value: Any) -> tuple[int, ...]:
    """A tuple of sizes or strides. Raises UnpicklingError where it is none."""
    value = value.arguments[0] if isinstance(value, Unknown) and value.arguments else value
    if not isinstance(value, (tuple, list)) or not all(isinstance(part, int) and part >= 0 for part in value):
        raise pickle.UnpicklingError("a tensor without a shape")
    return tuple(value)


def load_nested(data: Any, *_: Any) -> Any:
    """A storage that is a file of torch.save in bytes, as pickle.dump writes tensors."""
    if not isinstance(data, bytes):
        raise pickle.UnpicklingError("a storage that is not bytes")
    loaded: Any = torch.load(BytesIO(data), map_location="cpu", weights_only=True)
    if isinstance(loaded, torch.UntypedStorage):
        return Storage(None, lambda: bytes(loaded))
    if isinstance(loaded, torch.storage.TypedStorage):
        return Storage(loaded.dtype, lambda: bytes(loaded._untyped_storage))  # untyped() warns
    raise pickle.UnpicklingError("a nested file that is not a storage")


def latin1(text: Any = "", *_: Any) -> bytes:
    """Bytes, as pickles of protocol 2 hold them."""
    return text.encode("latin1", "replace") if isinstance(text, str) else b""


def make_array(*_: Any) -> Unknown:
    """An array, which its state then fills."""
    return Unknown("numpy.ndarray")


def make_dtype(kind: Any = "", *_: Any) -> Unknown:
    return Unknown("numpy.dtype", (kind,))


def numpy_dtype(described: Any) -> np.dtype[Any] | None:
    """The type of plain numbers that a pickle describes; None for objects, records and text."""
    kind = described.arguments[0] if isinstance(described, Unknown) and described.arguments else None
    if not isinstance(kind, str) or kind[:1] not in "biufc" or not kind[1:].isdecimal() or len(kind) > 3:
        return None
    byteorder = described.state.get("byteorder", "<")
    try:
        return np.dtype(f"{'>' if byteorder == '>' else '<'}{kind}")
    except TypeError:
        return None


def build_array(state: Any) -> np.ndarray | None:
    """The array of a pickled state (version, shape, type, Fortran order, bytes); None where it holds no numbers."""
    if not isinstance(state, tuple) or len(state) != 5:
        return None
    _, shape, described, fortran, data = state
    return array_from_bytes(data, described, shape, "F" if fortran else "C")


def array_from_buffer(data: Any = b"", described: Any = None, shape: Any = (), order: Any = "C", *_: Any) -> Unknown:
    """An array, as pickles of protocol 5 hold it."""
    return Unknown("numpy.ndarray", array=array_from_bytes(data, described, shape, order))


def array_from_bytes(data: Any, described: Any, shape: Any, order: Any) -> np.ndarray | None:
    """The array of these bytes; None where they are none, or no plain numbers."""
    dtype, data = numpy_dtype(described), data.encode("latin1", "replace") if isinstance(data, str) else data
    sizes = as_sizes(shape)
    count = int(np.prod(sizes, dtype=object)) if sizes else 1
    if dtype is None or not isinstance(data, bytes) or count * dtype.itemsize != len(data):
        return None
    return np.frombuffer(data, dtype).reshape(sizes, order="F" if order == "F" else "C")


def numpy_scalar(described: Any = None, data: Any = b"", *_: Any) -> Any:
    """A number of NumPy as one of Python's."""
    dtype, data = numpy_dtype(described), data.encode("latin1", "replace") if isinstance(data, str) else data
    if dtype is None or not isinstance(data, bytes) or len(data) != dtype.itemsize:
        return Unknown("numpy.scalar")
    return np.frombuffer(data, dtype)[0].item()


def reconstruct(named: Any, *_: Any) -> Any:
    """An object of protocol 0 or 1."""
    return create(named, ())


DICT_CLASSES = ("collections.OrderedDict", "collections.defaultdict", "collections.Counter", "builtins.dict")
UNSUPPORTED_TENSORS = {
    "torch._utils._rebuild_qtensor": "quantised",
    "torch._utils._rebuild_sparse_tensor": "sparse",
    "torch._utils._rebuild_sparse_csr_tensor": "sparse",
    "torch._utils._rebuild_meta_tensor_no_storage": "empty",
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor": rebuild_tensor,
    "torch._utils._rebuild_tensor_v2": rebuild_tensor,
    "torch._utils._rebuild_tensor_v3": rebuild_typed_tensor,
    "torch._utils._rebuild_parameter": first_argument,
    "torch._utils._rebuild_parameter_with_state": first_argument,
    "torch._tensor._rebuild_from_type": rebuild_subclass,
    "torch._tensor._rebuild_from_type_v2": rebuild_subclass,
    "torch.storage._load_from_bytes": load_nested,
    "_codecs.encode": latin1,
    "copyreg._reconstructor": reconstruct,
    "numpy.dtype": make_dtype,
    **{
        f"{package}.{name}": function
        for package in ("numpy.core", "numpy._core")
        for name, function in (
            ("multiarray._reconstruct", make_array),
            ("multiarray.scalar", numpy_scalar),
            ("numeric._frombuffer", array_from_buffer),
        )
    },
}
INERT_CALLS = (  # constructors of values that stand beside weights; nothing is constructed
    "argparse.Namespace", "types.SimpleNamespace", "torch.Size", "torch.device", "builtins.set", "builtins.frozenset",
    "builtins.slice", "builtins.range", "builtins.xrange", "builtins.complex",
    "builtins.bytearray", "builtins.bytes", "builtins.list", "builtins.tuple", "collections.deque", "uuid.UUID",
    "decimal.Decimal", "fractions.Fraction", "easydict.EasyDict", "zoneinfo.ZoneInfo._unpickle",
    "torch.serialization._get_layout", "numpy.random._pickle.__randomstate_ctor",
    "numpy.random._pickle.__bit_generator_ctor", "numpy.random._pickle.__generator_ctor",
)  # fmt: skip
INERT_MODULES = ("datetime.", "pathlib.", "omegaconf.")
