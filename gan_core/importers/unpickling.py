"""Reads pickles of any origin without importing or calling anything that they name.

`torch.load` with `weights_only` refuses whole files for a NumPy number or a namespace beside the weights. This reader
takes them. The pickle machine is Python's own (`pickle._Unpickler`), with every operation that would act on a foreign
object replaced by one of `pickled_calls`.
"""

import pickle
from collections.abc import Callable
from io import BytesIO
from typing import Any, ClassVar

import torch

from gan_core.importers.pickled_calls import (
    Global,
    Storage,
    Unknown,
    UnsupportedTensor,
    build_array,
    call,
    create,
    set_item,
)

__all__ = ["Global", "InertUnpickler", "Storage", "Unknown", "UnsupportedTensor"]

PYTHON_2_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg"}
STORAGE_DTYPES = {
    "Float": torch.float32, "Double": torch.float64, "Half": torch.float16, "BFloat16": torch.bfloat16,
    "Long": torch.int64, "Int": torch.int32, "Short": torch.int16, "Char": torch.int8, "Byte": torch.uint8,
    "Bool": torch.bool, "ComplexFloat": torch.complex64, "ComplexDouble": torch.complex128,
}  # fmt: skip


class InertUnpickler(pickle._Unpickler):
    """Python's unpickler, with globals that are never imported and calls that are never made.

    `storages(key, dtype, count)` reads the numbers of a storage of torch.save; None where the pickle has none.
    """

    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(pickle._Unpickler.dispatch)

    stack: list[Any]
    append: Callable[[Any], None]
    pop_mark: Callable[[], list[Any]]
    read: Callable[[int], bytes]
    readline: Callable[[], bytes]

    def __init__(self, file: BytesIO, storages: Callable[[str, torch.dtype | None, int], Any] | None = None) -> None:
        super().__init__(file, encoding="latin1")
        self.storages = storages

    def find_class(self, module: str, name: str) -> Any:
        return Global(f"{PYTHON_2_MODULES.get(module, module)}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        if isinstance(pid, tuple) and len(pid) > 1 and pid[0] == "module":
            return pid[1]  # a class with its source, which is not read
        if self.storages is None or not isinstance(pid, tuple) or len(pid) < 5 or pid[0] != "storage":
            return Unknown("persistent")
        dtype = storage_dtype(pid[1])
        view = pid[5] if len(pid) > 5 else None
        if view is not None or not isinstance(pid[4], int) or pid[4] < 0:
            return Unknown("persistent")
        return self.storages(str(pid[2]), dtype, pid[4])

    # Operations

    def load_reduce(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = call(self.stack[-1], arguments)

    def load_newobj(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = create(self.stack[-1], arguments)

    def load_newobj_ex(self) -> None:
        self.stack.pop()
        self.load_newobj()

    def load_inst(self) -> None:
        module = self.readline()[:-1].decode("ascii")
        name = self.readline()[:-1].decode("ascii")
        self.append(create(self.find_class(module, name), tuple(self.pop_mark())))

    def load_obj(self) -> None:
        arguments = self.pop_mark()
        self.append(create(arguments.pop(0), tuple(arguments)))

    def load_build(self) -> None:
        state = self.stack.pop()
        instance = self.stack[-1]
        if isinstance(instance, Unknown):
            parts = state if isinstance(state, tuple) else (state,)
            for part in parts:
                if isinstance(part, dict):
                    instance.state.update(part)
            if instance.name == "numpy.ndarray":
                instance.array = build_array(state)
            elif instance.name == "numpy.dtype" and isinstance(state, tuple) and len(state) > 1:
                instance.state["byteorder"] = state[1]

    def load_append(self) -> None:
        value = self.stack.pop()
        extend(self.stack[-1], [value])

    def load_appends(self) -> None:
        values = self.pop_mark()
        extend(self.stack[-1], values)

    def load_setitem(self) -> None:
        value = self.stack.pop()
        key = self.stack.pop()
        set_item(self.stack[-1], key, value)

    def load_setitems(self) -> None:
        values = self.pop_mark()
        for key, value in zip(values[::2], values[1::2], strict=False):
            set_item(self.stack[-1], key, value)

    def load_dict(self) -> None:
        values = self.pop_mark()
        result: dict[Any, Any] = {}
        for key, value in zip(values[::2], values[1::2], strict=False):
            set_item(result, key, value)
        self.append(result)

    def load_set(self) -> None:
        self.append(Unknown("builtins.set"))  # not a set, whose elements would be hashed

    def load_frozenset(self) -> None:
        self.append(Unknown("builtins.frozenset", items=self.pop_mark()))

    def load_bytearray(self) -> None:
        self.append(self.read(int.from_bytes(self.read(8), "little")))

    def load_refused(self) -> None:
        raise pickle.UnpicklingError("an operation that files of weights do not need")

    for opcode, method in {
        pickle.REDUCE: load_reduce,
        pickle.NEWOBJ: load_newobj,
        pickle.NEWOBJ_EX: load_newobj_ex,
        pickle.INST: load_inst,
        pickle.OBJ: load_obj,
        pickle.BUILD: load_build,
        pickle.APPEND: load_append,
        pickle.APPENDS: load_appends,
        pickle.SETITEM: load_setitem,
        pickle.SETITEMS: load_setitems,
        pickle.DICT: load_dict,
        pickle.EMPTY_SET: load_set,
        pickle.ADDITEMS: load_appends,
        pickle.FROZENSET: load_frozenset,
        pickle.EXT1: load_refused,
        pickle.EXT2: load_refused,
        pickle.EXT4: load_refused,
        pickle.BYTEARRAY8: load_bytearray,
        pickle.NEXT_BUFFER: load_refused,
        pickle.READONLY_BUFFER: load_refused,
    }.items():
        dispatch[opcode[0]] = method


def storage_dtype(named: Any) -> torch.dtype | None:
    """The type of numbers of a storage class, such as torch.FloatStorage; None where tensors name their own."""
    name = named.name.rpartition(".")[2] if isinstance(named, Global) else ""
    return STORAGE_DTYPES.get(name.removesuffix("Storage"))


def extend(target: Any, values: list[Any]) -> None:
    """Appends to a list, or to an object of an unknown class. Anything else stays as it is."""
    if isinstance(target, Unknown):
        target.items.extend(values)
    elif isinstance(target, list):
        target.extend(values)
