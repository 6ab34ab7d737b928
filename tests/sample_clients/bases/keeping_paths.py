"""A client that keeps what it made of an id."""

from __future__ import annotations

from collections.abc import Hashable

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Conforming


class KeepsPaths(Conforming):
    """Encodes each id once, and finds its path by a key, which is the id itself."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: dict[Hashable, str] = {}

    def key(self, task_id: str) -> Hashable:
        return task_id

    def path(self, call: Call) -> str:
        return self.paths.setdefault(self.key(call.task_id), super().path(call))
