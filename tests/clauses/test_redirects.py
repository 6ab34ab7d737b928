"""Several redirects of one call, the redirect that counts, and what reports say of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import WireRequest
from tests.clauses import (
    CRASH,
    HANG,
    SUCCESS,
    TOKEN,
    exchange,
    failure,
    findings,
    judges,
    kinds,
    request,
    response,
    target,
)

MOVED, FURTHER = f"{target()}?step=1", f"{target()}?step=2"
BARE = request(fields={"Host": "localhost:2", "Authorization": None})
WITH_TOKEN = request(fields={"Host": "localhost:2"})


def redirected(
    *steps: tuple[int, str], sent: tuple[WireRequest, ...], outcome: Outcome = SUCCESS
) -> Exchange:
    """A call whose first requests got these redirects, and the others 204."""
    made = exchange(request(), *sent, outcome=outcome)
    answers = [
        response(status, fields=(("Location", location),), request=index)
        for index, (status, location) in enumerate(steps)
    ]
    return replace(made, responses=(*answers, *made.responses[len(answers) :]))


def elsewhere(step: Exchange, *sent: WireRequest, origin: str = "127.0.0.1:2") -> Exchange:
    return replace(step, elsewhere=tuple(replace(each, origin=origin) for each in sent))


class TestCredentials:
    @pytest.mark.parametrize(
        ("root", "location", "host", "kind", "expected"),
        [
            ("http://127.0.0.1:1", "http://localhost:2/x", "localhost:2", "host", "another host"),
            ("https://127.0.0.1:1", "http://127.0.0.1:2/x", "127.0.0.1:2", "downgrade", "plain http"),
            ("https://127.0.0.1:1", "http://localhost:2/x", "localhost:2", "downgrade", "plain http"),
            ("http://127.0.0.1:1", "http://127.0.0.1:2/x", "127.0.0.1:2", "port", "another port"),
            ("https://127.0.0.1:1", "https://127.0.0.1:2/x", "127.0.0.1:2", "port", "another port"),
            ("http://127.0.0.1:1", "https://127.0.0.1:2/x", "127.0.0.1:2", "port", "another port"),
        ],
    )
    def test_first_request_with_the_token_is_reported(
        self, root: str, location: str, host: str, kind: str, expected: str
    ) -> None:
        clause = "redirect.credentials-port" if kind == "port" else "redirect.credentials"
        bare, sent = (replace(each, fields=(("Host", host), *each.fields[1:])) for each in (BARE, WITH_TOKEN))
        step = elsewhere(redirected((307, location), sent=()), bare, sent, sent)
        step = replace(step, call=replace(step.call, base_url=f"{root}/beta"))
        (found,) = findings(clause, step)
        assert (found.kind, found.expected) == (kind, f"no credentials to {expected}")
        assert found.actual == "the token, sent to 127.0.0.1:2"
        assert found.at is step.elsewhere[1]

    def test_each_origin_has_the_redirect_that_led_there(self) -> None:
        there = replace(WITH_TOKEN, origin="127.0.0.1:2"), replace(WITH_TOKEN, origin="127.0.0.1:3")
        moves = (307, "http://127.0.0.1:2/x"), (307, "http://localhost:3/x")
        step = redirected(*moves, sent=(request(),))
        assert kinds("redirect.credentials", replace(step, elsewhere=there[:1])) == []
        assert kinds("redirect.credentials-port", replace(step, elsewhere=there[:1])) == ["port"]
        assert kinds("redirect.credentials", replace(step, elsewhere=there[1:])) == ["host"]
        assert kinds("redirect.credentials-port", replace(step, elsewhere=there[1:])) == []

    def test_origin_may_have_the_name_of_the_location(self) -> None:
        step = redirected((307, "http://localhost:2/x"), sent=())
        unnamed = replace(WITH_TOKEN, fields=WITH_TOKEN.fields[1:])
        assert kinds("redirect.credentials", elsewhere(step, unnamed, origin="localhost:2")) == ["host"]
        assert kinds("redirect.credentials", elsewhere(step, unnamed, origin="127.0.0.1:2")) == ["host"]

    @pytest.mark.parametrize(("host", "kind"), [("localhost", "host"), ("127.0.0.1", "port")])
    def test_malformed_request_may_have_sent_the_token(self, host: str, kind: str) -> None:
        clause = "redirect.credentials-port" if kind == "port" else "redirect.credentials"
        step = elsewhere(redirected((307, f"http://{host}:2/x"), sent=()), WITH_TOKEN)
        broken = replace(step.requests[0], malformed="two lengths")
        assert kinds(clause, replace(step, requests=(broken,))) == [kind]

    def test_redirect_of_an_earlier_call_is_one(self) -> None:
        before = redirected((307, "http://localhost:2/x"), sent=())
        assert judges("redirect.credentials", before, exchange(request()))
        assert not judges("redirect.credentials", exchange(request()), exchange(request()))
        assert judges("redirect.credentials", exchange(request()), control=before)

    @pytest.mark.parametrize(("host", "judged"), [("127.0.0.1.:2", False), ("localhost.:2", True)])
    def test_name_with_a_dot_at_its_end_is_absolute(self, host: str, judged: bool) -> None:
        step = redirected((307, f"http://{host}/x"), sent=())
        assert judges("redirect.credentials", step) == judged
        asked = replace(step.call, base_url="http://127.0.0.1.:1/beta")
        assert judges("redirect.credentials", replace(step, call=asked)) == judged


class TestMethod:
    def test_last_redirect_is_reported(self) -> None:
        moves = (301, MOVED), (308, FURTHER)
        step = redirected(*moves, sent=(request(MOVED), request(FURTHER, method="GET")))
        (found,) = findings("redirect.method", step)
        assert (found.kind, found.input) == ("rewritten", "308")
        assert found.expected == "no success for status 308, followed as GET"
        assert found.actual == "success with status 204"
        assert found.at is step.requests[1]

    def test_request_elsewhere_is_the_last(self) -> None:
        step = redirected((307, "http://127.0.0.1:2/x"), sent=(request(method="GET"),))
        assert kinds("redirect.method", elsewhere(step, request())) == []
        assert kinds("redirect.method", elsewhere(step, request(), request(method="PUT"))) == ["rewritten"]

    @pytest.mark.parametrize("clause", ["redirect.method", "redirect.location"])
    def test_a_303_among_the_redirects_requires_a_get(self, clause: str) -> None:
        sent = request(MOVED), request(FURTHER, method="GET")
        assert not judges(clause, redirected((307, MOVED), (303, FURTHER), sent=sent))
        assert not judges(clause, redirected((303, MOVED), (307, FURTHER), sent=sent))
        assert judges(clause, redirected((307, MOVED), (301, FURTHER), sent=sent))
        assert not judges(clause, exchange(request()))
        assert judges(clause, redirected(*((each, MOVED) for each in (301, 302, 307, 308)), sent=sent * 2))


class TestLocation:
    def test_last_of_two_redirects_counts(self) -> None:
        moves = (307, MOVED), (307, FURTHER)
        assert kinds("redirect.location", redirected(*moves, sent=(request(MOVED), request(FURTHER)))) == []
        back = redirected(*moves, sent=(request(MOVED), request(target())))
        (found,) = findings("redirect.location", back)
        assert (found.kind, found.at) == ("other-target", back.requests[2])
        assert found.expected == f"a request for {FURTHER}, or failure"
        assert found.actual == f"a request for {target()}; outcome success with status 204"
        again = redirected(*moves, sent=(request(MOVED), request(MOVED)))
        assert kinds("redirect.location", again) == ["ignored"]

    def test_relative_location_is_relative_to_the_redirected_url(self) -> None:
        moves = (307, "/beta/x/y"), (307, "z")
        sent = request("/beta/x/y")
        assert kinds("redirect.location", redirected(*moves, sent=(sent, request("/beta/x/z")))) == []
        assert kinds("redirect.location", redirected(*moves, sent=(sent, request("/beta/z")))) == [
            "other-target"
        ]

    def test_request_before_the_last_redirect_does_not_follow_it(self) -> None:
        moves = (307, MOVED), (307, target())
        step = redirected(*moves, sent=(request(MOVED), request(FURTHER)))
        assert kinds("redirect.location", step) == ["other-target"]
        unfollowed = redirected(*moves, sent=(request(MOVED),))
        assert kinds("redirect.location", unfollowed) == []

    def test_other_traffic_does_not_follow(self) -> None:
        telemetry = request("/collect", fields={"Authorization": None})
        assert kinds("redirect.location", redirected((307, MOVED), sent=(telemetry,))) == []

    def test_first_of_two_locations_counts(self) -> None:
        step = redirected((307, MOVED), sent=(request(MOVED),))
        two = replace(step.responses[0], fields=(("Location", MOVED), ("Location", FURTHER)))
        assert kinds("redirect.location", replace(step, responses=(two, step.responses[1]))) == []
        two = replace(two, fields=(("Location", MOVED), ("Location", f"http://127.0.0.1:2{MOVED}")))
        assert kinds("redirect.location", replace(step, responses=(two, step.responses[1]))) == []

    def test_last_request_that_follows_is_reported(self) -> None:
        step = redirected((307, MOVED), sent=(request(target()), request(FURTHER)))
        (found,) = findings("redirect.location", step)
        assert (found.kind, found.at) == ("other-target", step.requests[2])
        assert found.expected == f"a request for {MOVED}, or failure"
        assert found.actual == f"a request for {FURTHER}; outcome success with status 204"
        ignoring = redirected((307, MOVED), sent=(request(FURTHER), request(target())))
        (found,) = findings("redirect.location", ignoring)
        assert (found.kind, found.at) == ("ignored", ignoring.requests[2])

    def test_long_targets_are_shown_from_where_they_differ(self) -> None:
        moved, other = (f"{target()}?{'a' * 100}={value}" for value in (1, 2))
        step = redirected((307, moved), sent=(request(FURTHER), request(other)))
        (found,) = findings("redirect.location", step)
        assert found.expected == f"a request for …{'a' * 29}=1, or failure"
        assert found.actual == f"a request for …{'a' * 29}=2; outcome success with status 204"

    def test_last_request_to_the_first_server_is_reported(self) -> None:
        sent = request(f"{target()}?step=0"), request(FURTHER), request(MOVED)
        step = redirected((307, f"http://127.0.0.1:2{MOVED}"), sent=sent)
        (found,) = findings("redirect.location", step)
        assert (found.kind, found.at) == ("other-server", step.requests[3])

    @pytest.mark.parametrize(
        ("location", "sent", "found"),
        [
            ("http://127.0.0.1:1", "/", []),
            ("http://127.0.0.1:1?a", "/?a", []),
            ("/x%3Ay%40z?%2F%3F%3a%40", "/x:y@z?/?:@", []),
            ("/x%2Fy", "/x/y", ["other-target"]),
            ("/x%3Fy", "/x?y", ["other-target"]),
            ("/x%7ey", "/x~y", []),
            ("/x%c3%a9", "/x%C3%A9", []),
            ("/x%c3%a9", "/x%C3%A8", ["other-target"]),
            ("/x%20y", "/x+y", ["other-target"]),
            ("/x?a=%26", "/x?a=&", ["other-target"]),
            ("/x?", "/x", []),
        ],
    )
    def test_equivalent_spellings(self, location: str, sent: str, found: list[str]) -> None:
        assert kinds("redirect.location", redirected((307, location), sent=(request(sent),))) == found

    @pytest.mark.parametrize(
        ("own_root", "location", "found"),
        [
            ("https://graph.test/beta", f"https://other.test{MOVED}", ["other-server"]),
            ("https://graph.test/beta", f"https://a.test{MOVED}", ["other-server"]),
            ("https://graph.test/beta", f"https://graph.test{MOVED}", []),
            ("https://graph.test/beta", f"https://graph.test:443{MOVED}", []),
            ("https://graph.test/beta", f"http://graph.test{MOVED}", ["other-server"]),
            ("https://graph.test/beta", f"https://graph.test:444{MOVED}", ["other-server"]),
            ("http://graph.test/beta", f"http://graph.test:80{MOVED}", []),
        ],
    )
    def test_server_of_the_client_s_own_root(self, own_root: str, location: str, found: list[str]) -> None:
        step = redirected((307, location), sent=(request(MOVED),))
        own = replace(step, call=replace(step.call, base_url=None), own_root=own_root)
        assert kinds("redirect.location", own) == found

    def test_request_to_the_other_server_has_to_be_the_one_of_the_location(self) -> None:
        step = redirected((307, f"http://127.0.0.1:2{MOVED}"), sent=(request(MOVED),))
        assert kinds("redirect.location", elsewhere(step, request(FURTHER))) == ["other-server"]
        assert kinds("redirect.location", elsewhere(step, request(FURTHER), request(MOVED))) == []


class TestBounded:
    LOOP = (302, target())

    @pytest.mark.parametrize(
        ("outcome", "actual"),
        [
            (SUCCESS, "success with status 204"),
            (CRASH, "crash: KeyError: 'x'"),
            (HANG, "hang: no outcome within 4.5 s"),
        ],
    )
    def test_report_of_the_outcome(self, outcome: Outcome, actual: str) -> None:
        step = redirected(self.LOOP, self.LOOP, sent=(request(),), outcome=outcome)
        (found,) = findings("redirect.bounded", step)
        assert (found.kind, found.input) == (outcome.kind, "")
        assert (found.expected, found.actual) == ("failure for a redirect loop", actual)

    @pytest.mark.parametrize("outcome", [SUCCESS, CRASH, HANG, failure(302)])
    def test_report_of_an_endless_loop(self, outcome: Outcome) -> None:
        step = redirected(*[self.LOOP] * 52, sent=(request(),) * 51, outcome=outcome)
        (found,) = findings("redirect.bounded", step)
        assert (found.kind, found.input) == ("endless", "")
        assert (found.expected, found.actual) == ("at most 50 redirects", "52 requests")

    def test_other_traffic_is_not_a_redirect_that_was_followed(self) -> None:
        telemetry = request("/collect", fields={"Authorization": None})
        assert kinds("redirect.bounded", redirected(self.LOOP, sent=(telemetry,))) == []

    def test_one_location_is_enough_and_one_unusable_is_too_much(self) -> None:
        step = redirected(self.LOOP, (302, "x"), sent=(request(),))
        bare = replace(step.responses[1], fields=())
        assert judges("redirect.bounded", replace(step, responses=(step.responses[0], bare)))
        assert not judges("redirect.bounded", redirected(self.LOOP, (302, "a:b"), sent=(request(),)))
        assert not judges("redirect.bounded", exchange(outcome=CRASH))


class TestUnusableLocation:
    CLAUSE = "redirect.unusable-location"

    def test_last_location_that_cannot_be_followed_is_reported(self) -> None:
        moves = (302, "a:b"), (302, "http://["), (302, "/x")
        step = redirected(*moves, sent=(request(), request()), outcome=CRASH)
        (found,) = findings(self.CLAUSE, step)
        assert (found.kind, found.input) == ("crash", "malformed")
        assert found.expected == 'failure for Location: "http://["'
        assert found.actual == "crash: KeyError: 'x'"

    @pytest.mark.parametrize(("status", "judged"), [(300, True), (399, True), (299, False), (400, False)])
    def test_every_response_is_a_redirect(self, status: int, judged: bool) -> None:
        step = redirected((302, "a:b"), (status, "/x"), sent=(request(),), outcome=CRASH)
        assert judges(self.CLAUSE, step) == judged

    def test_first_of_two_locations_counts(self) -> None:
        step = redirected((302, "a:b"), sent=(), outcome=HANG)
        two = replace(step.responses[0], fields=(("Location", "a:b"), ("Location", TOKEN)))
        (found,) = findings(self.CLAUSE, replace(step, responses=(two,)))
        assert (found.kind, found.input) == ("hang", "")
        assert found.expected == 'failure for Location: "a:b"'
        assert found.actual == "hang: no outcome within 4.5 s"
