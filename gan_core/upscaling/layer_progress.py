"""Follows the forward pass of a network layer by layer: how far it is, and a place to stop it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

from torch import Tensor, nn

ELEMENT_COST = 8  # of an element of a layer without weights, in multiplications: such layers are bound by memory


class LayerProgress:
    """The share of a forward pass that is done, by the cost of the layers run so far.

    The hooks stay in the network, which other threads may run at the same time: each thread has a listener of its own.
    """

    def __init__(self, module: nn.Module, run_once: Callable[[], object]) -> None:
        """`run_once` runs the network once, on any image: the layers are counted in it."""
        self.thread = threading.local()
        layers = [layer for layer in module.modules() if not list(layer.children())]
        costs: list[float] = []
        hooks = [layer.register_forward_hook(lambda *call: costs.append(layer_cost(*call))) for layer in layers]
        try:
            run_once()
        finally:
            for hook in hooks:
                hook.remove()
        self.shares = [cost / (sum(costs) or 1) for cost in accumulate(costs)]
        for layer in layers:
            layer.register_forward_hook(self.on_layer)

    def on_layer(self, *call: Any) -> None:
        """Tells this thread's listener, if there is one, how much of the pass is done."""
        if (listener := getattr(self.thread, "listener", None)) and self.shares:
            self.thread.layers_done += 1
            listener(self.shares[min(self.thread.layers_done, len(self.shares)) - 1])

    @contextmanager
    def listen(self, listener: Callable[[float], object]) -> Iterator[None]:
        """Calls `listener` after each layer in the block with a share in (0, 1]; what it raises ends the pass."""
        self.thread.listener, self.thread.layers_done = listener, 0
        try:
            yield
        finally:
            self.thread.listener = None


def layer_cost(layer: nn.Module, inputs: Any, output: Any) -> float:
    """The multiplications of a layer, from the sizes of its weights and of its output."""
    if not isinstance(output, Tensor):
        return 0.0
    weight = getattr(layer, "weight", None)
    per_element = weight[0].numel() if isinstance(weight, Tensor) and weight.dim() > 1 else ELEMENT_COST
    return float(output.numel() * per_element)
