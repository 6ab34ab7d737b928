"""A stage as its ports see it: which answer is next, and what has passed.

Knows scripts; it touches no socket and sends nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphcontract.exchange import Fault, WireRequest, WireResponse
from graphcontract.http.stub_response import NOT_FOUND_ELSEWHERE, Concerns, ResponseScript, StubResponse
from graphcontract.transports import faults, response_placeholders

_BAD_REQUEST = StubResponse(400, close=True)


def any_request(_request: WireRequest) -> bool:
    """Tell of every request that it concerns the scene."""
    return True


def check(script: ResponseScript, places: Sequence[str], elsewhere: Sequence[str]) -> None:
    """Refuse with a ValueError a script that cannot be sent by a stage with these places, and with others
    where it answers elsewhere.
    """
    if not script.answers:
        raise ValueError("a script needs at least one answer")
    named = [*places, *(elsewhere if script.elsewhere else ())]
    for answers in (script.answers, script.elsewhere):
        for number, answer in enumerate(answers):
            if answer.status is None:
                raise ValueError("the answers of a script are to be settled")
            faults.check(answer, first=number == 0)
            response_placeholders.check(answer, named)


@dataclass(eq=False, slots=True)
class StubState:
    """The answers at one root and what has passed there so far; `asked` once a request has.

    `places` are what the placeholders of the answers stand for.
    """

    answers: tuple[StubResponse, ...]
    concerns: Concerns
    places: Mapping[str, str]
    asked: threading.Event = field(default_factory=threading.Event)
    requests: list[WireRequest] = field(default_factory=list)
    responses: list[WireResponse] = field(default_factory=list)
    connections: int = 0
    handshakes_failed: int = 0
    _used: int = 0

    @property
    def refuses(self) -> bool:
        """Whether nothing is to listen."""
        return self.answers[0].fault == "refused"

    @property
    def resets(self) -> bool:
        """Whether the next connection is to be reset once it is made."""
        return self._next().fault == "reset-at-connect"

    def choose(self, request: WireRequest) -> StubResponse:
        """Choose the answer to a request, as the script has it."""
        if request.malformed is not None:
            return _BAD_REQUEST
        if not self.concerns(request):
            return NOT_FOUND_ELSEWHERE
        answer = self._next()
        self._used += 1
        return answer

    def strikes(self, *faults: Fault) -> bool:
        """Tell whether one of these faults is next; it is used up then."""
        if self._next().fault not in faults:
            return False
        self._used += 1
        return True

    def _next(self) -> StubResponse:
        return self.answers[min(self._used, len(self.answers) - 1)]
