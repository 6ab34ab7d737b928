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
from graphcontract.judging.suite_api import concurrently, given, proves
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


def moved(harness: Harness, status: int, place: str, query: str = "") -> StubResponse:
    return with_fields(stub(status), ("Location", place + harness.target(harness.plain_call()) + query))


@proves("redirect.method", "request.path", "request.body", "secrets.token")
@concurrently(
    move={f"{status} to itself": (status, "{self}") for status in MOVES}
    | {f"{status} relative": (status, "") for status in MOVES}
    | {"307 with a fragment": (307, "{self}", "#part")}
)
def test_redirection(harness: Harness, move: Move) -> None:
    harness.judge(harness.plain_call(), [moved(harness, *move), success()])


@proves("redirect.credentials", "redirect.credentials-port", "redirect.method", "secrets.token")
@concurrently(
    move={
        f"{status} to {name}": (status, place) for status, (name, place) in product(MOVES, ELSEWHERE.items())
    }
)
def test_redirection_elsewhere(harness: Harness, move: tuple[int, str]) -> None:
    if "network" in harness.shows:
        harness.judge(harness.plain_call(), [moved(harness, *move), success()], elsewhere=[success()])


@proves("redirect.credentials", "redirect.credentials-port", "secrets.token")
@concurrently(
    move={f"{status} with a place elsewhere": (status, "{other-host}") for status in PLACED}
    | {f"{status} by way of here": (status, "{other-host}", "?from={self}") for status in (302, 307)}
)
def test_place_elsewhere(harness: Harness, move: Move) -> None:
    if "network" in harness.shows:
        harness.judge(harness.plain_call(), [moved(harness, *move), success()], elsewhere=[success()])


@proves("redirect.credentials", "redirect.credentials-port", "redirect.method")
@concurrently(place={f"{name} at last": place for name, place in ELSEWHERE.items()})
def test_second_redirection_elsewhere(harness: Harness, place: str) -> None:
    if "network" in harness.shows:
        answers = [moved(harness, 307, "{self}"), moved(harness, 307, place), success()]
        harness.judge(harness.plain_call(), answers, elsewhere=[success()])


@proves("redirect.method", "secrets.token")
@concurrently(
    seconds=1,
    second={f"307, then {status}": status for status in (301, 302, 308)}
    | {f"503, then {status}": -status for status in (302, 307)},
)
def test_redirection_that_comes_second(harness: Harness, second: int) -> None:
    first = moved(harness, 307, "{self}", "?step=1") if second > 0 else retry_after(1, plain_error(503))
    harness.judge(harness.plain_call(), [first, moved(harness, abs(second), "{self}", "?step=2"), success()])


@proves("redirect.credentials", "redirect.credentials-port")
@concurrently(place={f"{name} and on from there": ELSEWHERE[name] for name in ("other port", "other host")})
def test_redirection_that_goes_on_elsewhere(harness: Harness, place: str) -> None:
    if "network" in harness.shows:
        harness.judge(
            harness.plain_call(), [moved(harness, 307, place)], elsewhere=[moved(harness, 307, ""), success()]
        )


CHALLENGE = with_fields(plain_error(401), ("WWW-Authenticate", "Bearer"))


@proves("redirect.credentials", "redirect.credentials-port")
@concurrently(place={f"{name} that asks for a token": place for name, place in ELSEWHERE.items()})
def test_redirection_to_who_asks(harness: Harness, place: str) -> None:
    if "network" in harness.shows:
        harness.judge(harness.plain_call(), [moved(harness, 307, place)], elsewhere=[CHALLENGE, success()])


@proves("redirect.credentials", "redirect.credentials-port")
@given(
    status=constants({str(status): status for status in (301, 308)}),
    place=constants({name: ELSEWHERE[name] for name in ("other port", "other host")}),
    calls=2,
)
def test_call_after_a_redirection(harness: Harness, status: int, place: str) -> None:
    if "network" in harness.shows:
        before = harness.perform(harness.plain_call(), [moved(harness, status, place)], elsewhere=[success()])
        harness.judge(harness.plain_call("another-guid"), [success()], before=[before], elsewhere=[success()])


@proves("calls.independent")
@given(status=constants({f"{status} for good": status for status in (301, 308)}), calls=2)
def test_call_after_one_that_moved(harness: Harness, status: int) -> None:
    before = harness.perform(harness.plain_call(), [moved(harness, status, "{self}", "?step=1"), success()])
    harness.judge(harness.plain_call("another-guid"), [success()], before=[before])


@proves("request.query")
@given(status=constants({f"{status} for now": status for status in (302, 307)}), calls=2)
def test_same_call_after_it_moved_for_now(harness: Harness, status: int) -> None:
    before = harness.perform(harness.plain_call(), [moved(harness, status, "{self}", "?step=1"), success()])
    harness.judge(harness.plain_call(), [success()], before=[before])


@proves("redirect.credentials", "redirect.credentials-port")
@concurrently(
    move={
        f"{status} from https to {name}": (status, place)
        for status, (name, place) in product(
            MOVES,
            {"plain http": "{plain}", "other host": "{other-host}", "other port": "{other-port}"}.items(),
        )
    }
)
def test_redirection_from_https(harness: Harness, move: tuple[int, str]) -> None:
    if "network" in harness.shows:
        answers = [moved(harness, *move), success()]
        harness.judge(harness.plain_call(), answers, elsewhere=[success()], certificate="trusted")


@proves("redirect.bounded", "response.redirection", "secrets.token")
@concurrently(status={f"{status} in a circle": status for status in MOVES})
def test_redirection_in_a_circle(harness: Harness, status: int) -> None:
    harness.judge(harness.plain_call(), [moved(harness, status, "{self}")])


@proves("redirect.bounded")
@concurrently(
    statuses={f"{status} without end": (status,) for status in MOVES} | {"307 and 308 in turn": (307, 308)}
)
def test_redirection_without_end(harness: Harness, statuses: Sequence[int]) -> None:
    steps = enumerate(islice(cycle(statuses), 60))
    harness.judge(
        harness.plain_call(), [moved(harness, status, "{self}", f"?step={step}") for step, status in steps]
    )


@proves("redirect.bounded")
@concurrently(status={f"{status} to and fro": status for status in MOVES})
def test_redirection_to_and_fro(harness: Harness, status: int) -> None:
    if "network" in harness.shows:
        to, fro = moved(harness, status, "{other-port}"), moved(harness, status, "{self}")
        harness.judge(harness.plain_call(), [to], elsewhere=[fro])


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
def test_broken_connection(harness: Harness, broken: StubResponse) -> None:
    if "network" in harness.shows:
        before = harness.perform(harness.plain_call(), [broken])
        harness.judge(harness.plain_call("another-guid"), [success()], before=[before])


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
@concurrently(seconds=2.5, silence=SILENCES)
def test_no_answer(harness: Harness, silence: tuple[float, Sequence[StubResponse]]) -> None:
    timeout, answers = silence
    bounds_all = harness.client.limits.timeout == "call"
    if "network" in harness.shows and (bounds_all or answers == [faulty("stalled")]):
        harness.judge(replace(harness.plain_call(), timeout=timeout), answers)


@proves("request.once", "calls.independent")
@concurrently(
    seconds=1,
    silence={"after a stalled one": faulty("stalled"), "after a dripped one": SILENCES["dripped"][1][0]},
)
def test_call_after_one_that_timed_out(harness: Harness, silence: StubResponse) -> None:
    bounds = harness.client.limits.timeout
    if "network" in harness.shows and (
        bounds == "call" or (bounds == "attempt" and silence.fault == "stalled")
    ):
        before = harness.perform(replace(harness.plain_call(), timeout=1.0), [silence])
        harness.judge(harness.plain_call("another-guid"), [success()], before=[before])


@proves("transport.certificate")
@concurrently(certificate={name: name for name in ("untrusted", "other-name", "expired", "self-signed")})
def test_certificate(harness: Harness, certificate: Certificate) -> None:
    trusted = harness.perform(harness.plain_call(), [success()], certificate="trusted")
    harness.judge(harness.plain_call(), [success()], control=trusted, certificate=certificate)
