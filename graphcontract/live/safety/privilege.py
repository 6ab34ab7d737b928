"""Checks that a run has the least privilege that it needs, and that its token is for the confirmed tenant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graphcontract.contract.model import Contract
from graphcontract.errors import UserError
from graphcontract.live.claims import list_permissions, parse_claims
from graphcontract.live.credentials import Tokens
from graphcontract.live.options import LiveOptions
from graphcontract.live.urls import READ_PERMISSION
from graphcontract.run.options import OptionError

_GRANT = (
    "In Entra, under App registrations > (the app) > API permissions:\n"
    f"  1. add Microsoft Graph > Application permissions > {READ_PERMISSION}\n"
    "  2. grant admin consent\n"
    "  3. remove every other permission of SharePointCrossTenantMigration"
)


class WrongPrivilege(UserError):
    """A credential with more, or less, privilege than the run may have."""

    code = "privilege"
    status = 3


@dataclass(frozen=True, slots=True)
class Privilege:
    """Whether the credential has the permission, or may have it; its tenant; and whether it has one to read
    tasks, None where its claims cannot be read.
    """

    privileged: bool
    tenant: str | None
    reads: bool | None = None


def check_privilege(
    tokens: Tokens, contract: Contract, options: LiveOptions, say: Callable[[str], None]
) -> Privilege:
    """Check the run's tokens; raises NoCredential, WrongPrivilege and OptionError."""
    permissions = list_permissions(contract)
    named = " or ".join(sorted(permissions))
    claims = parse_claims(tokens.get())
    carries = claims.carries(permissions)
    if tokens.lesser is not None and parse_claims(tokens.get_lesser()).carries(permissions):
        raise WrongPrivilege(f"the second credential has {named}, or its claims cannot be read")
    if options.confirm_tenant is not None and not _is_same_tenant(claims.tenant, options.confirm_tenant):
        seen = "another tenant" if claims.tenant else "no tenant that can be read"
        raise OptionError(f"the token is for {seen}, not the one of --confirm-tenant: nothing was sent")
    if options.allow_cancel and not carries:
        raise WrongPrivilege(f"--allow-cancel needs a credential with {named}; this one does not have it")
    if not options.allow_cancel and carries:
        is_read = claims.permissions is not None
        known = f"has {named}" if is_read else "cannot be read, and counts as privileged"
        text = f"the credential {known}; a run without --allow-cancel needs only {READ_PERMISSION}"
        if options.require_least_privilege:
            raise WrongPrivilege(text, _GRANT)
        say(f"note: {text}.\n{_GRANT}" if is_read else f"note: {text}")
    if not carries:
        say("note: the credential may not cancel tasks: the clauses that need a cancelled task are skipped")
    reads = claims.carries({*permissions, READ_PERMISSION}) if claims.permissions is not None else None
    return Privilege(carries, claims.tenant, reads)


def _is_same_tenant(tenant: str | None, confirmed: str) -> bool:
    return tenant is not None and tenant.lower() == confirmed.strip().lower()
