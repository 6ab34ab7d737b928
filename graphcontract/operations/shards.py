"""Splits the operations of a run into shards: consecutive parts of its shuffled order.

Consecutive, so that almost every operation has the same one before it, whatever the number of shards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from graphcontract.errors import UserError

_FORM = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


class ShardError(UserError):
    """A shard that does not exist."""

    code = "shard"


@dataclass(frozen=True, slots=True)
class ShardNumber:
    """One of `of` shards; `index` counts from 1."""

    index: int
    of: int

    def __str__(self) -> str:
        return f"{self.index}/{self.of}"

    @classmethod
    def parse(cls, text: str) -> ShardNumber:
        """Parse I/N; ShardError if it is not that, or there is no such shard."""
        found = _FORM.fullmatch(text.strip())
        remedy = "Give I/N, the number of this shard and of all shards, such as --shard 1/4."
        if found is None:
            raise ShardError(f"--shard {text!r} is not a shard", remedy)
        shard = cls(int(found[1]), int(found[2]))
        if not 1 <= shard.index <= shard.of:
            problem = f"--shard {shard} does not exist: shards are numbered from 1 to {shard.of}"
            raise ShardError(problem if shard.of else f"--shard {shard}: there are no shards", remedy)
        return shard

    def take(self, ids: Sequence[str]) -> Sequence[str]:
        """Take the operations of this shard; ShardError if there are fewer operations than shards."""
        if self.of > len(ids):
            count = f"{len(ids):,} operation{'s' if len(ids) > 1 else ''}"
            raise ShardError(
                f"--shard {self}: {count} cannot be split into {self.of:,} shards",
                "Give at most as many shards as there are operations, or a wider pattern.",
            )
        return ids[len(ids) * (self.index - 1) // self.of : len(ids) * self.index // self.of]

    def split(self, parts: int) -> list[ShardNumber]:
        """Split this shard into shards of a finer division, which together have the same operations."""
        first = (self.index - 1) * parts
        return [ShardNumber(first + number, self.of * parts) for number in range(1, parts + 1)]


WHOLE = ShardNumber(1, 1)
"""The shard that is all of a run."""


def hash_operations(names: Iterable[str]) -> str:
    """Hash the operations of a run, in whatever order: version, method and path of each."""
    return sha256("\n".join(sorted(names)).encode()).hexdigest()
