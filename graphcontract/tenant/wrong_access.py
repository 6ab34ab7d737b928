"""Faults in authentication and authorization: checks of a token or a permission that are missing or wrong."""

# ruff: noqa: ARG002, D102 - a method has the parameters and the docstring of the one that it overrides

from __future__ import annotations

import hashlib
import hmac
from typing import ClassVar

import jwt

from graphcontract.tenant.directory import MANAGE, READ
from graphcontract.tenant.keys import base64url
from graphcontract.tenant.registry import fault
from graphcontract.tenant.responses import Rejection
from graphcontract.tenant.steps import ServiceRequest, Steps, Tenant
from graphcontract.tenant.tasks import MOVES, Status, Task
from graphcontract.tenant.token_validation import BadToken, Caller, Check, verify_token

_ANYONE = Caller(frozenset({MANAGE, READ}), delegated=False, personal=False, client_id="")

# service.authentication: skipped checks.


class _Lax(Steps):
    """Skips some checks of a token."""

    without: ClassVar[frozenset[Check]]

    def authenticate(self, request: ServiceRequest) -> Caller:
        try:
            return verify_token(
                request.token,
                self.tenant.directory,
                self.tenant.clock,
                without=self.get_skipped_checks(request),
            )
        except BadToken:
            return super().authenticate(request)

    def get_skipped_checks(self, request: ServiceRequest) -> frozenset[Check]:
        return self.without


@fault("service.authentication")
class AcceptsExpired(_Lax):
    """A token that has expired is accepted."""

    without = frozenset({"expiry"})


@fault("service.authentication")
class AcceptsNotYetValid(_Lax):
    """A token that is not valid yet is accepted."""

    without = frozenset({"not-before"})


@fault("service.authentication")
class AcceptsAnotherAudience(_Lax):
    """A token for another service is accepted."""

    without = frozenset({"audience"})


@fault("service.authentication")
class AcceptsAnotherTenant(_Lax):
    """A token from another tenant is accepted."""

    without = frozenset({"tenant"})


@fault("service.authentication")
class AcceptsAnySignature(_Lax):
    """A token's signature is not checked, if its header names an algorithm."""

    def get_skipped_checks(self, request: ServiceRequest) -> frozenset[Check]:
        return frozenset({"signature"}) if _algorithm(request.token) == "RS256" else frozenset()


@fault("service.authentication")
class AcceptsUnsigned(_Lax):
    """A token with `alg: none` is accepted without a signature."""

    def get_skipped_checks(self, request: ServiceRequest) -> frozenset[Check]:
        return frozenset({"signature"}) if _algorithm(request.token) == "none" else frozenset()


@fault("service.authentication")
class AcceptsPublicKeyAsSecret(_Lax):
    """A token with `alg: HS256` is accepted if it is signed with the public key as its secret."""

    def get_skipped_checks(self, request: ServiceRequest) -> frozenset[Check]:
        if _algorithm(request.token) != "HS256":
            return frozenset()
        signed, _, signature = request.token.rpartition(".")
        secret = self.tenant.directory.signing_key.public_pem
        expected = hmac.digest(secret, signed.encode(), hashlib.sha256)
        return frozenset({"signature"}) if signature == base64url(expected) else frozenset()


def _algorithm(token: str) -> str:
    try:
        return str(jwt.get_unverified_header(token).get("alg"))
    except (jwt.PyJWTError, RecursionError):
        return ""


@fault("service.authentication")
class AcceptsNoToken(Steps):
    """A request without Authorization counts as one with every permission."""

    def authenticate(self, request: ServiceRequest) -> Caller:
        return super().authenticate(request) if "authorization" in request.headers else _ANYONE


@fault("service.authentication")
class AcceptsGarbage(Steps):
    """A token that cannot be decoded counts as one with every permission."""

    def authenticate(self, request: ServiceRequest) -> Caller:
        return _ANYONE if request.token and not _algorithm(request.token) else super().authenticate(request)


# service.authentication: another response than 401.


class _NoToken(Steps):
    """Rejects a request without a token with another response than 401."""

    def authenticate(self, request: ServiceRequest) -> Caller:
        if not request.token:
            raise self.respond_instead()
        return super().authenticate(request)

    def respond_instead(self) -> Rejection:
        raise NotImplementedError


@fault("service.authentication")
class ForbidsNoToken(_NoToken):
    """A request without a token gets 403."""

    def respond_instead(self) -> Rejection:
        return Rejection(403, "Access is denied.")


@fault("service.authentication")
class NoTokenIsABadRequest(_NoToken):
    """A request without a token gets 400."""

    def respond_instead(self) -> Rejection:
        return Rejection(400, "Authorization is missing.")


@fault("service.authentication")
class NoTokenIsSentToSignIn(_NoToken):
    """A request without a token is redirected to a sign-in page, with 302."""

    def respond_instead(self) -> Rejection:
        page = f"{self.tenant.directory.authority}/common/oauth2/authorize"
        return Rejection(302, "Sign in.", fields={"Location": page})


@fault("service.authentication")
class FailsOnGarbage(Steps):
    """A token that cannot be decoded gets 500."""

    def authenticate(self, request: ServiceRequest) -> Caller:
        if request.token and not _algorithm(request.token):
            raise Rejection(500, "The token could not be read.")
        return super().authenticate(request)


@fault("service.authentication")
class ForbidsExpired(Steps):
    """A token that has expired gets 403, which means that no other token helps."""

    def make_unauthenticated(self, message: str, error: str = "") -> Rejection:
        rejection = super().make_unauthenticated(message, error)
        rejection.status = 403 if "expired" in message else 401
        return rejection


# Effects before checks.


class _CancelsFirst(Steps):
    """Cancels before it checks the token."""

    def cancel_anyway(self, request: ServiceRequest) -> None:
        task = self.tenant.tasks.get(request.route.task_id)
        wanted = request.route.operation == "cancel" and request.method in self.list_methods(request)
        if wanted and task is not None and Status.CANCELLED in MOVES[task.status]:
            self.apply_cancel(request, task)


@fault("service.authentication")
class CancelsBeforeItAsks(_CancelsFirst):
    """A cancel without a valid token gets 401, and takes effect."""

    def authenticate(self, request: ServiceRequest) -> Caller:
        try:
            return super().authenticate(request)
        except Rejection:
            self.cancel_anyway(request)
            raise


@fault("service.permission")
class CancelsBeforeItForbids(_CancelsFirst):
    """A cancel without the permission gets 403, and takes effect."""

    def check_permission(self, request: ServiceRequest, caller: Caller) -> None:
        try:
            super().check_permission(request, caller)
        except Rejection:
            self.cancel_anyway(request)
            raise


# service.permission: tokens without the permission.


class _LetsCancel(Steps):
    """Lets callers cancel who must not."""

    def check_permission(self, request: ServiceRequest, caller: Caller) -> None:
        if request.route.operation != "cancel" or not self.allows(caller):
            super().check_permission(request, caller)

    def allows(self, caller: Caller) -> bool:
        raise NotImplementedError


@fault("service.permission")
class AnyoneMayCancel(_LetsCancel):
    """A token without any permission cancels."""

    def allows(self, caller: Caller) -> bool:
        return not caller.permissions and not caller.personal


@fault("service.permission")
class ReadersMayCancel(_LetsCancel):
    """A token with the permission to read cancels."""

    def allows(self, caller: Caller) -> bool:
        return READ in caller.permissions and not caller.personal


@fault("service.permission")
class ScopesAreUnchecked(_LetsCancel):
    """A token on behalf of a user cancels, whatever its scopes are."""

    def allows(self, caller: Caller) -> bool:
        return caller.delegated and not caller.personal


@fault("service.permission")
class PersonalAccountsMayCancel(_LetsCancel):
    """A token on behalf of a personal account cancels."""

    def allows(self, caller: Caller) -> bool:
        return caller.personal and MANAGE in caller.permissions


@fault("service.permission")
class PermissionIsRemembered(_LetsCancel):
    """After a cancel with the permission, anyone may cancel."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self._known = False

    def allows(self, caller: Caller) -> bool:
        return self._known and not caller.personal

    def apply_cancel(self, request: ServiceRequest, task: Task) -> None:
        super().apply_cancel(request, task)
        self._known = True
