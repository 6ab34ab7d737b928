"""Redirects: what a client follows, with which credentials, and how often."""

from collections.abc import Mapping, Sequence
from itertools import cycle, islice, product

from graphcontract.http.stub_response import (
    StubResponse,
    plain_error,
    retry_after,
    stub,
    success,
    with_fields,
)
from graphcontract.inputs import constants, each
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import Needing, concurrently, given, proves

Redirect = tuple[int, str] | tuple[int, str, str]
REDIRECTS = (301, 302, 303, 307, 308)
NOT_REDIRECTS = (200, 201, 202, 300, 305, 409)  # a client must not follow the Location of these
OTHER_ORIGINS = {
    "other port": "{other-port}",
    "other host": "{other-host}",
    "other host, scheme left out": "//{@other-host}",
    "other host, scheme in capitals": "HTTP://{@other-host}",
    "other host, this one as its user": "{self}@{@other-host}",
}
# Hosts that look like the client's own root, and that root itself. Behind a proxy, names are free.
SIMILAR_HOSTS = {
    "a host that ends like it": "{ends-alike}",
    "a host that begins like it": "{begins-alike}",
    "its subdomain": "{subdomain}",
    "another host of its domain": "{same-domain}",
    "itself, in capitals": "{in-capitals}",
    "itself, with a dot at the end": "{with-dot}",
}


def redirect(harness: Harness, status: int, origin: str, query: str = "") -> StubResponse:
    """A response with a Location at this origin: the path of the call, and the query."""
    return with_fields(
        stub(status), ("Location", origin + harness.request_target(harness.plain_call()) + query)
    )


@proves("redirect.method", "request.path", "request.body", "secrets.token")
@concurrently(
    to={f"{status} to itself": (status, "{self}") for status in REDIRECTS}
    | {f"{status} relative": (status, "") for status in REDIRECTS}
    | {"307 with a fragment": (307, "{self}", "#part")}
)
def test_redirect(harness: Harness, to: Redirect) -> None:
    """A redirect that is followed with another method must not be reported as success."""
    harness.check(harness.plain_call(), [redirect(harness, *to), success()])


@proves(
    "redirect.credentials", "redirect.credentials-port", "redirect.method", "secrets.token", needs="network"
)
@concurrently(
    to={
        f"{status} to {name}": (status, origin)
        for status, (name, origin) in product(REDIRECTS, OTHER_ORIGINS.items())
    }
    | {
        f"{status} to {name}": Needing("own-root", (status, origin))
        for status, (name, origin) in product((302, 307), SIMILAR_HOSTS.items())
    }
    | {
        f"{status} to an address that begins like it": Needing("alike-address", (status, "{alike-address}"))
        for status in (302, 307)
    }
)
def test_redirect_to_other_origin(harness: Harness, to: tuple[int, str]) -> None:
    """A redirect to another origin must not carry the token."""
    own_root = to[1] in SIMILAR_HOSTS.values()
    responses = [redirect(harness, *to), success()]
    harness.check(harness.plain_call(), responses, elsewhere=[success()], own_root=own_root)


@proves("redirect.credentials", "redirect.credentials-port", "secrets.token", needs="network")
@concurrently(
    to={f"{status} with a place elsewhere": (status, "{other-host}") for status in NOT_REDIRECTS}
    | {f"{status} by way of here": (status, "{other-host}", "?from={self}") for status in (302, 307)}
)
def test_misleading_location(harness: Harness, to: Redirect) -> None:
    """A Location with another status, or with the client's own root in its query, must not get the token."""
    harness.check(harness.plain_call(), [redirect(harness, *to), success()], elsewhere=[success()])


@proves("redirect.credentials", "redirect.credentials-port", "redirect.method", needs="network")
@concurrently(origin={f"{name} at last": origin for name, origin in OTHER_ORIGINS.items()})
def test_second_redirect_to_other_origin(harness: Harness, origin: str) -> None:
    """A second redirect, to another origin, must not carry the token either."""
    responses = [redirect(harness, 307, "{self}"), redirect(harness, 307, origin), success()]
    harness.check(harness.plain_call(), responses, elsewhere=[success()])


@proves("redirect.method", "secrets.token")
@concurrently(
    statuses={f"307, then {status}": (307, status) for status in (301, 302, 308)}
    | {f"503, then {status}": (503, status) for status in (302, 307)},
)
def test_second_redirect(harness: Harness, statuses: tuple[int, int]) -> None:
    """A redirect after another one, or of a retry, must not be followed with another method."""
    first, second = statuses
    response = (
        redirect(harness, first, "{self}", "?step=1")
        if first == 307
        else harness.hasten(retry_after(1, plain_error(first)))
    )
    responses = [response, redirect(harness, second, "{self}", "?step=2"), success()]
    harness.check(harness.plain_call(), responses)


@proves("redirect.credentials", "redirect.credentials-port", needs="network")
@concurrently(
    origin={f"{name} and on from there": OTHER_ORIGINS[name] for name in ("other port", "other host")}
)
def test_redirect_within_other_origin(harness: Harness, origin: str) -> None:
    """A relative redirect of another origin must not carry the token."""
    elsewhere = [redirect(harness, 307, ""), success()]
    harness.check(harness.plain_call(), [redirect(harness, 307, origin)], elsewhere=elsewhere)


CHALLENGE = with_fields(plain_error(401), ("WWW-Authenticate", "Bearer"))


@proves("redirect.credentials", "redirect.credentials-port", needs="network")
@concurrently(origin={f"{name} that asks for a token": origin for name, origin in OTHER_ORIGINS.items()})
def test_challenge_of_other_origin(harness: Harness, origin: str) -> None:
    """Another origin must not get the token, even if it responds with 401 and a challenge."""
    elsewhere = [CHALLENGE, success()]
    harness.check(harness.plain_call(), [redirect(harness, 307, origin)], elsewhere=elsewhere)


@proves("redirect.credentials", "redirect.credentials-port", needs="network")
@given(
    status=each(301, 308),
    origin=constants({name: OTHER_ORIGINS[name] for name in ("other port", "other host")}),
    calls=2,
)
def test_call_after_redirect_to_other_origin(harness: Harness, status: int, origin: str) -> None:
    """A permanent redirect to another origin must not lead the next call's token there."""
    moved = [redirect(harness, status, origin)]
    before = harness.perform(harness.plain_call(), moved, elsewhere=[success()])
    harness.check(harness.plain_call("another-guid"), [success()], before=[before], elsewhere=[success()])


@proves("calls.independent")
@given(status=constants({f"{status} for good": status for status in (301, 308)}), calls=2)
def test_call_after_permanent_redirect(harness: Harness, status: int) -> None:
    """A permanent redirect of one call must not change the request of a call with another id."""
    moved = redirect(harness, status, "{self}", "?step=1")
    before = harness.perform(harness.plain_call(), [moved, success()])
    harness.check(harness.plain_call("another-guid"), [success()], before=[before])


@proves("request.query")
@given(status=constants({f"{status} for now": status for status in (302, 307)}), calls=2)
def test_same_call_after_temporary_redirect(harness: Harness, status: int) -> None:
    """A temporary redirect must not change the request of the next call with the same id."""
    moved = redirect(harness, status, "{self}", "?step=1")
    before = harness.perform(harness.plain_call(), [moved, success()])
    harness.check(harness.plain_call(), [success()], before=[before])


@proves("redirect.credentials", "redirect.credentials-port", needs="network")
@concurrently(
    to={
        f"{status} from https to {name}": (status, origin)
        for status, (name, origin) in product(
            REDIRECTS,
            {"plain http": "{plain}", "other host": "{other-host}", "other port": "{other-port}"}.items(),
        )
    }
)
def test_redirect_from_https(harness: Harness, to: tuple[int, str]) -> None:
    """A redirect from https to http or to another origin must not carry the token."""
    responses = [redirect(harness, *to), success()]
    harness.check(harness.plain_call(), responses, elsewhere=[success()], certificate="trusted")


# Each query has letters of both cases and percent-encodings, none of which may change.
QUERY = "?Step=1&to=a%2Fb%26c%3Dd%252F&plus=a%2Bb"


def locations(harness: Harness) -> Mapping[str, str]:
    """Locations within the service root, by how they are written; each has a query."""
    path = harness.request_target(harness.plain_call())
    parent, name = path.rsplit("/", 2)[1:]
    return {
        "whole URL": f"{{self}}{path}{QUERY}",
        "without scheme": f"//{{@self}}{path}{QUERY}",
        "without host": f"{path}{QUERY}",
        "query alone": QUERY,
        "last segment": f"{name}{QUERY}",
        "parent segment": f"../{parent}/./{name}{QUERY}",
        "encoded path": f"/Moved%2Fto%2Fhere{path}?Step=1",
        "with a fragment": f"{path}{QUERY}#part",
    }


@proves("redirect.location")
@concurrently(
    to={
        "301, whole URL": (301, "whole URL"),
        "302, without scheme": (302, "without scheme"),
        "307, without host": (307, "without host"),
        "307, query alone": (307, "query alone"),
        "308, last segment": (308, "last segment"),
        "302, parent segment": (302, "parent segment"),
        "307, encoded path": (307, "encoded path"),
        "307, with a fragment": (307, "with a fragment"),
    }
)
def test_redirect_location(harness: Harness, to: tuple[int, str]) -> None:
    """A redirect that is followed must lead to the URL of its Location, however that is written."""
    status, form = to
    moved = with_fields(stub(status), ("Location", locations(harness)[form]))
    harness.check(harness.plain_call(), [moved, success()])


@proves("redirect.bounded", "response.redirection", "secrets.token")
@concurrently(
    to={f"{status} in a circle": (status, "whole URL") for status in REDIRECTS}
    | {f"{status} with an empty Location": (status, "") for status in REDIRECTS}
)
def test_redirect_to_itself(harness: Harness, to: tuple[int, str]) -> None:
    """A URL that redirects to itself must end in failure, within 50 redirects."""
    status, form = to
    # An empty Location is a reference to the URL that redirects (RFC 3986, 4.4).
    itself = redirect(harness, status, "{self}") if form else with_fields(stub(status), ("Location", ""))
    harness.check(harness.plain_call(), [itself])


@proves("redirect.bounded")
@concurrently(
    statuses={f"{status} without end": (status,) for status in REDIRECTS}
    | {"307 and 308 in turn": (307, 308)}
)
def test_endless_redirects(harness: Harness, statuses: Sequence[int]) -> None:
    """Redirects to ever new URLs must end in failure, within 50 redirects."""
    steps = enumerate(islice(cycle(statuses), 60))
    responses = [redirect(harness, status, "{self}", f"?step={step}") for step, status in steps]
    harness.check(harness.plain_call(), responses)


@proves("redirect.bounded", needs="network")
@concurrently(status={f"{status} to and fro": status for status in REDIRECTS})
def test_redirects_between_two_origins(harness: Harness, status: int) -> None:
    """Two origins that redirect to each other must end in failure, within 50 redirects."""
    there, back = redirect(harness, status, "{other-port}"), redirect(harness, status, "{self}")
    harness.check(harness.plain_call(), [there], elsewhere=[back])


@proves("redirect.location")
@concurrently(status={f"307, then {status} relative to there": status for status in (302, 307)})
def test_second_redirect_location(harness: Harness, status: int) -> None:
    """A relative Location must be resolved against the URL that redirects, which is not the call's first one
    after another redirect.
    """
    path = harness.request_target(harness.plain_call())
    name = path.rpartition("/")[2]
    moved = with_fields(stub(307), ("Location", f"/Moved{path}?Step=1"))
    again = with_fields(stub(status), ("Location", f"{name}?Step=2"))
    harness.check(harness.plain_call(), [moved, again, success()])


@proves("redirect.credentials", "redirect.credentials-port", needs="network")
@concurrently(origin={f"{name} that throttles": OTHER_ORIGINS[name] for name in ("other port", "other host")})
def test_throttling_of_other_origin(harness: Harness, origin: str) -> None:
    """A retry at another origin must not carry the token either."""
    elsewhere = [harness.hasten(retry_after(1, plain_error(503))), success()]
    harness.check(harness.plain_call(), [redirect(harness, 307, origin)], elsewhere=elsewhere)


@proves("redirect.method")
@concurrently(status={f"307, then {status} there": status for status in (429, 503)})
def test_throttling_after_redirect(harness: Harness, status: int) -> None:
    """A retry after a redirect must not be made with another method."""
    moved = redirect(harness, 307, "{self}", "?step=1")
    throttled = harness.hasten(retry_after(1, plain_error(status)))
    harness.check(harness.plain_call(), [moved, throttled, success()])


@proves("redirect.location", needs="network")
@concurrently(status={f"{status} to another server": status for status in (307, 308)})
def test_followed_to_other_server(harness: Harness, status: int) -> None:
    """A redirect to another server must be followed there, and not on a connection to the first one."""
    responses = [redirect(harness, status, "{other-host}", "?step=1"), success()]
    harness.check(harness.plain_call(), responses, elsewhere=[success()])
