"""Faulty clients: request.client-request-id."""

from __future__ import annotations

import secrets
import uuid

from graphcontract.exchange import Call
from tests.sample_clients.bases.over_httpx import OverHttpx
from tests.sample_clients.registry import faulty


@faulty("request.client-request-id", transport="mock")
class NoClientRequestId(OverHttpx):
    """Nobody thought of it."""

    def correlation(self, call: Call) -> list[str]:
        return []


@faulty("request.client-request-id", transport="mock")
class AzureFieldName(OverHttpx):
    """Azure's name of the field, with x-ms- before it."""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        return [
            (f"x-ms-{name}" if name == "client-request-id" else name, value)
            for name, value in super().fields(call)
        ]


@faulty("request.client-request-id", transport="mock")
class OneIdPerProcess(OverHttpx):
    """A default field of the session, drawn once."""

    drawn = str(uuid.uuid4())

    def correlation(self, call: Call) -> list[str]:
        return [self.drawn]


@faulty("request.client-request-id", transport="mock")
class OneIdPerTask(OverHttpx):
    """A name-based GUID of the task: each cancel of it has the same."""

    def correlation(self, call: Call) -> list[str]:
        return [str(uuid.uuid5(uuid.NAMESPACE_URL, call.task_id))]


@faulty("request.client-request-id", transport="mock")
class NilGuid(OverHttpx):
    """A GUID that was declared and never drawn."""

    def correlation(self, call: Call) -> list[str]:
        return [str(uuid.UUID(int=0))]


@faulty("request.client-request-id", transport="mock")
class TraceIdInstead(OverHttpx):
    """A trace id of 32 digits, as OpenTelemetry has it."""

    def correlation(self, call: Call) -> list[str]:
        return [secrets.token_hex(16)]


@faulty("request.client-request-id", transport="mock")
class GuidAsUrn(OverHttpx):
    """A URN, as RFC 9562 also writes it."""

    def correlation(self, call: Call) -> list[str]:
        return [uuid.uuid4().urn]


@faulty("request.client-request-id", transport="mock")
class GuidInQuotes(OverHttpx):
    """A GUID as the JSON text that it was."""

    def correlation(self, call: Call) -> list[str]:
        return [f'"{uuid.uuid4()}"']


@faulty("request.client-request-id", transport="mock")
class UnbalancedBraces(OverHttpx):
    """A format string with one brace too many on one side."""

    def correlation(self, call: Call) -> list[str]:
        return [f"{{{{{uuid.uuid4()}}}"]


@faulty("request.client-request-id", transport="mock")
class TwoClientRequestIds(OverHttpx):
    """Two layers draw an id each, and both are sent."""

    def correlation(self, call: Call) -> list[str]:
        return [str(uuid.uuid4()), str(uuid.uuid4())]


@faulty("request.client-request-id", transport="mock")
class CallNameBesideTheId(OverHttpx):
    """The caller's own name for the call goes along with the client's."""

    def correlation(self, call: Call) -> list[str]:
        return [str(uuid.uuid4()), "nightly-run"]


@faulty("request.client-request-id", transport="mock", rare=True)
class ReusesEightIds(OverHttpx):
    """Eight ids are drawn in advance, and used again and again."""

    pool = tuple(str(uuid.uuid4()) for _ in range(8))

    def correlation(self, call: Call) -> list[str]:
        return [self.pool[self.calls % len(self.pool)]]


@faulty("request.client-request-id", transport="mock")
class AttemptNumberAfterTheGuid(OverHttpx):
    """The attempt's number behind the GUID of the call."""

    def attempted(self) -> list[str]:
        return self.of.ids if self.of.attempt == 1 else [f"{id}-{self.of.attempt}" for id in self.of.ids]


@faulty("request.client-request-id", transport="mock")
class NewIdForEachAttempt(OverHttpx):
    """The middleware that draws the id stands behind the one that retries."""

    def attempted(self) -> list[str]:
        return [str(uuid.uuid4())]


@faulty("request.client-request-id", transport="mock")
class NoIdOnRetry(OverHttpx):
    """A retry made of method and URL alone, with the token put back."""

    def attempted(self) -> list[str]:
        return self.of.ids if self.of.attempt == 1 else []


@faulty("request.client-request-id", transport="mock", rare=True)
class LeadingZerosDropped(OverHttpx):
    """A GUID printed of numbers without zeros in front: one in some is too short."""

    def correlation(self, call: Call) -> list[str]:
        drawn = uuid.uuid4().hex
        lengths = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
        return ["-".join(f"{int(drawn[start:end], 16):x}" for start, end in lengths)]


@faulty("request.client-request-id", transport="mock", rare=True)
class ReusesAnIdEveryFifteenCalls(OverHttpx):
    """Random bytes are drawn for fifteen calls at a time, and the last one's are handed out twice."""

    drawn = ""

    def correlation(self, call: Call) -> list[str]:
        self.drawn = self.drawn if self.calls % 15 == 0 else str(uuid.uuid4())
        return [self.drawn or str(uuid.uuid4())]
