"""Faulty clients: retry.no-response."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from queue import Empty, SimpleQueue

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, BadAnswer, Conforming
from tests.sample_clients.bases.kept_connection import KeptConnection, Line
from tests.sample_clients.registry import faulty


@faulty("retry.no-response", shown_by=["no response"])
class RetriesAfterAReadTimeout(Conforming):
    """A read timeout of a third of the call's, and another connection after it."""

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(replace(call, timeout=call.timeout / 3))
        except TimeoutError:
            return super().exchange(replace(call, timeout=call.timeout / 3))


@faulty("retry.no-response", shown_by=["no response"])
class HedgesItsRequests(Conforming):
    """A second request in parallel as soon as the first is slow; the first response counts."""

    def exchange(self, call: Call) -> Answer:
        answers: SimpleQueue[Answer | Exception] = SimpleQueue()

        def attempt() -> None:
            try:
                answers.put(super(HedgesItsRequests, self).exchange(call))
            except (OSError, BadAnswer) as error:
                answers.put(error)

        threading.Thread(target=attempt, daemon=True).start()
        try:
            first = answers.get(timeout=0.3)
        except Empty:
            threading.Thread(target=attempt, daemon=True).start()
            first = answers.get()
        if isinstance(first, Exception):
            raise first
        return first


@faulty("retry.no-response", shown_by=["no response on a kept connection"])
class RetriesSilenceOfKeptConnections(KeptConnection):
    """A kept connection that is silent is taken for one that a firewall has dropped."""

    kept = False

    def take(self, host: str) -> Line | None:
        line = super().take(host)
        self.kept = line is not None
        return line

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(replace(call, timeout=call.timeout / 2))
        except TimeoutError:
            if not self.kept:
                raise
            return super().exchange(replace(call, timeout=call.timeout / 2))


@faulty("retry.no-response", shown_by=["a response without an end"])
class RetriesSlowResponses(Conforming):
    """A response that has begun and does not end is requested again."""

    def __init__(self) -> None:
        super().__init__()
        self.local = threading.local()

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        self.local.begun = True
        return super().read_head(line)

    def exchange(self, call: Call) -> Answer:
        self.local.begun = False
        try:
            return super().exchange(replace(call, timeout=call.timeout / 3))
        except TimeoutError:
            if not self.local.begun:
                raise
            return super().exchange(replace(call, timeout=call.timeout / 3))


@faulty("retry.no-response", shown_by=["garbage"])
class RetriesAfterGarbage(Conforming):
    """What cannot be read was spoilt on the way, and is requested again."""

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except BadAnswer:
            return super().exchange(call)


@faulty("retry.no-response", shown_by=["half a response", "half a response in chunks"])
class RetriesHalfAResponse(Conforming):
    """Content that is shorter than announced is requested again, whatever its status."""

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        length = int(answer.fields.get("content-length", len(answer.content)))
        return super().exchange(call) if len(answer.content) < length else answer


@faulty("retry.no-response", shown_by=["half a response before a reset"])
class RetriesAResponseThatIsReset(Conforming):
    """A reset is a fault of the network, even in the content. Silence and an early end are not."""

    def read_content(self, answer: Answer, read: Callable[[int], bytes], line: Callable[[], bytes]) -> bytes:
        try:
            return super().read_content(answer, read, line)
        except ConnectionResetError:
            raise BadAnswer("reset in the content") from None

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except BadAnswer as error:
            if str(error) != "reset in the content":
                raise
            return super().exchange(call)
