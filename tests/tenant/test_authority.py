from __future__ import annotations

import re
import uuid
from typing import Any

import httpx
import jwt
import pytest

from graphcontract.tenant.keys import get_key
from tests.tenant import NOON, ORIGIN, TASKS, Asking

ASKING = Asking()
DIRECTORY = ASKING.tenant.directory
APP = DIRECTORY.apps["reader"]
SCOPE = "https://graph.microsoft.com/.default"
OWN = f"/{DIRECTORY.tenant_id}"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def ask(**fields: Any) -> httpx.Response:
    form = {"grant_type": "client_credentials", "client_id": APP.client_id, "scope": SCOPE} | fields
    given = {name: value for name, value in form.items() if value is not None}
    return ASKING("POST", f"{OWN}/oauth2/v2.0/token", None, data=given)


def assertion(signer: str = "app-reader", algorithm: str = "PS256", **changes: Any) -> dict[str, str]:
    now = int(NOON.timestamp())
    claims = {
        "aud": DIRECTORY.token_endpoint,
        "iss": APP.client_id,
        "sub": APP.client_id,
        "jti": str(uuid.uuid4()),
        "nbf": now,
        "exp": now + 600,
    } | changes
    signed = jwt.encode(claims, get_key(signer).private, algorithm)
    return {"client_assertion_type": ASSERTION, "client_assertion": signed}


def test_discovery_leads_to_the_endpoints() -> None:
    for path in ("/v2.0/.well-known/openid-configuration", "/.well-known/openid-configuration"):
        found = ASKING("GET", f"{OWN}{path}", None).json()
        assert found["issuer"] == f"{ORIGIN}{OWN}/v2.0"
        assert found["token_endpoint"] == f"{ORIGIN}{OWN}/oauth2/v2.0/token"
        keys = ASKING("GET", found["jwks_uri"].removeprefix(ORIGIN), None).json()["keys"]
        assert [each["kid"] for each in keys] == [jwt.get_unverified_header(DIRECTORY.token("reader"))["kid"]]
    instance = ASKING("GET", "/common/discovery/instance?api-version=1.1", None).json()
    assert instance["tenant_discovery_endpoint"].startswith(f"{ORIGIN}{OWN}/")


@pytest.mark.parametrize(
    "proof",
    [{"client_secret": APP.secret}, assertion(), assertion(algorithm="RS256")],
    ids=["secret", "PS256", "RS256"],
)
def test_whoever_shows_who_it_is_gets_a_token(proof: dict[str, str]) -> None:
    answer = ask(**proof)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"].startswith("no-store")
    given = answer.json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 3599)
    assert ASKING("GET", TASKS, given["access_token"]).status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "error", "code"),
    [
        ({"client_secret": "guess"}, 401, "invalid_client", 7000215),
        ({}, 401, "invalid_client", 7000215),
        (assertion("stranger"), 401, "invalid_client", 700027),
        (assertion(aud="https://elsewhere.example"), 401, "invalid_client", 700027),
        (assertion(iss="someone"), 401, "invalid_client", 700027),
        (assertion(exp=int(NOON.timestamp()) - 1), 401, "invalid_client", 700024),
        (assertion(exp="later"), 401, "invalid_client", 700027),
        (assertion(sub="someone"), 401, "invalid_client", 700024),
        (assertion() | {"client_assertion": "x.y.z"}, 401, "invalid_client", 700027),
        (assertion() | {"client_assertion_type": "other"}, 401, "invalid_client", 90019),
        ({"client_id": str(uuid.uuid4())}, 400, "unauthorized_client", 700016),
        ({"client_secret": APP.secret, "scope": "openid"}, 400, "invalid_scope", 1002012),
        ({"client_secret": APP.secret, "scope": "https://a.example/.default"}, 400, "invalid_scope", 1002012),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"grant_type": None}, 400, "unsupported_grant_type", 70003),
        ({"client_secret": ["a", "b"]}, 400, "invalid_request", 90100),
    ],
)
def test_refusals(fields: dict[str, Any], status: int, error: str, code: int) -> None:
    answer = ask(**fields)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert re.match(rf"AADSTS{code}: .", body["error_description"])
    assert "access_token" not in body


@pytest.mark.parametrize("content", [b"{}", b"\xff", b"&".join([b"a=1"] * 50)])
def test_garbage_is_not_a_form(content: bytes) -> None:
    answer = ASKING("POST", f"{OWN}/oauth2/v2.0/token", None, content=content)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_content_is_bounded() -> None:
    answer = ASKING("POST", f"{OWN}/oauth2/v2.0/token", None, content=b"a" * 300_000)
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")


def test_another_tenant_is_not_known() -> None:
    for method, path in (
        ("GET", "v2.0/.well-known/openid-configuration"),
        ("GET", "discovery/v2.0/keys"),
        ("POST", "oauth2/v2.0/token"),
    ):
        answer = ASKING(method, f"/{uuid.uuid4()}/{path}", None)
        assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])
