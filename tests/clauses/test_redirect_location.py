"""Where a request went that follows a redirect, and where its Location leads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome
from tests.clauses import (
    CRASH,
    NAMES,
    SUCCESS,
    TASK,
    exchange,
    failure,
    findings,
    judges,
    kinds,
    request,
    response,
    target,
)

MOVED = f"{target()}?Step=1&to=a%2Fb"


def followed(location: str, *targets: str, status: int = 307, outcome: Outcome = SUCCESS) -> Exchange:
    """A redirect, and the requests that follow it."""
    step = exchange(request(), *map(request, targets), outcome=outcome)
    moved = response(status, fields=(("Location", location),))
    return replace(step, responses=(moved, *step.responses[1:]))


@pytest.mark.parametrize(
    "location",
    [
        MOVED,
        f"http://127.0.0.1:1{MOVED}",
        f"//127.0.0.1:1{MOVED}#part",
        "?Step=1&to=a%2Fb",
        "cancel?Step=1&to=a%2Fb",
        f"../{TASK}/./cancel?Step=1&to=a%2Fb",
    ],
)
def test_a_location_in_any_form_leads_to_its_url(location: str) -> None:
    assert kinds("redirect.location", followed(location, MOVED)) == []
    assert kinds("redirect.location", followed(location, f"http://127.0.0.1:1{MOVED}")) == []
    assert kinds("redirect.location", followed(location, target())) == ["ignored"]
    assert kinds("redirect.location", followed(location, f"{target()}?Step=1")) == ["other-target"]


@pytest.mark.parametrize(
    ("requested", "found"),
    [
        (MOVED.replace("%2F", "%2f"), []),
        (MOVED.replace("Step", "%53tep").replace("cancel", "%63ancel"), []),
        (MOVED.replace("%2F", "/"), []),
        (MOVED.replace("%2F", "&"), ["other-target"]),
        (MOVED.replace("%2F", "%252F"), ["other-target"]),
        (MOVED.replace("Step", "step"), ["other-target"]),
        (f"{MOVED}#part", ["other-target"]),
        (f"{NAMES}/{TASK}/?Step=1&to=a%2Fb", ["other-target"]),
    ],
)
def test_percent_encodings_count_for_what_they_encode(requested: str, found: list[str]) -> None:
    assert kinds("redirect.location", followed(MOVED, requested)) == found


def test_one_of_several_requests_may_be_the_one() -> None:
    assert kinds("redirect.location", followed(MOVED, target(), MOVED)) == []


def test_a_redirect_that_is_not_followed_is_for_another_clause() -> None:
    assert kinds("redirect.location", followed(MOVED)) == []


@pytest.mark.parametrize("outcome", [failure(404), CRASH])
def test_a_failure_misleads_nobody(outcome: Outcome) -> None:
    assert kinds("redirect.location", followed(MOVED, target(), outcome=outcome)) == []


def test_another_origin_may_have_been_where_it_led() -> None:
    step = replace(followed(f"http://localhost:2{MOVED}"), elsewhere=(request(MOVED),))
    assert kinds("redirect.location", step) == []
    astray = replace(step, elsewhere=(request(target()),))
    assert kinds("redirect.location", astray) == ["ignored"]


@pytest.mark.parametrize(
    ("location", "found"),
    [
        (f"http://127.0.0.1:2{MOVED}", ["other-server"]),
        (f"//127.0.0.1:2{MOVED}", ["other-server"]),
        (f"http://127.0.0.1{MOVED}", ["other-server"]),  # at port 80
        (f"http://localhost:1{MOVED}", []),  # another name of the same server
        (f"http://127.0.0.1:1{MOVED}", []),
        (MOVED, []),
    ],
)
def test_another_server_is_asked_there(location: str, found: list[str]) -> None:
    step = followed(location, MOVED)
    assert kinds("redirect.location", step) == found
    assert kinds("redirect.location", replace(step, outcome=failure(404))) == []
    there = replace(step, elsewhere=(request(MOVED),))
    assert kinds("redirect.location", there) == []
    first = replace(step, requests=step.requests[:1], elsewhere=(request(MOVED),))
    assert kinds("redirect.location", first) == []


def test_a_report_names_the_request_to_the_first_server() -> None:
    step = followed(f"http://127.0.0.1:2{MOVED}", MOVED)
    (found,) = findings("redirect.location", step)
    assert found.expected == "a request to the server of Location"
    assert found.actual == "a request to the first server; outcome success with status 204"
    assert found.at == step.requests[1]


def test_statuses() -> None:
    judged = [
        status for status in range(300, 400) if judges("redirect.location", followed("/x", status=status))
    ]
    assert judged == [301, 302, 307, 308]


def test_a_report_names_both_targets() -> None:
    step = followed("?Step=1", f"{NAMES}/{TASK}/?Step=1")
    (found,) = findings("redirect.location", step)
    assert (found.expected, found.at) == (f"a request for {target()}?Step=1, or failure", step.requests[1])
    assert found.actual.startswith(f"a request for {NAMES}/{TASK}/?Step=1; outcome")
