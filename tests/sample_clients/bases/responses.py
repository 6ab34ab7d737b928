"""Clients that handle responses in ways that faulty clients vary."""

from __future__ import annotations

from tests.sample_clients.bases.conforming import Answer, Conforming


class RemembersSuccess(Conforming):
    """Base class: once a call was a success, a status says that it still is."""

    status_of_old = 0

    def __init__(self) -> None:
        super().__init__()
        self.succeeded_once = False

    def succeeded(self, answer: Answer) -> bool:
        now = super().succeeded(answer)
        self.succeeded_once = self.succeeded_once or now
        return now or (self.succeeded_once and answer.status == self.status_of_old)
