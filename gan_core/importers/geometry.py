"""The strides, paddings and weightless layers that a chain may have, which weights do not hold."""

from collections.abc import Iterator

COMMON_IMAGE_SIZES = (28, 32, 48, 64, 96, 128, 256, 512, 1024)  # sides accepted where strides and paddings are assumed

UNUSUAL = 0.7  # readings with a part more unusual than this are only tried where no other does

# Of a transposed convolution that is not the first layer: kernel -> (stride, padding, output padding), and how unusual.
UP_WINDOWS: dict[int, tuple[tuple[tuple[int, int, int], float], ...]] = {
    1: (((1, 0, 0), 0.0), ((2, 0, 1), 1.0)),
    2: (((2, 0, 0), 0.0), ((1, 0, 0), 2.0)),
    3: (((2, 1, 0), 0.0), ((2, 1, 1), 0.6), ((1, 1, 0), 0.6), ((2, 0, 0), 0.9), ((1, 0, 0), 1.2)),
    4: (((2, 1, 0), 0.0), ((4, 0, 0), 1.5), ((1, 0, 0), 1.2), ((2, 0, 0), 1.2)),
    5: (((2, 2, 1), 0.0), ((1, 2, 0), 0.6), ((1, 0, 0), 1.2), ((2, 2, 0), 1.2), ((2, 0, 0), 1.5)),
    6: (((2, 2, 0), 0.0), ((4, 1, 0), 0.6), ((1, 0, 0), 1.5)),
    7: (((1, 3, 0), 0.0), ((2, 3, 1), 0.3), ((1, 0, 0), 1.0)),
    8: (((4, 2, 0), 0.0), ((2, 3, 0), 0.6)),
    9: (((1, 4, 0), 0.0),),
    16: (((8, 4, 0), 0.0),),
}
ONLY_KERNEL_3 = (((2, 1, 1), 0.0), ((1, 1, 0), 0.3), ((2, 1, 0), 0.6), ((2, 0, 0), 0.9), ((1, 0, 0), 1.2))
Window = tuple[int, int, int]


def up_windows(kernel: int, side: int, *, is_first: bool, only_kernel_3: bool) -> Iterator[tuple[Window, float]]:
    """Stride, padding and output padding that a transposed convolution may have, and how unusual they are.

    On one pixel the stride does not matter. Where all kernels are 3, each layer doubles the side; beside kernels of 4
    one of 3 makes 7 pixels of 4.
    """
    if side == 1 and is_first:
        yield (1, 0, 0), 0.0
        if kernel >= 4:
            yield (1, 1, 0), 1.2
        return
    yield from ONLY_KERNEL_3 if kernel == 3 and only_kernel_3 else UP_WINDOWS.get(kernel, ())


def conv_paddings(kernel: int) -> Iterator[tuple[int, float]]:
    """The paddings that a convolution of stride 1 may have, and how unusual they are."""
    if kernel % 2:
        yield kernel // 2, 0.0
    if kernel > 1:
        yield 0, 1.2 if kernel % 2 else 1.5


def fillings(slots: int | None, *, leads_to_maps: bool, from_flat: bool, after_norm: bool, may_enlarge: bool,
             may_normalise: bool, before_norm: bool) -> Iterator[tuple[tuple[str, ...], float]]:  # fmt: skip
    """What may stand between two layers with weights, and how unusual it is; `slots` is the number of layers, if known.

    The names are `act`, `reshape`, `upsample`, `instance` (normalisation without weights) and `same` (dropout).
    """
    reshapes = from_flat and leads_to_maps
    for act in (True, False):
        for upsample in (False, True) if may_enlarge else (False,):
            for instance in (False, True) if may_normalise and not after_norm else (False,):
                for same in (False, True) if slots is not None else (False,):
                    for names_reshape in (False, True) if reshapes and slots is not None else (False,):
                        parts = ["instance"] * instance + ["act"] * act + ["same"] * same
                        count = len(parts) + upsample + names_reshape
                        if slots is not None and count != slots:
                            continue
                        if instance and (slots is None or not act):
                            continue
                        parts += ["reshape"] * reshapes + ["upsample"] * upsample
                        penalty = 0.5 * same + 0.6 * instance
                        penalty += (0.8 if slots is None else 0.1) * upsample
                        if act == before_norm:  # an activation before a normalisation, none before other layers
                            penalty += 0.8
                        yield tuple(parts), penalty
