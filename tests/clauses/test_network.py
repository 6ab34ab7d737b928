"""Where a redirection leads, who got the token there, and what is left when a connection breaks."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Fault, WireRequest
from tests.clauses import CRASH, SUCCESS, TOKEN, exchange, failure, fault, judges, kinds, request, response


def moved(location: str, *there: WireRequest, root: str = "http://127.0.0.1:1/beta") -> Exchange:
    """A redirection, and the requests that came to another origin, at port 2."""
    answer = response(307, fields=(("Location", location),))
    made = exchange(request(), answer=answer, outcome=SUCCESS)
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
