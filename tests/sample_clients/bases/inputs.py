"""Clients that send id and token in ways that faulty clients vary."""

from __future__ import annotations

from tests.sample_clients.bases.conforming import Conforming


class ChangesTheId(Conforming):
    """Encodes rightly what `change` makes of the id."""

    def change(self, task_id: str) -> str:
        raise NotImplementedError

    def encode(self, task_id: str) -> str:
        return super().encode(self.change(task_id))
