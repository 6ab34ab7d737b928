"""What the client does when the network is not what it seems."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice, product

from graphcontract.http.stub_response import (
    StubResponse,
    faulty,
    plain_error,
    retry_after,
    stub,
    success,
    with_fields,
)
from graphcontract.inputs import constants
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import given, proves, side_by_side
from graphcontract.transports import Certificate

Move = tuple[int, str] | tuple[int, str, str]
MOVES = (301, 302, 303, 307, 308)
PLACED = (200, 201, 202, 300, 305, 409)  # none of them is to be followed
ELSEWHERE = {
    "other port": "{other-port}",
    "other host": "{other-host}",
    "other host, scheme left out": "//{@other-host}",
    "other host, scheme in capitals": "HTTP://{@other-host}",
    "other host, this one as its user": "{self}@{@other-host}",
}


def moved(gate: Harness, status: int, place: str, query: str = "") -> StubResponse:
    return with_fields(stub(status), ("Location", place + gate.target(gate.plain_call()) + query))


@proves("redirect.method", "request.path", "request.body", "secrets.token")
@side_by_side(
    move={f"{status} to itself": (status, "{self}") for status in MOVES}
    | {f"{status} relative": (status, "") for status in MOVES}
    | {"307 with a fragment": (307, "{self}", "#part")}
)
def test_redirection(gate: Harness, move: Move) -> None:
    gate.judge(gate.plain_call(), [moved(gate, *move), success()])


@proves("redirect.credentials", "redirect.credentials-port", "redirect.method", "secrets.token")
@side_by_side(
    move={
        f"{status} to {name}": (status, place) for status, (name, place) in product(MOVES, ELSEWHERE.items())
    }
)
def test_redirection_elsewhere(gate: Harness, move: tuple[int, str]) -> None:
    if "network" in gate.shows:
        gate.judge(gate.plain_call(), [moved(gate, *move), success()], elsewhere=[success()])


@proves("redirect.credentials", "redirect.credentials-port", "secrets.token")
@side_by_side(
    move={f"{status} with a place elsewhere": (status, "{other-host}") for status in PLACED}
    | {f"{status} by way of here": (status, "{other-host}", "?from={self}") for status in (302, 307)}
)
def test_place_elsewhere(gate: Harness, move: Move) -> None:
    if "network" in gate.shows:
        gate.judge(gate.plain_call(), [moved(gate, *move), success()], elsewhere=[success()])


@proves("redirect.credentials", "redirect.credentials-port", "redirect.method")
@side_by_side(place={f"{name} at last": place for name, place in ELSEWHERE.items()})
def test_second_redirection_elsewhere(gate: Harness, place: str) -> None:
    if "network" in gate.shows:
        answers = [moved(gate, 307, "{self}"), moved(gate, 307, place), success()]
        gate.judge(gate.plain_call(), answers, elsewhere=[success()])


@proves("redirect.method", "secrets.token")
@side_by_side(
    seconds=1,
    second={f"307, then {status}": status for status in (301, 302, 308)}
    | {f"503, then {status}": -status for status in (302, 307)},
)
def test_redirection_that_comes_second(gate: Harness, second: int) -> None:
    first = moved(gate, 307, "{self}", "?step=1") if second > 0 else retry_after(1, plain_error(503))
    gate.judge(gate.plain_call(), [first, moved(gate, abs(second), "{self}", "?step=2"), success()])


@proves("redirect.credentials", "redirect.credentials-port")
@side_by_side(place={f"{name} and on from there": ELSEWHERE[name] for name in ("other port", "other host")})
def test_redirection_that_goes_on_elsewhere(gate: Harness, place: str) -> None:
    if "network" in gate.shows:
        gate.judge(gate.plain_call(), [moved(gate, 307, place)], elsewhere=[moved(gate, 307, ""), success()])


CHALLENGE = with_fields(plain_error(401), ("WWW-Authenticate", "Bearer"))


@proves("redirect.credentials", "redirect.credentials-port")
@side_by_side(place={f"{name} that asks for a token": place for name, place in ELSEWHERE.items()})
def test_redirection_to_who_asks(gate: Harness, place: str) -> None:
    if "network" in gate.shows:
        gate.judge(gate.plain_call(), [moved(gate, 307, place)], elsewhere=[CHALLENGE, success()])


@proves("redirect.credentials", "redirect.credentials-port")
@given(
    status=constants({str(status): status for status in (301, 308)}),
    place=constants({name: ELSEWHERE[name] for name in ("other port", "other host")}),
    calls=2,
)
def test_call_after_a_redirection(gate: Harness, status: int, place: str) -> None:
    if "network" in gate.shows:
        before = gate.perform(gate.plain_call(), [moved(gate, status, place)], elsewhere=[success()])
        gate.judge(gate.plain_call("another-guid"), [success()], before=[before], elsewhere=[success()])


@proves("calls.independent")
@given(status=constants({f"{status} for good": status for status in (301, 308)}), calls=2)
def test_call_after_one_that_moved(gate: Harness, status: int) -> None:
    before = gate.perform(gate.plain_call(), [moved(gate, status, "{self}", "?step=1"), success()])
    gate.judge(gate.plain_call("another-guid"), [success()], before=[before])


@proves("request.query")
@given(status=constants({f"{status} for now": status for status in (302, 307)}), calls=2)
def test_same_call_after_it_moved_for_now(gate: Harness, status: int) -> None:
    before = gate.perform(gate.plain_call(), [moved(gate, status, "{self}", "?step=1"), success()])
    gate.judge(gate.plain_call(), [success()], before=[before])


@proves("redirect.credentials", "redirect.credentials-port")
@side_by_side(
    move={
        f"{status} from https to {name}": (status, place)
        for status, (name, place) in product(
            MOVES,
            {"plain http": "{plain}", "other host": "{other-host}", "other port": "{other-port}"}.items(),
        )
    }
)
def test_redirection_from_https(gate: Harness, move: tuple[int, str]) -> None:
    if "network" in gate.shows:
        answers = [moved(gate, *move), success()]
        gate.judge(gate.plain_call(), answers, elsewhere=[success()], certificate="trusted")


@proves("redirect.bounded", "response.redirection", "secrets.token")
@side_by_side(status={f"{status} in a circle": status for status in MOVES})
def test_redirection_in_a_circle(gate: Harness, status: int) -> None:
    gate.judge(gate.plain_call(), [moved(gate, status, "{self}")])


@proves("redirect.bounded")
@side_by_side(
    statuses={f"{status} without end": (status,) for status in MOVES} | {"307 and 308 in turn": (307, 308)}
)
def test_redirection_without_end(gate: Harness, statuses: Sequence[int]) -> None:
    steps = enumerate(islice(cycle(statuses), 60))
    gate.judge(gate.plain_call(), [moved(gate, status, "{self}", f"?step={step}") for step, status in steps])


@proves("redirect.bounded")
@side_by_side(status={f"{status} to and fro": status for status in MOVES})
def test_redirection_to_and_fro(gate: Harness, status: int) -> None:
    if "network" in gate.shows:
        to, fro = moved(gate, status, "{other-port}"), moved(gate, status, "{self}")
        gate.judge(gate.plain_call(), [to], elsewhere=[fro])


BREAKS: dict[str, StubResponse] = {
    "refused": faulty("refused"),
    "reset-at-connect": faulty("reset-at-connect"),
    "reset-in-request": faulty("reset-in-request"),
    "reset": faulty("reset"),
    "closed": faulty("closed"),
    "half-head": replace(success(), fault="half-head"),
    "half-content": replace(plain_error(409), fault="half-content"),
    "half-chunked": replace(plain_error(409), fault="half-content", framing="chunked"),
    "garbage": faulty("garbage"),
    "idle-closed": replace(success(), fault="idle-closed"),
}


@proves("transport.failure", "calls.independent", "secrets.token")
@given(broken=constants(BREAKS), calls=2)
def test_broken_connection(gate: Harness, broken: StubResponse) -> None:
    if "network" in gate.shows:
        before = gate.perform(gate.plain_call(), [broken])
        gate.judge(gate.plain_call("another-guid"), [success()], before=[before])


MOVED = with_fields(stub(307), ("Location", "?step=1"))
SILENCES: dict[str, tuple[float, Sequence[StubResponse]]] = {
    "503, then stalled": (2.5, [retry_after(2, plain_error(503)), faulty("stalled")]),
    "stalled": (1.0, [faulty("stalled")]),
    "stalled for half a second": (0.5, [faulty("stalled")]),
    "dripped": (1.0, [replace(success(), fault="dripped")]),
    "dripped error": (1.0, [replace(plain_error(409), fault="dripped")]),
    "stalled after a redirection": (1.0, [MOVED, faulty("stalled")]),
}


@proves("transport.timeout", "secrets.token")
@side_by_side(seconds=2.5, silence=SILENCES)
def test_no_answer(gate: Harness, silence: tuple[float, Sequence[StubResponse]]) -> None:
    timeout, answers = silence
    bounds_all = gate.client.limits.timeout == "call"
    if "network" in gate.shows and (bounds_all or answers == [faulty("stalled")]):
        gate.judge(replace(gate.plain_call(), timeout=timeout), answers)


@proves("request.once", "calls.independent")
@side_by_side(
    seconds=1,
    silence={"after a stalled one": faulty("stalled"), "after a dripped one": SILENCES["dripped"][1][0]},
)
def test_call_after_one_that_timed_out(gate: Harness, silence: StubResponse) -> None:
    bounds = gate.client.limits.timeout
    if "network" in gate.shows and (bounds == "call" or (bounds == "attempt" and silence.fault == "stalled")):
        before = gate.perform(replace(gate.plain_call(), timeout=1.0), [silence])
        gate.judge(gate.plain_call("another-guid"), [success()], before=[before])


@proves("transport.certificate")
@side_by_side(certificate={name: name for name in ("untrusted", "other-name", "expired", "self-signed")})
def test_certificate(gate: Harness, certificate: Certificate) -> None:
    trusted = gate.perform(gate.plain_call(), [success()], certificate="trusted")
    gate.judge(gate.plain_call(), [success()], control=trusted, certificate=certificate)
