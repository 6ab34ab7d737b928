"""What the client repeats, after what, and how soon. Nothing is drawn: these calls wait, side by side."""

from collections.abc import Mapping, Sequence

from graphcontract.judging.gate import Gate
from graphcontract.service import Answer, faulty, plain_error, success, with_fields
from graphcontract.suite import proves, side_by_side

CLAIMS = 'Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsieG1zX2NjIjp7fX19"'


def throttled(status: int, *retry_after: str) -> Answer:
    return with_fields(plain_error(status), *(("Retry-After", value) for value in retry_after))


def then_success(*answers: Answer) -> Sequence[Answer]:
    return (*answers, success())


WAITS: Mapping[str, Sequence[Answer]] = {
    "429 for 1 s": then_success(throttled(429, "1")),
    "503 for 1 s": then_success(throttled(503, "1")),
    "504 for 1 s": then_success(throttled(504, "1")),
    "429 for 2 s": then_success(throttled(429, "2")),
    "503 twice": then_success(throttled(503, "1"), throttled(429, "1")),
    "until a date": then_success(with_fields(throttled(503, "{date+2}"), ("Date", "{date+0}"))),
    "a fraction": then_success(throttled(429, "1.5")),
    "20 digits": then_success(throttled(429, "9" * 20)),
    "absent": then_success(throttled(429)),
    "negative": then_success(throttled(429, "-1")),
    "a word": then_success(throttled(429, "soon")),
    "exponent": then_success(throttled(429, "1e3")),
    "a list": then_success(throttled(429, "30,120")),
    "empty": then_success(throttled(429, "")),
    "twice": then_success(throttled(429, "1", "2")),
    "429 for ever": [throttled(429, "0")],
    "503 for ever": [throttled(503, "1")],
    "500 for ever": [with_fields(plain_error(500))],
}
REFUSALS: Mapping[str, Sequence[Answer]] = {
    str(status): then_success(with_fields(plain_error(status)))
    for status in (400, 403, 404, 409, 422, 500, 502)
}
CHALLENGES: Mapping[str, Sequence[Answer]] = {
    "401": then_success(*[with_fields(plain_error(401), ("WWW-Authenticate", "Bearer"))] * 3),
    "401 with claims": then_success(*[with_fields(plain_error(401), ("WWW-Authenticate", CLAIMS))] * 3),
}
LOSSES: Mapping[str, Sequence[Answer]] = {fault: then_success(faulty(fault)) for fault in ("reset", "closed")}


@proves(
    "retry.throttled",
    "retry.after",
    "retry.after-malformed",
    "retry.bounded",
    "retry.equivalent",
    "retry.refused",
    "retry.not-found",
    "retry.conflict",
    "retry.server-error",
    "retry.connection-lost",
    "secrets.token",
)
@side_by_side(answers={**WAITS, **REFUSALS, **CHALLENGES, **LOSSES})
def test_retries(gate: Gate, answers: Sequence[Answer]) -> None:
    gate.judge(gate.plain_call(), answers)
