"""Faults of client-request-id, on httpx: only the mock transport stands for Graph's own root."""

from __future__ import annotations

import secrets
import threading
import uuid

import httpx

from graphcontract.exchange import Call
from tests.bank.client import ROOT, Answer, BadAnswer, Conforming
from tests.bank.registry import fault


class Attempts(threading.local):
    """What a thread's call has got to: calls at the same time are not what is broken here."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.attempt = 0


class OverHttpx(Conforming):
    """The conforming client over httpx. `correlation` gives the field's values for a call, `attempted` what
    of them goes out with an attempt, counted from 1.

    Under the mock transport nothing is ever connected, so nothing has to be closed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.http = httpx.Client(verify=False, trust_env=False, timeout=3)
        self.of = Attempts()

    def correlation(self, call: Call) -> list[str]:
        return [str(uuid.uuid4())]

    def attempted(self) -> list[str]:
        return self.of.ids

    def fields(self, call: Call) -> list[tuple[str, str]]:
        others = [each for each in super().fields(call) if each[0] != "client-request-id"]
        return [*others, *(("client-request-id", value) for value in self.attempted())]

    def persist(self, call: Call) -> Answer:
        self.of.ids, self.of.attempt = self.correlation(call), 0
        return super().persist(call)

    def exchange(self, call: Call) -> Answer:
        self.of.attempt += 1
        url = (call.base_url or ROOT) + self.path(call)
        try:
            response = self.http.request(
                self.method(call), url, headers=self.fields(call), timeout=call.timeout
            )
        except httpx.RequestError as error:
            raise BadAnswer(str(error)) from error
        return Answer(response.status_code, dict(response.headers), response.content)


@fault("request.client-request-id", transport="mock")
class Uncorrelated(OverHttpx):
    """Nobody thought of it."""

    def correlation(self, call: Call) -> list[str]:
        return []


@fault("request.client-request-id", transport="mock")
class OtherName(OverHttpx):
    """Azure's name of the field, with x-ms- before it."""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        return [
            (f"x-ms-{name}" if name == "client-request-id" else name, value)
            for name, value in super().fields(call)
        ]


@fault("request.client-request-id", transport="mock")
class IdOfProcess(OverHttpx):
    """A default field of the session, drawn once."""

    drawn = str(uuid.uuid4())

    def correlation(self, call: Call) -> list[str]:
        return [self.drawn]


@fault("request.client-request-id", transport="mock")
class IdOfTask(OverHttpx):
    """A name-based GUID of the task: each cancel of it has the same."""

    def correlation(self, call: Call) -> list[str]:
        return [str(uuid.uuid5(uuid.NAMESPACE_URL, call.task_id))]


@fault("request.client-request-id", transport="mock")
class NilId(OverHttpx):
    """A GUID that was declared and never drawn."""

    def correlation(self, call: Call) -> list[str]:
        return [str(uuid.UUID(int=0))]


@fault("request.client-request-id", transport="mock")
class TraceIdInstead(OverHttpx):
    """A trace id of 32 digits, as OpenTelemetry has it."""

    def correlation(self, call: Call) -> list[str]:
        return [secrets.token_hex(16)]


@fault("request.client-request-id", transport="mock")
class IdWithPrefix(OverHttpx):
    """A URN, as RFC 9562 also writes it."""

    def correlation(self, call: Call) -> list[str]:
        return [uuid.uuid4().urn]


@fault("request.client-request-id", transport="mock")
class IdQuoted(OverHttpx):
    """A GUID as the JSON text that it was."""

    def correlation(self, call: Call) -> list[str]:
        return [f'"{uuid.uuid4()}"']


@fault("request.client-request-id", transport="mock")
class BracesUnbalanced(OverHttpx):
    """A format string with one brace too many on one side."""

    def correlation(self, call: Call) -> list[str]:
        return [f"{{{{{uuid.uuid4()}}}"]


@fault("request.client-request-id", transport="mock")
class DrawnTwice(OverHttpx):
    """Two layers draw an id each, and both are sent."""

    def correlation(self, call: Call) -> list[str]:
        return [str(uuid.uuid4()), str(uuid.uuid4())]


@fault("request.client-request-id", transport="mock")
class FirstOfTwo(OverHttpx):
    """The caller's own name for the call goes along with the client's."""

    def correlation(self, call: Call) -> list[str]:
        return [str(uuid.uuid4()), "nightly-run"]


@fault("request.client-request-id", transport="mock", rare=True)
class PoolOfIds(OverHttpx):
    """Eight ids are drawn in advance, and used again and again."""

    pool = tuple(str(uuid.uuid4()) for _ in range(8))

    def correlation(self, call: Call) -> list[str]:
        return [self.pool[self.calls % len(self.pool)]]


@fault("request.client-request-id", transport="mock")
class AttemptNumbered(OverHttpx):
    """The attempt's number behind the GUID of the call."""

    def attempted(self) -> list[str]:
        return self.of.ids if self.of.attempt == 1 else [f"{id}-{self.of.attempt}" for id in self.of.ids]


@fault("request.client-request-id", transport="mock")
class DrawnForAttempt(OverHttpx):
    """The middleware that draws the id stands behind the one that retries."""

    def attempted(self) -> list[str]:
        return [str(uuid.uuid4())]


@fault("request.client-request-id", transport="mock")
class LostForRetry(OverHttpx):
    """A retry made of method and URL alone, with the token put back."""

    def attempted(self) -> list[str]:
        return self.of.ids if self.of.attempt == 1 else []


@fault("request.client-request-id", transport="mock", rare=True)
class ZerosLost(OverHttpx):
    """A GUID printed of numbers without zeros in front: one in some is too short."""

    def correlation(self, call: Call) -> list[str]:
        drawn = uuid.uuid4().hex
        lengths = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
        return ["-".join(f"{int(drawn[start:end], 16):x}" for start, end in lengths)]


@fault("request.client-request-id", transport="mock", rare=True)
class DrawnInPairs(OverHttpx):
    """Random bytes are drawn for fifteen calls at a time, and the last one's are handed out twice."""

    drawn = ""

    def correlation(self, call: Call) -> list[str]:
        self.drawn = self.drawn if self.calls % 15 == 0 else str(uuid.uuid4())
        return [self.drawn or str(uuid.uuid4())]
