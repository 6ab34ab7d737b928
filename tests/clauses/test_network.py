"""Where a redirection leads, who got the token there, and what is left when a connection breaks."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome, Trial
from graphcontract.wire import Fault, WireRequest, WireResponse
from tests.clauses import (
    CONTROL,
    CRASH,
    HANG,
    SUCCESS,
    TOKEN,
    exchange,
    failure,
    fault,
    findings,
    judges,
    kinds,
    request,
    response,
)


def leading(location: str, status: int = 307) -> WireResponse:
    return response(status, fields=(("Location", location),))


def moved(location: str, *there: WireRequest, root: str = "http://127.0.0.1:1/beta") -> Exchange:
    """A redirection, and the requests that came to another origin, at port 2."""
    made = exchange(request(), answer=leading(location), outcome=SUCCESS)
    asked = replace(made.call, base_url=root)
    return replace(made, call=asked, elsewhere=tuple(replace(it, origin="127.0.0.1:2") for it in there))


def _basic(credentials: str) -> str:
    return f"Basic {b64encode(credentials.encode()).decode()}"


ASKED = request(fields={"Host": "localhost:2"})
BARE = request(fields={"Host": "localhost:2", "Authorization": None})


@pytest.mark.parametrize(
    ("location", "way"),
    [
        ("http://localhost:2/x", "host"),
        ("//localhost:2/x", "host"),
        ("HTTP://LOCALHOST:2/x", "host"),
        ("http://127.0.0.1:1@localhost:2/x", "host"),
        ("http://127.0.0.1:2/x", "port"),
        ("/x", None),
        ("http://127.0.0.1:1/x", None),
        ("http://[/x", None),
        ("http://localhost:99999/x", None),
        ("http://127.0.0.10:1/x", "host"),
        ("http://127.0.0.1.elsewhere.test:1/x", "host"),
        ("http://127.0.0.1.:1/x", None),
        ("http://127.0.0.1..:1/x", "host"),
    ],
)
def test_where_a_redirection_leads(location: str, way: str | None) -> None:
    assert judges("redirect.credentials", moved(location)) == (way == "host")
    assert judges("redirect.credentials-port", moved(location)) == (way == "port")


def test_out_of_tls() -> None:
    left = moved("http://127.0.0.1:2/x", ASKED, root="https://127.0.0.1:1/beta")
    assert fault("redirect.credentials", left)[0] == "downgrade"
    assert not judges("redirect.credentials-port", left)


@pytest.mark.parametrize(
    ("there", "found"),
    [
        (ASKED, ["host"]),
        (BARE, []),
        (request(f"/x?t={TOKEN}", fields={"Authorization": None}), ["host"]),
        (request(fields={"Authorization": None, "Cookie": f"t={TOKEN.lower()}"}), ["host"]),
        (request(fields={"Authorization": _basic("127.0.0.1:1")}), []),
        (request(fields={"Authorization": _basic(f"user:{TOKEN}")}), ["host"]),
    ],
    ids=["field", "bare", "query", "cookie", "user of the Location", "as a password"],
)
def test_who_got_the_token(there: WireRequest, found: list[str]) -> None:
    assert kinds("redirect.credentials", moved("http://localhost:2/x", there)) == found
    assert kinds("redirect.credentials", moved("http://localhost:2/x", BARE, there)) == found


def test_whoever_goes_elsewhere_unasked_remembers_the_way() -> None:
    astray = replace(exchange(outcome=SUCCESS), elsewhere=(replace(ASKED, origin="127.0.0.1:2"),))
    assert kinds("redirect.credentials", astray) == ["host"]
    assert not judges("redirect.credentials-port", astray)


@pytest.mark.parametrize(("location", "count", "found"), [("/x", 51, []), ("/x", 52, ["endless"])])
def test_fifty_redirections_are_the_most(location: str, count: int, found: list[str]) -> None:
    answer = response(302, fields=(("Location", location),))
    circle = exchange(*[request()] * count, answer=answer, outcome=failure(302))
    assert kinds("redirect.bounded", circle) == found


@pytest.mark.parametrize(
    ("broken", "following", "found"),
    [
        (failure(None), SUCCESS, []),
        (SUCCESS, SUCCESS, ["success"]),
        (CRASH, SUCCESS, ["crash"]),
        (failure(None), failure(None), ["unusable"]),
    ],
)
@pytest.mark.parametrize("by", ["reset", "garbage", "half-content"])
def test_what_is_left_when_a_connection_breaks(
    by: Fault, broken: object, following: object, found: list[str]
) -> None:
    first = replace(exchange(request()), outcome=broken, fault=by)  # type: ignore[arg-type]
    second = replace(exchange(request()), outcome=following)  # type: ignore[arg-type]
    assert kinds("transport.failure", first, second) == found


def test_the_call_that_broke_is_the_one_that_violates() -> None:
    broken, following = (
        replace(exchange(request(), outcome=CRASH), fault="reset"),
        replace(CONTROL, outcome=HANG),
    )
    shown = {
        each.kind: each.find_exchange(Trial(following, None, (broken,)))
        for each in findings("transport.failure", broken, following)
    }
    assert shown["crash"] is broken
    assert shown["unusable"] is following


def test_a_connection_that_was_idle_decides_nothing() -> None:
    idle = replace(exchange(request()), fault="idle-closed")
    assert kinds("transport.failure", idle, CONTROL) == []
    assert kinds("transport.failure", idle, replace(CONTROL, outcome=HANG)) == ["unusable"]


def test_what_breaks_a_connection_is_judged_with_the_call_after_it() -> None:
    broken = replace(exchange(request(), outcome=SUCCESS), fault="reset")
    assert kinds("transport.failure", CONTROL, broken, CONTROL) == ["success"]
    assert kinds("transport.failure", replace(broken, outcome=CRASH), broken, CONTROL) == ["success"]
    assert not judges("transport.failure", broken)
    assert not judges("transport.failure", broken, CONTROL, CONTROL)
    for by in (None, "stalled", "dripped"):
        assert not judges("transport.failure", replace(broken, fault=by), CONTROL)


@pytest.mark.parametrize("by", ["stalled", "dripped"])
@pytest.mark.parametrize(
    ("outcome", "found"), [(failure(None), []), (SUCCESS, ["success"]), (CRASH, ["crash"]), (HANG, ["hang"])]
)
def test_a_timeout_ends_the_call(by: Fault, outcome: Outcome, found: list[str]) -> None:
    silent = replace(exchange(request(), outcome=outcome), fault=by, responses=())
    assert kinds("transport.timeout", silent) == found
    assert not judges("transport.timeout", replace(exchange(request(), outcome=outcome), fault=by))
    assert not judges("transport.timeout", replace(exchange(request(), outcome=outcome), fault="reset"))


def test_a_call_that_sent_nothing_or_got_the_first_response_alone_had_none() -> None:
    silent = replace(exchange(outcome=HANG), fault="stalled")
    assert kinds("transport.timeout", silent) == ["hang"]
    repeated = replace(exchange(request(), request(), outcome=HANG), fault="stalled")
    assert kinds("transport.timeout", replace(repeated, responses=repeated.responses[:1])) == ["hang"]
    assert not judges("transport.timeout", repeated)
    answered = replace(repeated, requests=repeated.requests[:1])
    assert not judges("transport.timeout", answered)


class TestWays:
    @pytest.mark.parametrize("status", [300, 301, 399])
    def test_a_location_leads_in_a_redirection(self, status: int) -> None:
        assert judges("redirect.credentials", exchange(request(), answer=leading("//localhost:2/x", status)))

    @pytest.mark.parametrize("status", [201, 299, 400, 404])
    def test_a_location_leads_nowhere_in_other_answers(self, status: int) -> None:
        step = exchange(request(), answer=leading("//localhost:2/x", status))
        assert not judges("redirect.credentials", step)
        assert not judges("redirect.credentials", exchange(request(), answer=response(302)))

    def test_the_first_of_two_locations_leads(self) -> None:
        fields = (("Location", "//localhost:2/x"), ("Location", "/x"))
        assert judges("redirect.credentials", exchange(request(), answer=response(302, fields=fields)))

    def test_a_location_that_cannot_be_read_hides_none_behind_it(self) -> None:
        step = exchange(request(), request())
        answers = (leading("http://[/x"), replace(leading("//localhost:2/x"), request=1))
        assert judges("redirect.credentials", replace(step, responses=answers))

    @pytest.mark.parametrize(
        ("root", "location", "way"),
        [
            ("https://127.0.0.1:1/beta", "https://127.0.0.1:2/x", "port"),
            ("https://127.0.0.1:1/beta", "https://127.0.0.1:1/x", None),
            ("http://127.0.0.1:5/beta", "http://127.0.0.1:2/x", "port"),
            ("http://127.0.0.1:1/beta", "http://10.0.0.1:1/x", "host"),
        ],
    )
    def test_ways(self, root: str, location: str, way: str | None) -> None:
        assert judges("redirect.credentials", moved(location, root=root)) == (way == "host")
        assert judges("redirect.credentials-port", moved(location, root=root)) == (way == "port")

    @pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 443)])
    def test_a_location_without_a_port_leads_to_the_usual_one(self, scheme: str, port: int) -> None:
        there = replace(request(fields={"Host": None}), origin=f"127.0.0.1:{port}", scheme=scheme)
        step = replace(moved(f"{scheme}://localhost/x"), elsewhere=(there,))
        assert kinds("redirect.credentials", step) == ["host"]

    def test_another_port_got_the_token(self) -> None:
        there = request(fields={"Host": "127.0.0.1:2"})
        (found,) = findings("redirect.credentials-port", moved("http://127.0.0.1:2/x", there, there))
        assert (found.kind, found.actual) == ("port", "the token, sent to 127.0.0.1:2")

    def test_a_report_names_the_way(self) -> None:
        left = moved("http://127.0.0.1:2/x", ASKED, root="https://127.0.0.1:1/beta")
        assert findings("redirect.credentials", left)[0].expected == "no credentials to plain http"
        away = moved("http://localhost:2/x", ASKED)
        assert findings("redirect.credentials", away)[0].expected == "no credentials to another host"


class TestMethod:
    @staticmethod
    def followed(*methods: str, status: int = 307, outcome: Outcome = SUCCESS) -> Exchange:
        """A redirection within the root, and the requests that follow it."""
        step = exchange(request(), *(request(method=each) for each in methods), outcome=outcome)
        return replace(step, responses=(leading("/x", status), *step.responses[1:]))

    @pytest.mark.parametrize(
        ("methods", "found"),
        [
            ([], []),
            (["POST"], []),
            (["GET"], ["rewritten"]),
            (["PUT"], ["rewritten"]),
            (["POST", "GET"], ["rewritten"]),
            (["GET", "POST"], []),
            (["GET", "GET", "POST"], []),
        ],
    )
    def test_the_last_request_canceled_or_did_not(self, methods: list[str], found: list[str]) -> None:
        step = self.followed(*methods)
        seen = findings("redirect.method", step)
        assert [each.kind for each in seen] == found
        assert all((each.input, each.at) == ("307", step.requests[0]) for each in seen)

    @pytest.mark.parametrize("outcome", [failure(405), CRASH, HANG, Outcome.rejected("no")])
    def test_no_success_is_none_of_its_business(self, outcome: Outcome) -> None:
        assert kinds("redirect.method", self.followed("GET", outcome=outcome)) == []

    def test_another_origin_may_have_it(self) -> None:
        step = moved("http://127.0.0.1:2/x", request(method="GET"))
        assert kinds("redirect.method", step) == ["rewritten"]

    def test_what_was_not_followed_was_not_rewritten(self) -> None:
        step = exchange(request(method="GET"), answer=leading("/x"))
        assert kinds("redirect.method", step) == []

    def test_is_judged_on_statuses_that_keep_or_may_change_the_method(self) -> None:
        judged = [
            status for status in range(300, 400) if judges("redirect.method", self.followed(status=status))
        ]
        assert judged == [301, 302, 307, 308]


class TestBounded:
    @pytest.mark.parametrize(
        ("statuses", "judged"),
        [
            ([302, 302], True),
            ([300, 399], True),
            ([302, 204], False),
            ([302, 400], False),
            ([302, 404], False),
            ([302, 299], False),
        ],
    )
    def test_is_judged_where_every_answer_redirects(self, statuses: list[int], judged: bool) -> None:
        step = exchange(*[request()] * len(statuses))
        answers = tuple(replace(leading("/x", each), request=at) for at, each in enumerate(statuses))
        assert judges("redirect.bounded", replace(step, responses=answers)) == judged

    def test_success_that_followed_nothing_is_another_clause_s(self) -> None:
        alone = exchange(request(), answer=leading("/x", 302))
        assert kinds("redirect.bounded", alone) == []
        there = replace(request(), origin="127.0.0.1:2")
        assert kinds("redirect.bounded", replace(alone, elsewhere=(there,))) == ["success"]
        for outcome, found in ((failure(302), []), (CRASH, ["crash"]), (HANG, ["hang"])):
            assert kinds("redirect.bounded", replace(alone, outcome=outcome)) == found

    def test_is_not_judged_where_nothing_leads_anywhere(self) -> None:
        assert not judges("redirect.bounded", exchange(request(), answer=response(302)))
        assert not judges("redirect.bounded", exchange(request(), answer=leading("mailto:a@b", 302)))

    def test_an_empty_location_leads_to_the_same_url(self) -> None:
        circle = exchange(*[request()] * 52, answer=leading("", 302), outcome=failure(302))
        assert kinds("redirect.bounded", circle) == ["endless"]
        assert not judges("redirect.unusable-location", circle)

    @pytest.mark.parametrize(
        ("outcome", "found"),
        [(failure(302), []), (SUCCESS, ["success"]), (CRASH, ["crash"]), (HANG, ["hang"])],
    )
    def test_a_loop_ends_as_failure(self, outcome: Outcome, found: list[str]) -> None:
        step = exchange(request(), request(), answer=leading("/x", 302), outcome=outcome)
        assert kinds("redirect.bounded", step) == found

    def test_other_origins_count(self) -> None:
        step = exchange(*[request()] * 26, answer=leading("http://127.0.0.1:2/x"), outcome=failure(307))
        there = replace(request(), origin="127.0.0.1:2")
        assert kinds("redirect.bounded", replace(step, elsewhere=(there,) * 25)) == []
        (found,) = findings("redirect.bounded", replace(step, elsewhere=(there,) * 26))
        assert (found.kind, found.actual) == ("endless", "52 requests")


class TestCertificate:
    TRUSTED = replace(CONTROL, certificate="trusted")

    @staticmethod
    def shown(certificate: str | None, *requests: WireRequest, outcome: Outcome) -> Exchange:
        return replace(exchange(*requests, outcome=outcome), certificate=certificate)

    @pytest.mark.parametrize("certificate", ["untrusted", "other-name", "expired"])
    @pytest.mark.parametrize(
        ("requests", "outcome", "fails"),
        [
            ([], failure(None), False),
            ([], CRASH, False),
            ([], Outcome.rejected("no"), False),
            ([request()], failure(None), True),
            ([request()], SUCCESS, True),
            ([], SUCCESS, True),
        ],
    )
    def test_nothing_is_sent_to_who_cannot_be_known(
        self, certificate: str, requests: list[WireRequest], outcome: Outcome, fails: bool
    ) -> None:
        step = self.shown(certificate, *requests, outcome=outcome)
        expected = [certificate] if fails else []
        assert kinds("transport.certificate", step, control=self.TRUSTED) == expected

    def test_waits_for_a_client_that_speaks_tls(self) -> None:
        step = self.shown("expired", request(), outcome=SUCCESS)
        assert not judges("transport.certificate", step)
        for outcome in (failure(None), CRASH, HANG, Outcome.rejected("no")):
            assert not judges("transport.certificate", step, control=replace(self.TRUSTED, outcome=outcome))
            assert not judges("transport.certificate", step, control=replace(CONTROL, outcome=outcome))

    @pytest.mark.parametrize("certificate", [None, "trusted"])
    def test_a_certificate_that_is_good_is_not_judged(self, certificate: str | None) -> None:
        assert not judges("transport.certificate", self.shown(certificate, outcome=SUCCESS), control=CONTROL)


class TestServerName:
    @staticmethod
    def shown(host: str, *names: str | None) -> Exchange:
        made = exchange(*(replace(request(), server_name=name) for name in names))
        return replace(made, call=replace(made.call, base_url=f"https://{host}:1/beta"))

    @pytest.mark.parametrize(
        ("host", "name", "expected"),
        [
            ("localhost", "localhost", []),
            ("localhost", "LocalHost", []),
            ("LOCALHOST", "localhost", []),
            ("localhost", "", []),  # not fully qualified
            ("graph.microsoft.com", "", ["missing"]),
            ("graph.microsoft.com", "Graph.Microsoft.Com", []),
            ("localhost", "localhost.", ["other-name"]),
            ("localhost", "localhost:1", ["other-name"]),
            ("localhost", "127.0.0.1", ["other-name"]),
            ("localhost", "loc\xe4lhost", ["other-name"]),
            ("127.0.0.1", "", []),
            ("[::1]", "", []),
            ("127.0.0.1", "127.0.0.1", ["address"]),
            ("127.0.0.1", "localhost", ["address"]),
            ("[::1]", "::1", ["address"]),
        ],
    )
    def test_name_is_the_host_of_the_root(self, host: str, name: str, expected: list[str]) -> None:
        assert kinds("tls.server-name", self.shown(host, name)) == expected

    def test_every_connection_is_judged(self) -> None:
        step = self.shown("graph.test", "graph.test", "", "other.test")
        assert kinds("tls.server-name", step) == ["missing", "other-name"]

    def test_a_report_names_what_was_sent_and_the_host(self) -> None:
        missing, other = findings("tls.server-name", self.shown("graph.test", "", "other.test"))
        assert (missing.actual, other.actual) == ("no server name", 'the server name "other.test"')
        assert missing.expected == other.expected == "the server name graph.test in the TLS handshake"

    def test_a_request_without_tls_hides_none_behind_it(self) -> None:
        assert kinds("tls.server-name", self.shown("graph.test", None, "other.test")) == ["other-name"]

    def test_waits_for_tls(self) -> None:
        assert not judges("tls.server-name", self.shown("localhost", None))
        assert not judges("tls.server-name", self.shown("localhost"))
