"""Faults of authentication and authorization: checks of a token or a permission that are missing or wrong."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import jwt

from graphcontract.tenant.directory import MANAGE, READ
from graphcontract.tenant.keys import base64url
from graphcontract.tenant.overrides import Override, entry, faults_of
from graphcontract.tenant.responses import Rejection
from graphcontract.tenant.service import Service, ServiceRequest
from graphcontract.tenant.tasks import Task
from graphcontract.tenant.token_validation import Caller, Check

_ANYONE = Caller(frozenset({MANAGE, READ}), delegated=False, personal=False)


def _skip(
    check: Check, when: Callable[[Service, str], bool] = lambda _service, _token: True
) -> Override[Caller]:
    """Skips a check of the tokens that meet a condition."""

    def authenticate(service: Service, request: ServiceRequest) -> Caller:
        without: frozenset[Check] = frozenset({check} if when(service, request.token) else ())
        return Service.authenticate(service, request, without)

    return authenticate


def _read_algorithm(token: str) -> str:
    try:
        return str(jwt.get_unverified_header(token).get("alg"))
    except (jwt.PyJWTError, RecursionError):
        return ""


def _is_garbage(token: str) -> bool:
    return token != "" and not _read_algorithm(token)


def _is_signed_with_public_key(service: Service, token: str) -> bool:
    signed, _, signature = token.rpartition(".")
    secret = service.tenant.directory.signing_key.public_pem
    expected = base64url(hmac.digest(secret, signed.encode(), hashlib.sha256))
    return _read_algorithm(token) == "HS256" and signature == expected


def _accept(when: Callable[[ServiceRequest], bool]) -> Override[Caller]:
    """Accepts some requests with every permission."""
    return lambda service, request: _ANYONE if when(request) else Service.authenticate(service, request)


def _is_read(request: ServiceRequest) -> bool:
    return request.method == "GET" and request.route.operation in ("task", "tasks")


def _serve_from_cache(service: Service, request: ServiceRequest) -> Caller:
    """Serves a path to anyone once it was served to a caller with a token."""
    if _is_read(request) and service.counts[request.path]:
        return _ANYONE
    caller = Service.authenticate(service, request)
    service.counts[request.path] += 1
    return caller


def _skip_in_reads(service: Service, request: ServiceRequest) -> Caller:
    without: frozenset[Check] = frozenset({"signature"} if _is_read(request) else ())
    return Service.authenticate(service, request, without)


def _reject(when: Callable[[ServiceRequest], bool], status: int, message: str) -> Override[Caller]:
    """Rejects some requests with another status code than 401."""

    def authenticate(service: Service, request: ServiceRequest) -> Caller:
        if when(request):
            location = f"{service.tenant.directory.authority}/common/oauth2/authorize"
            raise Rejection(status, message, fields={"Location": location} if status == 302 else {})
        return Service.authenticate(service, request)

    return authenticate


def _forbid_expired(service: Service, request: ServiceRequest, message: str, error: str) -> Rejection:
    rejection = Service.make_unauthenticated(service, request, message, error)
    rejection.status = 403 if "expired" in message else 401
    return rejection


def _cancel_first(reject: Callable[..., Rejection]) -> Callable[..., Rejection]:
    """Applies a cancel that is then rejected."""

    def make_rejection(service: Service, request: ServiceRequest, *more: str) -> Rejection:
        task = service.tenant.tasks.get(request.route.task_id)
        cancels = request.route.operation == "cancel" and request.method in service.list_methods(request)
        if cancels and task is not None and service.can_cancel(request, task):
            service.apply_cancel(request, task)
        return reject(service, request, *more)

    return make_rejection


def _allow_cancel(allows: Callable[[Service, Caller], bool]) -> Callable[..., bool]:
    """Lets some callers cancel who must not."""
    return lambda service, request, caller: (
        (request.route.operation == "cancel" and allows(service, caller))
        or Service.has_permission(service, request, caller)
    )


def _remember_cancel(service: Service, request: ServiceRequest, task: Task) -> None:
    Service.apply_cancel(service, request, task)
    service.counts["cancels"] += 1


FAULTS = (
    *faults_of(
        "service.authentication",
        # A check is missing.
        entry("accepts-expired", "A token that has expired is accepted.", authenticate=_skip("expiry")),
        entry(
            "accepts-not-yet-valid",
            "A token that is not valid yet is accepted.",
            authenticate=_skip("not-before"),
        ),
        entry(
            "accepts-another-audience",
            "A token for another service is accepted.",
            authenticate=_skip("audience"),
        ),
        entry(
            "accepts-another-tenant", "A token from another tenant is accepted.", authenticate=_skip("tenant")
        ),
        entry(
            "accepts-any-signature",
            "A token's signature is not checked, if its header names an algorithm.",
            authenticate=_skip("signature", lambda _, token: _read_algorithm(token) == "RS256"),
        ),
        entry(
            "accepts-unsigned",
            "A token with `alg: none` is accepted without a signature.",
            authenticate=_skip("signature", lambda _, token: _read_algorithm(token) == "none"),
        ),
        entry(
            "accepts-public-key-as-secret",
            "A token with `alg: HS256` is accepted if it is signed with the public key as its secret.",
            authenticate=_skip("signature", _is_signed_with_public_key),
        ),
        entry(
            "accepts-no-token",
            "A request without Authorization counts as one with every permission.",
            authenticate=_accept(lambda request: "authorization" not in request.headers),
        ),
        entry(
            "accepts-garbage",
            "A token that cannot be decoded counts as one with every permission.",
            authenticate=_accept(lambda request: _is_garbage(request.token)),
        ),
        # The response is not 401.
        entry(
            "forbids-no-token",
            "A request without a token gets 403.",
            authenticate=_reject(lambda request: not request.token, 403, "Access is denied."),
        ),
        entry(
            "no-token-is-a-bad-request",
            "A request without a token gets 400.",
            authenticate=_reject(lambda request: not request.token, 400, "Authorization is missing."),
        ),
        entry(
            "no-token-is-sent-to-sign-in",
            "A request without a token is redirected to a sign-in page, with 302.",
            authenticate=_reject(lambda request: not request.token, 302, "Sign in."),
        ),
        entry(
            "fails-on-garbage",
            "A token that cannot be decoded gets 500.",
            authenticate=_reject(
                lambda request: _is_garbage(request.token), 500, "The token could not be read."
            ),
        ),
        entry(
            "forbids-expired",
            "A token that has expired gets 403, which means that no other token helps.",
            make_unauthenticated=_forbid_expired,
        ),
        # The effect comes before the check.
        entry(
            "cancels-before-it-asks",
            "A cancel without a valid token gets 401, and takes effect.",
            make_unauthenticated=_cancel_first(Service.make_unauthenticated),
        ),
        # A read is not checked.
        entry(
            "reads-need-no-token",
            "A GET without Authorization is served.",
            authenticate=_accept(lambda request: _is_read(request) and not request.token),
        ),
        entry(
            "lists-accept-garbage",
            "The list is served for a token that cannot be decoded.",
            authenticate=_accept(
                lambda request: request.route.operation == "tasks" and _is_garbage(request.token)
            ),
        ),
        entry(
            "reads-ignore-signatures",
            "In a GET a token's signature is not checked.",
            authenticate=_skip_in_reads,
        ),
        entry(
            "cached-reads-need-no-token",
            "A GET that was served before is served to anyone.",
            authenticate=_serve_from_cache,
        ),
    ),
    *faults_of(
        "service.permission",
        entry(
            "cancels-before-it-forbids",
            "A cancel without the permission gets 403, and takes effect.",
            make_forbidden=_cancel_first(Service.make_forbidden),
        ),
        entry(
            "anyone-may-cancel",
            "A token without any permission cancels.",
            has_permission=_allow_cancel(lambda _, caller: not caller.permissions and not caller.personal),
        ),
        entry(
            "readers-may-cancel",
            "A token with the permission to read cancels.",
            has_permission=_allow_cancel(
                lambda _, caller: READ in caller.permissions and not caller.personal
            ),
        ),
        entry(
            "scopes-are-unchecked",
            "A token on behalf of a user cancels, whatever its scopes are.",
            has_permission=_allow_cancel(lambda _, caller: caller.delegated and not caller.personal),
        ),
        entry(
            "personal-accounts-may-cancel",
            "A token on behalf of a personal account cancels.",
            has_permission=_allow_cancel(lambda _, caller: caller.personal and MANAGE in caller.permissions),
        ),
        entry(
            "permission-is-remembered",
            "After a cancel with the permission, anyone may cancel.",
            has_permission=_allow_cancel(
                lambda service, caller: service.counts["cancels"] > 0 and not caller.personal
            ),
            apply_cancel=_remember_cancel,
        ),
    ),
)
