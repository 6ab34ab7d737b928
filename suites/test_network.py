"""What the client does when the network is not what it seems."""

from dataclasses import replace
from itertools import product

from graphcontract.exchange import Fault
from graphcontract.judging.gate import Gate
from graphcontract.service import Answer, answer, faulty, plain_error, success, with_fields
from graphcontract.suite import proves, side_by_side
from graphcontract.transports import Certificate

MOVES = (301, 302, 303, 307, 308)


def moved(gate: Gate, status: int, place: str) -> Answer:
    return with_fields(answer(status), ("Location", place + gate.target(gate.plain_call())))


@proves("redirect.credentials", "redirect.credentials-port", "redirect.method", "secrets.token")
@side_by_side(
    move={
        f"{status} to {place}": (status, f"{{{place}}}")
        for status, place in product(MOVES, ("self", "other-port", "other-host"))
    }
    | {f"{status} relative": (status, "") for status in MOVES}
)
def test_redirection(gate: Gate, move: tuple[int, str]) -> None:
    status, place = move
    gate.judge(gate.plain_call(), [moved(gate, status, place), success()], elsewhere=[success()])


@proves("redirect.credentials")
@side_by_side(status={f"{status} to plain http": status for status in MOVES})
def test_redirection_out_of_tls(gate: Gate, status: int) -> None:
    answers = [moved(gate, status, "{plain}"), success()]
    gate.judge(gate.plain_call(), answers, elsewhere=[success()], certificate="trusted")


@proves("redirect.bounded")
@side_by_side(status={f"{status} to itself": status for status in MOVES})
def test_redirection_loop(gate: Gate, status: int) -> None:
    gate.judge(gate.plain_call(), [moved(gate, status, "{self}")])


BREAKS: dict[str, Answer] = {
    "refused": faulty("refused"),
    "reset-at-connect": faulty("reset-at-connect"),
    "reset-in-request": faulty("reset-in-request"),
    "reset": faulty("reset"),
    "closed": faulty("closed"),
    "half-head": replace(success(), fault="half-head"),
    "half-content": replace(plain_error(409), fault="half-content"),
    "garbage": faulty("garbage"),
    "idle-closed": replace(success(), fault="idle-closed"),
}


@proves("transport.failure", "secrets.token")
@side_by_side(broken=BREAKS)
def test_broken_connection(gate: Gate, broken: Answer) -> None:
    gate.judge(gate.plain_call("opaque"), [success()], after=[gate.perform(gate.plain_call(), [broken])])


@proves("transport.timeout", "secrets.token")
@side_by_side(fault={"stalled": "stalled", "dripped": "dripped"})
def test_no_answer(gate: Gate, fault: Fault) -> None:
    if fault == "stalled" or gate.client.limits.timeout == "call":
        gate.judge(replace(gate.plain_call(), timeout=1.0), [replace(success(), fault=fault)])


@proves("transport.certificate")
@side_by_side(certificate={name: name for name in ("untrusted", "other-name", "expired")})
def test_certificate(gate: Gate, certificate: Certificate) -> None:
    trusted = gate.perform(gate.plain_call(), [success()], certificate="trusted")
    gate.judge(gate.plain_call(), [success()], after=[trusted], certificate=certificate)
