"""What calls leave behind in one another."""

from collections.abc import Sequence
from functools import partial

from graphcontract.http.stub_response import StubResponse, error, success
from graphcontract.inputs.call_sequences import Planned, at_once, sequences
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import given, proves


def answers(sequence: Sequence[Planned]) -> list[StubResponse]:
    """An answer for each call; errors differ in status and in request id, and every other one has none."""
    return [
        success() if it.status is None else refusal(it.status, number) for number, it in enumerate(sequence)
    ]


def refusal(status: int, number: int) -> StubResponse:
    said: dict[str, object] = {"code": "conflict", "message": "In progress."}
    if number % 2 == 0:
        id = f"6f1c2f64-7c0e-4c39-8a55-{number:012d}"
        said["innerError"] = {"date": "2025-11-12T09:30:00", "request-id": id}
    return error(status, {"error": said})


@proves("calls.independent", "request.method", "request.query", "request.body", "secrets.token")
@given(sequence=sequences, calls=7)
def test_one_after_another(harness: Harness, sequence: Sequence[Planned]) -> None:
    planned = zip(sequence, answers(sequence), strict=True)
    made = [harness.perform(each.call, [answer], aside=each.aside) for each, answer in planned]
    harness.hear(made[-1], before=made[:-1])
    for exchange in made:
        harness.hear(exchange)


@proves("calls.concurrent")
@given(sequence=at_once, calls=5)
def test_at_the_same_time(harness: Harness, sequence: Sequence[Planned]) -> None:
    planned = zip(sequence, answers(sequence), strict=True)
    made = harness.concurrently([partial(harness.perform, each.call, [answer]) for each, answer in planned])
    harness.hear(made[-1], before=made[:-1])
