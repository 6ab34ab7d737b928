from __future__ import annotations

import base64
import json

import jwt
import pytest

from graphcontract.live.claims import PERSONAL, list_permissions, parse_claims
from graphcontract.live.safety import forged_tokens
from graphcontract.live.safety.forged_tokens import forge_token
from graphcontract.live.steps import FORGERIES
from tests.clauses import CONTRACT

MANAGE = "SharePointCrossTenantMigration.Manage.All"
READ = "SharePointCrossTenantMigration.Read.All"
NEEDED = list_permissions(CONTRACT)


def token(payload: object, parts: int = 3) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return ".".join([part({"alg": "RS256"}), part(payload), "c2ln"][:parts])


def test_what_the_action_needs_is_in_the_contract() -> None:
    assert {MANAGE} == NEEDED


@pytest.mark.parametrize(
    ("payload", "carries"),
    [
        ({"roles": [MANAGE]}, True),
        ({"roles": [READ, MANAGE]}, True),
        ({"scp": f"openid {MANAGE}"}, True),
        ({"roles": [READ], "scp": MANAGE}, True),
        ({"roles": [READ]}, False),
        ({"roles": []}, False),
        ({"scp": f"openid {READ}"}, False),
        ({}, False),
        ({"scp": MANAGE, "tid": PERSONAL}, False),
        ({"roles": MANAGE}, True),
        ({"roles": [1]}, True),
        ({"roles": {}}, True),
        ({"scp": [READ]}, True),
        ([], True),
        ("x", True),
        (None, True),
    ],
)
def test_whether_it_carries_the_permission(payload: object, carries: bool) -> None:
    assert parse_claims(token(payload)).carries(NEEDED) is carries


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "opaque",
        token({"roles": []}, parts=2),
        f"x.{'A' * 100_000}.x",
        "e30.🙂.x",
        "a.W1s.b",
    ],
)
def test_what_cannot_be_read_counts_as_privileged(text: str) -> None:
    claims = parse_claims(text)
    assert claims.carries(NEEDED)
    assert claims.tenant is None


def test_deep_nesting_counts_as_privileged() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 30_000).decode()
    assert parse_claims(f"x.{deep}.x").carries(NEEDED)


def test_the_tenant_is_a_text_or_none() -> None:
    assert parse_claims(token({"tid": "t-1"})).tenant == "t-1"
    assert parse_claims(token({"tid": ["t-1"]})).tenant is None


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forgery_is_another_token_of_three_parts(how: str) -> None:
    real = token({"roles": [MANAGE], "tid": "t-1"})
    made = forge_token(real, how)
    assert made is not None
    assert made != real
    assert made.count(".") == 2


@pytest.mark.parametrize("header", ["", "x", "W10", "e30", "eyJraWQiOjF9", "eyJraWQiOiJhIn0", "🙂"])
def test_another_key_signs_whatever_the_header_says(header: str) -> None:
    real = f"{header}.{token({'tid': 't-1'}).split('.')[1]}.c2ln"
    made = forge_token(real, "another-key")
    assert made is not None
    named = {"eyJraWQiOjF9": "1", "eyJraWQiOiJhIn0": "a"}.get(header, "")
    assert jwt.get_unverified_header(made) == {"alg": "RS256", "kid": named, "typ": "JWT"}
    assert jwt.decode(made, forged_tokens._make_key().public_key(), algorithms=["RS256"]) == {"tid": "t-1"}


def test_nothing_is_forged_of_an_opaque_token() -> None:
    assert [forge_token("opaque", how) for how in FORGERIES] == [None] * len(FORGERIES)
