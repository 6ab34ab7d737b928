"""Faulty clients: response.not-modified."""

from __future__ import annotations

import socket

from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.responses import RemembersSuccess
from tests.sample_clients.registry import faulty


@faulty("response.not-modified")
class Status304AsSuccess(Conforming):
    """An old browser library counts `2xx or 304` as success."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or answer.status == 304


@faulty("response.not-modified")
class CachedResponseFor304(Conforming):
    """A cache under the client makes the stored 200 of a 304 before anybody sees it."""

    def read(self, connection: socket.socket) -> Answer:
        answer = super().read(connection)
        return Answer(200, answer.fields, b"") if answer.status == 304 else answer


@faulty("response.not-modified")
class Status304WithEtagAsSuccess(Conforming):
    """A 304 with an entity tag is what a conditional request was after."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or (answer.status == 304 and "etag" in answer.fields)


@faulty("response.not-modified")
class PreviousSuccessFor304(RemembersSuccess):
    """A cache in front of it answers 304 with what it has: the success of the last call."""

    status_of_old = 304
