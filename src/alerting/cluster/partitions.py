"""Which part of the work does a workflow belong to? All that concerns it is decided in one partition."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zlib import crc32

PARTITIONS = 32


def partition_of(workflow: str) -> int:
    return crc32(workflow.encode()) % PARTITIONS


@dataclass(slots=True, frozen=True)
class Owned:
    """The partitions of one worker, each with its fencing token. An embedded worker owns all of them."""

    tokens: Mapping[int, int] = field(default_factory=dict)

    @property
    def all(self) -> bool:
        return len(self.tokens) == PARTITIONS

    @property
    def numbers(self) -> list[int]:
        return sorted(self.tokens)

    def has(self, workflow: str) -> bool:
        return partition_of(workflow) in self.tokens


EVERYTHING = Owned(dict.fromkeys(range(PARTITIONS), 0))
