"""No clause raises, whatever a client left out: calls without requests or responses, in any combination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import get_args

import pytest

from graphcontract.clauses import registry
from graphcontract.exchange import Exchange, Outcome, Trial
from graphcontract.judging.evaluator import find_violations
from graphcontract.wire import Fault, WireResponse
from tests.clauses import CONTRACT, CRASH, HANG, SUCCESS, TASK, call, error_answer, failure, request, response

CLAUSES = [id for id in CONTRACT.clauses if id in registry()]
TRIALS = 300
OUTCOMES = (SUCCESS, failure(), failure(None, code=None), Outcome.rejected("no"), CRASH, HANG)
REQUESTS = (
    request(),
    request(fields={"Host": None, "Authorization": None, "client-request-id": None}),
    request("/", method="GET"),
    replace(request(), version="2", scheme="https"),
)
RESPONSES: tuple[WireResponse, ...] = (
    response(204),
    response(200, b"{}"),
    response(302, fields=(("Location", "//other/"),)),
    response(307, fields=(("Location", "mailto:x"),)),
    response(401, fields=(("WWW-Authenticate", "Bearer"),)),
    response(429, fields=(("Retry-After", "1"),)),
    error_answer(409),
    *(response(0, fault=each) for each in get_args(Fault)),
)


def make_exchange(random: Random, counts: Sequence[int] = (0, 1, 2, 12)) -> Exchange:
    """An exchange with one of these numbers of requests, each of which may have got a response."""
    requests = tuple(random.choice(REQUESTS) for _ in range(random.choice(counts)))
    answered = [index for index in range(len(requests)) if random.random() < 0.7]
    responses = tuple(replace(random.choice(RESPONSES), request=index) for index in answered)
    return Exchange(
        replace(call(random.choice((TASK, "", "a/b", "x' y"))), client=random.choice((1, 2))),
        requests,
        responses,
        random.choice(OUTCOMES),
        started=random.random(),
        ended=1 + 3 * random.random(),
        elsewhere=random.choice(((), REQUESTS[:2])),
        connects=random.choice(((), REQUESTS[:1])),
        connections=random.choice((0, 1, 9)),
        fault=random.choice((None, *(each.fault for each in responses))),
        certificate=random.choice((None, "trusted", "expired")),
        cancelled=random.choice((None, 0.5)),
        open_connections=random.choice((None, 0, 9)),
        surroundings=random.choice(({}, {"TZ": "Asia/Tokyo"})),
        files=random.choice(({}, {"log": "a line"})),
    )


@pytest.mark.parametrize("id", CLAUSES)
def test_no_trial_makes_a_clause_raise(id: str) -> None:
    random, function = Random(0), registry()[id]
    for _ in range(TRIALS):
        counts = random.choice(((0, 1, 2, 12), (0,), (1,)))  # of the earlier calls
        control = make_exchange(random, counts) if random.random() < 0.7 else None
        before = tuple(make_exchange(random, counts) for _ in range(random.choice((0, 1, 2, 3))))
        find_violations(CONTRACT, function, Trial(make_exchange(random), control, before))
