"""Faults in who is let in: tokens that are not held against every check, and permissions that are not."""

# ruff: noqa: ARG002, D102 - a step has the arguments and the description of the one that it replaces

from __future__ import annotations

import hashlib
import hmac
from typing import ClassVar

import jwt

from graphcontract.tenant.directory import MANAGE, READ
from graphcontract.tenant.keys import base64url
from graphcontract.tenant.registry import fault
from graphcontract.tenant.responses import Refusal
from graphcontract.tenant.steps import Asked, Steps, Tenant
from graphcontract.tenant.tasks import MOVES, Status, Task
from graphcontract.tenant.token_validation import BadToken, Caller, Check, verify

_ANYONE = Caller(frozenset({MANAGE, READ}), delegated=False, personal=False, client_id="")

# service.authentication: checks that are left out.


class _Lax(Steps):
    """Holds tokens against every check but these."""

    without: ClassVar[frozenset[Check]]

    def authenticate(self, asked: Asked) -> Caller:
        try:
            return verify(asked.token, self.tenant.directory, self.tenant.clock, without=self.lenient(asked))
        except BadToken:
            return super().authenticate(asked)

    def lenient(self, asked: Asked) -> frozenset[Check]:
        return self.without


@fault("service.authentication")
class AcceptsExpired(_Lax):
    """A token that has expired is taken."""

    without = frozenset({"expiry"})


@fault("service.authentication")
class AcceptsNotYetValid(_Lax):
    """A token that is not valid yet is taken."""

    without = frozenset({"not-before"})


@fault("service.authentication")
class AcceptsAnotherAudience(_Lax):
    """A token for another service is taken."""

    without = frozenset({"audience"})


@fault("service.authentication")
class AcceptsAnotherTenant(_Lax):
    """A token from another tenant is taken."""

    without = frozenset({"tenant"})


@fault("service.authentication")
class AcceptsAnySignature(_Lax):
    """A token's signature is not looked at, if it says that it has one."""

    def lenient(self, asked: Asked) -> frozenset[Check]:
        return frozenset({"signature"}) if _algorithm(asked.token) == "RS256" else frozenset()


@fault("service.authentication")
class AcceptsUnsigned(_Lax):
    """A token that says `alg: none` is taken without a signature."""

    def lenient(self, asked: Asked) -> frozenset[Check]:
        return frozenset({"signature"}) if _algorithm(asked.token) == "none" else frozenset()


@fault("service.authentication")
class AcceptsPublicKeyAsSecret(_Lax):
    """A token that says `alg: HS256` is taken if the public key, which anyone has, was its secret."""

    def lenient(self, asked: Asked) -> frozenset[Check]:
        if _algorithm(asked.token) != "HS256":
            return frozenset()
        signed, _, signature = asked.token.rpartition(".")
        secret = self.tenant.directory.signing_key.public_pem
        owed = hmac.digest(secret, signed.encode(), hashlib.sha256)
        return frozenset({"signature"}) if signature == base64url(owed) else frozenset()


def _algorithm(token: str) -> str:
    try:
        return str(jwt.get_unverified_header(token).get("alg"))
    except (jwt.PyJWTError, RecursionError):
        return ""


@fault("service.authentication")
class AcceptsNoToken(Steps):
    """A request without Authorization is taken for one with every permission."""

    def authenticate(self, asked: Asked) -> Caller:
        return super().authenticate(asked) if "authorization" in asked.headers else _ANYONE


@fault("service.authentication")
class AcceptsGarbage(Steps):
    """A token that cannot be read is taken for one with every permission."""

    def authenticate(self, asked: Asked) -> Caller:
        return _ANYONE if asked.token and not _algorithm(asked.token) else super().authenticate(asked)


# service.authentication: another answer than 401.


class _NoToken(Steps):
    """Answers a request without a token in a way of its own."""

    def authenticate(self, asked: Asked) -> Caller:
        if not asked.token:
            raise self.instead()
        return super().authenticate(asked)

    def instead(self) -> Refusal:
        raise NotImplementedError


@fault("service.authentication")
class ForbidsNoToken(_NoToken):
    """A request without a token is answered with 403."""

    def instead(self) -> Refusal:
        return Refusal(403, "Access is denied.")


@fault("service.authentication")
class NoTokenIsABadRequest(_NoToken):
    """A request without a token is answered with 400."""

    def instead(self) -> Refusal:
        return Refusal(400, "Authorization is missing.")


@fault("service.authentication")
class NoTokenIsSentToSignIn(_NoToken):
    """A request without a token is sent to a page to sign in, with 302."""

    def instead(self) -> Refusal:
        page = f"{self.tenant.directory.authority}/common/oauth2/authorize"
        return Refusal(302, "Sign in.", fields={"Location": page})


@fault("service.authentication")
class FailsOnGarbage(Steps):
    """A token that cannot be read is answered with 500."""

    def authenticate(self, asked: Asked) -> Caller:
        if asked.token and not _algorithm(asked.token):
            raise Refusal(500, "The token could not be read.")
        return super().authenticate(asked)


@fault("service.authentication")
class ForbidsExpired(Steps):
    """A token that has expired is answered with 403, which says that no other token will help."""

    def unauthenticated(self, message: str, error: str = "") -> Refusal:
        refusal = super().unauthenticated(message, error)
        refusal.status = 403 if "expired" in message else 401
        return refusal


# Effects before checks.


class _CancelsFirst(Steps):
    """Cancels, and only then looks who asked."""

    def cancel_all_the_same(self, asked: Asked) -> None:
        task = self.tenant.tasks.get(asked.named.task_id)
        wanted = asked.named.operation == "cancel" and asked.method in self.methods(asked)
        if wanted and task is not None and Status.CANCELLED in MOVES[task.status]:
            self.carry_out(asked, task)


@fault("service.authentication")
class CancelsBeforeItAsks(_CancelsFirst):
    """A cancel without a good token is answered with 401, and takes effect."""

    def authenticate(self, asked: Asked) -> Caller:
        try:
            return super().authenticate(asked)
        except Refusal:
            self.cancel_all_the_same(asked)
            raise


@fault("service.permission")
class CancelsBeforeItForbids(_CancelsFirst):
    """A cancel without the permission is answered with 403, and takes effect."""

    def permit(self, asked: Asked, caller: Caller) -> None:
        try:
            super().permit(asked, caller)
        except Refusal:
            self.cancel_all_the_same(asked)
            raise


# service.permission: tokens that are good for something else.


class _LetsCancel(Steps):
    """Lets more callers cancel than may."""

    def permit(self, asked: Asked, caller: Caller) -> None:
        if asked.named.operation != "cancel" or not self.lets(caller):
            super().permit(asked, caller)

    def lets(self, caller: Caller) -> bool:
        raise NotImplementedError


@fault("service.permission")
class AnyoneMayCancel(_LetsCancel):
    """A token without any permission cancels."""

    def lets(self, caller: Caller) -> bool:
        return not caller.permissions and not caller.personal


@fault("service.permission")
class ReadersMayCancel(_LetsCancel):
    """A token with the permission to read cancels."""

    def lets(self, caller: Caller) -> bool:
        return READ in caller.permissions and not caller.personal


@fault("service.permission")
class ScopesAreUnchecked(_LetsCancel):
    """A token on behalf of a user cancels, whatever its scopes."""

    def lets(self, caller: Caller) -> bool:
        return caller.delegated and not caller.personal


@fault("service.permission")
class PersonalAccountsMayCancel(_LetsCancel):
    """A token on behalf of someone with a personal account cancels."""

    def lets(self, caller: Caller) -> bool:
        return caller.personal and MANAGE in caller.permissions


@fault("service.permission")
class PermissionIsRemembered(_LetsCancel):
    """Once someone with the permission has cancelled, anyone may."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self._known = False

    def lets(self, caller: Caller) -> bool:
        return self._known and not caller.personal

    def carry_out(self, asked: Asked, task: Task) -> None:
        super().carry_out(asked, task)
        self._known = True
