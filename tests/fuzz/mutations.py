"""Mutations of real files: numbers, parts and bytes are changed, and the rest of the file stays whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.fuzz.layouts import find_layout, with_right_checksums

NUMBERS = (
    *range(9), 10, 12, 16, 24, 32, 40, 52, 56, 64, 96, 99, 108, 124, 127, 128, 255, 256, 257, 1000, 1023, 4096, 9999,
    10_000, 16_384, 30_000, 32_767, 32_768, 34_712, 65_535, 65_536, 2**24 - 1, 2**24, 2**31 - 1, 2**31, 2**32 - 2,
    2**32 - 1,
)  # fmt: skip
MAX_FILE_BYTES = 400_000  # of a mutated file: what takes long is its decoding, not its size
MAX_MUTATIONS = 4


@dataclass(frozen=True)
class Mutation:
    """One change. `where` chooses the number, part or byte, modulo how many there are; `other` a second one."""

    kind: str
    where: int
    other: int
    content: bytes

    def apply(self, data: bytes, donor: bytes) -> bytes:
        """The changed file; parts are taken from `donor` too. An empty file stays as it is."""
        return getattr(self, self.kind)(data, donor) if data else data

    def set_number(self, data: bytes, donor: bytes) -> bytes:
        numbers = find_layout(data).numbers
        if not numbers:
            return self.set_byte(data, donor)
        number = numbers[self.where % len(numbers)]
        value = NUMBERS[self.other % len(NUMBERS)] % 256**number.width
        return overwrite(data, number.start, value.to_bytes(number.width, number.order))  # type: ignore[arg-type]

    def nudge_number(self, data: bytes, donor: bytes) -> bytes:
        numbers = find_layout(data).numbers
        if not numbers:
            return self.flip_bit(data, donor)
        number = numbers[self.where % len(numbers)]
        value = int.from_bytes(data[number.start : number.start + number.width], number.order)  # type: ignore[arg-type]
        value = (value + self.other % 9 - 4) % 256**number.width
        return overwrite(data, number.start, value.to_bytes(number.width, number.order))  # type: ignore[arg-type]

    def drop_part(self, data: bytes, donor: bytes) -> bytes:
        start, end = self.part(data, self.where)
        return data[:start] + data[end:]

    def repeat_part(self, data: bytes, donor: bytes) -> bytes:
        start, end = self.part(data, self.where)
        copies = min(1 + self.other % 200, MAX_FILE_BYTES // max(end - start, 1))
        return data[:end] + data[start:end] * copies + data[end:]

    def move_part(self, data: bytes, donor: bytes) -> bytes:
        start, end = self.part(data, self.where)
        rest = data[:start] + data[end:]
        target = self.part(rest, self.other)[0]
        return rest[:target] + data[start:end] + rest[target:]

    def insert_part_of_another(self, data: bytes, donor: bytes) -> bytes:
        target = self.part(data, self.where)[0]
        start, end = self.part(donor, self.other)
        return data[:target] + donor[start:end] + data[target:]

    def fill_part(self, data: bytes, donor: bytes) -> bytes:
        """Overwrites a part behind its first 8 bytes, its length and name."""
        start, end = self.part(data, self.where)
        length = max(end - start - 8, 0)
        content = (self.content or b"\xff") * (length // max(len(self.content), 1) + 1)
        return data[: start + 8] + content[:length] + data[start + 8 + length :]

    def set_byte(self, data: bytes, donor: bytes) -> bytes:
        return overwrite(data, self.where % len(data), bytes([self.other % 256]))

    def flip_bit(self, data: bytes, donor: bytes) -> bytes:
        at = self.where % len(data)
        return overwrite(data, at, bytes([data[at] ^ 1 << self.other % 8]))

    def insert_bytes(self, data: bytes, donor: bytes) -> bytes:
        at = self.where % len(data)
        return data[:at] + self.content * (1 + self.other % 4) + data[at:]

    def delete_bytes(self, data: bytes, donor: bytes) -> bytes:
        at = self.where % len(data)
        return data[:at] + data[at + 1 + self.other % 300 :]

    def truncate(self, data: bytes, donor: bytes) -> bytes:
        return data[: self.where % len(data)]

    def truncate_end(self, data: bytes, donor: bytes) -> bytes:
        return data[: -1 - self.where % min(len(data), 64)]

    def append_bytes(self, data: bytes, donor: bytes) -> bytes:
        return data + self.content * (1 + self.other % 500)

    def splice(self, data: bytes, donor: bytes) -> bytes:
        return data[: self.where % len(data)] + donor[self.other % max(len(donor), 1) :]

    @staticmethod
    def part(data: bytes, index: int) -> tuple[int, int]:
        parts = find_layout(data).parts or [(0, len(data))]
        return parts[index % len(parts)]


KINDS = tuple(name for name, value in vars(Mutation).items() if callable(value) and name[0] != "_" and name != "apply")


def overwrite(data: bytes, start: int, content: bytes) -> bytes:
    return data[:start] + content + data[start + len(content) :]


def mutations() -> st.SearchStrategy[Mutation]:
    return st.builds(
        Mutation,
        st.sampled_from([kind for kind in KINDS if kind != "part"]),
        st.integers(0, 2**16),
        st.integers(0, 2**16),
        st.binary(max_size=24),
    )


def mutated(files: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """One of the files with a few mutations; sometimes as it is."""
    return st.builds(
        mutate,
        st.sampled_from(files),
        st.sampled_from(files),
        st.lists(mutations(), max_size=MAX_MUTATIONS),
        st.booleans(),
    )


def mutate(data: bytes, donor: bytes, changes: list[Mutation], repair: bool) -> bytes:
    for change in changes:
        data = change.apply(data, donor)[:MAX_FILE_BYTES]
    return with_right_checksums(data) if repair else data
