"""What calls leave behind in one another."""

from collections.abc import Sequence
from functools import partial

from graphcontract.inputs.sequences import Planned, at_once, sequences
from graphcontract.judging.gate import Gate
from graphcontract.service import Answer, plain_error, success
from graphcontract.suite import given, proves


def answer(planned: Planned) -> Answer:
    return success() if planned.status is None else plain_error(planned.status)


@proves("calls.independent", "secrets.token")
@given(sequence=sequences, calls=7)
def test_one_after_another(gate: Gate, sequence: Sequence[Planned]) -> None:
    gate.hear([gate.perform(each.call, [answer(each)], aside=each.aside) for each in sequence])


@proves("calls.concurrent")
@given(sequence=at_once, calls=5)
def test_at_the_same_time(gate: Gate, sequence: Sequence[Planned]) -> None:
    gate.hear(gate.side_by_side([partial(gate.perform, each.call, [answer(each)]) for each in sequence]))
