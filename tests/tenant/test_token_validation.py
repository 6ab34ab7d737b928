from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcontract.tenant.directory import MANAGE, READ
from graphcontract.tenant.forged_tokens import forge_tokens
from graphcontract.tenant.keys import base64url, get_key
from graphcontract.tenant.token_validation import BadToken, Caller, parse_caller, verify_token
from tests.tenant import TASKS, Asking, code, delegated_claims, personal_claims

ASKING = Asking()
DIRECTORY, CLOCK = ASKING.tenant.directory, ASKING.clock
FORGED = forge_tokens(DIRECTORY)


def test_a_good_token_speaks_for_an_application() -> None:
    caller = verify_token(DIRECTORY.token("privileged"), DIRECTORY, CLOCK)
    assert caller == Caller(frozenset({MANAGE}), False, False)


def test_the_public_key_that_is_published_opens_it() -> None:
    published = jwt.PyJWK(DIRECTORY.signing_key.to_jwk())
    claims = jwt.decode(
        DIRECTORY.token("reader"),
        published,
        algorithms=["RS256"],
        audience="https://graph.microsoft.com",
        issuer=f"{DIRECTORY.authority}/{DIRECTORY.tenant_id}/v2.0",
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert (claims["roles"], claims["tid"]) == ([READ], DIRECTORY.tenant_id)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused_with_a_challenge(name: str) -> None:
    with pytest.raises(BadToken):
        verify_token(FORGED[name], DIRECTORY, CLOCK)
    answer = ASKING("GET", TASKS, FORGED[name])
    assert (answer.status_code, code(answer)) == (401, "InvalidAuthenticationToken")
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    assert 'error="invalid_token"' in challenge
    assert FORGED[name] not in f"{answer.headers}{answer.text}"


def test_each_forged_token_has_one_thing_wrong() -> None:
    """Without the one check that rejects it, it is accepted."""
    checks: dict[str, Any] = {
        "expired": "expiry",
        "not-yet-valid": "not-before",
        "wrong-audience": "audience",
        "wrong-tenant": "tenant",
        "wrong-signature": "signature",
        "cut-signature": "signature",
        "alg-none": "signature",
        "public-key-as-secret": "signature",
    }
    assert checks.keys() == FORGED.keys() - {"garbage"}
    for name, check in checks.items():
        assert MANAGE in verify_token(FORGED[name], DIRECTORY, CLOCK, without=frozenset({check})).permissions


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Bearer  "}]
    + [{"Authorization": f"{scheme} {DIRECTORY.token('privileged')}"} for scheme in ("Basic", "Beare")],
)
def test_without_a_bearer_token_there_is_a_challenge_without_an_error(headers: dict[str, str]) -> None:
    answer = ASKING("GET", TASKS, None, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="", authorization_uri="')
    assert "error=" not in answer.headers["WWW-Authenticate"]


def test_the_scheme_has_no_letter_case() -> None:
    headers = {"Authorization": f"bEARER {DIRECTORY.token('reader')}"}
    assert ASKING("GET", TASKS, None, headers=headers).status_code == 200


def test_a_token_expires_by_the_tenants_clock() -> None:
    asking = Asking()
    token = asking.tenant.directory.token("reader", lifetime=60)
    assert asking("GET", TASKS, token).status_code == 200
    asking.clock.advance(60)
    assert asking("GET", TASKS, token).status_code == 401


@pytest.mark.parametrize(
    ("token", "get", "cancel"),
    [
        (DIRECTORY.token("privileged"), 200, 404),
        (DIRECTORY.token("reader"), 200, 403),
        (DIRECTORY.token("unprivileged"), 403, 403),
        (DIRECTORY.sign(delegated_claims(DIRECTORY, "privileged")), 200, 404),
        (DIRECTORY.sign(delegated_claims(DIRECTORY, "reader")), 200, 403),
        (DIRECTORY.sign(personal_claims(DIRECTORY, "privileged")), 403, 403),
    ],
    ids=["privileged", "reader", "unprivileged", "delegated", "delegated-reader", "personal"],
)
def test_permissions(token: str, get: int, cancel: int) -> None:
    assert ASKING("GET", TASKS, token).status_code == get
    rejected = ASKING.cancel("3ed6d46d-13a3-4995-b6ea-a74a20b1fac0", token)
    assert rejected.status_code == cancel
    assert code(rejected) == {403: "accessDenied", 404: "itemNotFound"}[cancel]


@pytest.mark.parametrize(
    "changes",
    [{"exp": None}, {"exp": "later"}, {"exp": True}, {"nbf": []}, {"aud": ["a"]}, {"iss": 1}, {"tid": {}}],
)
def test_odd_claims_are_refused(changes: dict[str, Any]) -> None:
    signer = DIRECTORY.signing_key
    claims = json.dumps(DIRECTORY.make_claims(DIRECTORY.apps["privileged"]) | changes).encode()
    token = jwt.PyJWS().encode(claims, signer.private, "RS256")
    with pytest.raises(BadToken):
        verify_token(token, DIRECTORY, CLOCK)


def test_odd_permissions_are_ignored() -> None:
    assert parse_caller({"roles": MANAGE}).permissions == frozenset()
    assert parse_caller({"roles": [1, None, READ]}).permissions == {READ}
    assert parse_caller({"scp": f"{READ}.Not {MANAGE}", "roles": [READ]}).permissions == {
        f"{READ}.Not",
        MANAGE,
    }


@pytest.mark.parametrize(
    "token",
    [
        "a",
        "..",
        "a.b.c",
        "é.é.é",
        "a" * 20_000,
        f"{base64url(b'[' * 11_000)}.e30.x",
        f"{base64url(b'{}')}.{base64url(b'[' * 11_000)}.x",
    ],
)
def test_garbage_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        verify_token(token, DIRECTORY, CLOCK)


@given(st.text(max_size=40))
def test_any_token_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        verify_token(token, DIRECTORY, CLOCK)


def test_a_key_is_the_same_for_the_whole_process() -> None:
    assert get_key("authority") is DIRECTORY.signing_key
    assert get_key("authority").id != get_key("stranger").id
