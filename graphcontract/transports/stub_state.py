"""The state of an endpoint at its origin: which response is next, and the recorded traffic.

It changes in a turn of the event loop; only `first_request` is waited for outside of one.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphcontract.http.stub_response import NOT_FOUND_ELSEWHERE, Concerns, ResponseScript, StubResponse
from graphcontract.transports import faults, response_placeholders
from graphcontract.wire import Fault, WireRequest, WireResponse

_BAD_REQUEST = StubResponse(400, close=True)
# Requests of one call that get a response. A client that repeats its request without a pause and without end
# takes its whole timeout, and a processor, in each such call. The clauses allow 50 redirects.
_MOST_REQUESTS = 60


def any_request(_request: WireRequest) -> bool:
    """Return true: every request is the call's."""
    return True


def check(script: ResponseScript, roots: Sequence[str], elsewhere: Sequence[str]) -> None:
    """ValueError for a script that an endpoint with these roots cannot play; `elsewhere` are the further
    roots of a script with responses there.
    """
    if not script.responses:
        raise ValueError("a script needs at least one response")
    available = [*roots, *(elsewhere if script.elsewhere else ())]
    for responses in (script.responses, script.elsewhere):
        for number, stub in enumerate(responses):
            if stub.status is None:
                raise ValueError("a script must not contain a response without a status: settle it first")
            faults.check(stub, first=number == 0)
            response_placeholders.check(stub, available)


@dataclass(eq=False, slots=True)
class StubState:
    """The responses of one root and its traffic so far; `first_request` is set once there is a request.

    `roots` are the values of the placeholders in the responses.
    """

    script: tuple[StubResponse, ...]
    concerns: Concerns
    roots: Mapping[str, str]
    first_request: threading.Event = field(default_factory=threading.Event)
    requests: list[WireRequest] = field(default_factory=list)
    responses: list[WireResponse] = field(default_factory=list)
    connections: int = 0
    _used: int = 0

    @property
    def refuses_connections(self) -> bool:
        """Whether the root refuses connections."""
        return self.script[0].fault == "refused"

    @property
    def resets_connection(self) -> bool:
        """Whether the next connection is to be reset when it is made."""
        return self._next().fault == "reset-at-connect"

    @property
    def is_flooded(self) -> bool:
        """Whether there were so many requests that the last one gets no response, but a closed connection."""
        return len(self.requests) > _MOST_REQUESTS

    @property
    def next_fault(self) -> Fault | None:
        """The fault of the next response, None without one."""
        return self._next().fault

    def choose_response(self, request: WireRequest) -> StubResponse:
        """Choose the response to a request: the script's next one, 400 if malformed, 404 if not the
        call's.
        """
        if request.malformed is not None:
            return _BAD_REQUEST
        if not self.concerns(request):
            return NOT_FOUND_ELSEWHERE
        stub = self._next()
        self._used += 1
        return stub

    def take_fault(self, *faults: Fault) -> bool:
        """If one of these faults is next in the script, take it and return true."""
        if self._next().fault not in faults:
            return False
        self._used += 1
        return True

    def _next(self) -> StubResponse:
        return self.script[min(self._used, len(self.script) - 1)]
