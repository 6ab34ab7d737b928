"""Which credential a run may have: the least that it needs, for the tenant that was confirmed.

Knows claims and the rules; what claims say is believed for nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graphcontract.contract.model import Contract
from graphcontract.errors import UserError
from graphcontract.live.claims import claims_of, permissions_of
from graphcontract.live.credentials import Tokens
from graphcontract.live.options import LiveOptions
from graphcontract.live.urls import READ_PERMISSION
from graphcontract.run.client_setup import OptionError

_GRANT = (
    f"grant the app {READ_PERMISSION} alone: in Entra, App registrations, API permissions, Microsoft Graph, "
    "Application permissions; then grant admin consent and remove the other"
)


class WrongPrivilege(UserError):
    """A credential that carries more, or less, than the run is allowed to have."""

    status = 3


@dataclass(frozen=True, slots=True)
class Privilege:
    """Whether the credential carries the permission, as far as it can be told, the tenant it is for, and
    whether it carries one to read tasks, None where its claims cannot be read.
    """

    privileged: bool
    tenant: str | None
    reads: bool | None = None


def privilege_of(
    tokens: Tokens, contract: Contract, options: LiveOptions, say: Callable[[str], None]
) -> Privilege:
    """Look at the run's tokens; raises NoCredential, WrongPrivilege and OptionError."""
    permissions = permissions_of(contract)
    named = " or ".join(sorted(permissions))
    claims = claims_of(tokens.get())
    carries = claims.carries(permissions)
    if tokens.lesser is not None and claims_of(tokens.get_lesser()).carries(permissions):
        raise WrongPrivilege(f"the second credential carries {named}, or its claims cannot be read")
    if options.confirm_tenant is not None and not _same(claims.tenant, options.confirm_tenant):
        seen = "another tenant" if claims.tenant else "no tenant that can be read"
        raise OptionError(f"--confirm-tenant names one tenant, and the token is for {seen}: nothing was sent")
    if options.allow_cancel and not carries:
        raise WrongPrivilege(f"--allow-cancel needs a credential that carries {named}; this one does not")
    if not options.allow_cancel and carries:
        known = (
            f"carries {named}"
            if claims.permissions is not None
            else "cannot be read, and counts as privileged"
        )
        text = f"the credential {known}, which a run without --allow-cancel does not need: {_GRANT}"
        if options.require_least_privilege:
            raise WrongPrivilege(text)
        say(f"note: {text}")
    if not carries:
        say("note: the credential cannot cancel: what needs that is not judged")
    reads = claims.carries({*permissions, READ_PERMISSION}) if claims.permissions is not None else None
    return Privilege(carries, claims.tenant, reads)


def _same(tenant: str | None, confirmed: str) -> bool:
    return tenant is not None and tenant.lower() == confirmed.strip().lower()
