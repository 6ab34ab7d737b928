"""The tenant's applications with their secrets and keys, and the tokens that they get. Claims are those of
Entra.
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import jwt

from graphcontract.tenant.clock import Clock
from graphcontract.tenant.keys import Key, get_key

if TYPE_CHECKING:
    from jwt.types import Options  # at run time since PyJWT 2.11 only

MANAGE = "SharePointCrossTenantMigration.Manage.All"
READ = "SharePointCrossTenantMigration.Read.All"
GRAPH_APP = "00000003-0000-0000-c000-000000000000"
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
LIFETIME = 3599  # seconds, as Entra's default of an hour is reported in `expires_in`
ASSERTION_ALGORITHMS = ("RS256", "PS256")
# PyJWT uses the machine's time, and the tenant has its own clock.
TIMES_ARE_CHECKED_HERE: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}


class BadCredential(Exception):
    """A secret or an assertion that does not authenticate the application."""


@dataclass(frozen=True, slots=True)
class App:
    """An application: its name, its permissions, and its credentials."""

    name: str
    roles: tuple[str, ...]
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(30), repr=False)

    @property
    def key(self) -> Key:
        """The key of its certificate."""
        return get_key(f"app-{self.name}")


class Directory:
    """A tenant's applications. `authority` is the origin that issues tokens, `audience` the service that
    accepts them.
    """

    def __init__(self, clock: Clock, authority: str, audience: str) -> None:
        self._clock = clock
        self.authority, self.audience = authority, audience
        self.tenant_id = str(uuid.uuid4())
        apps = (App("privileged", (MANAGE,)), App("reader", (READ,)), App("unprivileged", ()))
        self.apps = {app.name: app for app in apps}

    @property
    def audiences(self) -> frozenset[str]:
        """Every accepted value of `aud`."""
        return frozenset({self.audience, f"{self.audience}/", GRAPH_APP})

    @property
    def signing_key(self) -> Key:
        """The key that signs tokens; all tenants share it, as in Entra."""
        return get_key("authority")

    def issuer(self, tenant_id: str | None = None) -> str:
        """The `iss` of a tenant's tokens, by default of this tenant's."""
        return f"{self.authority}/{tenant_id or self.tenant_id}/v2.0"

    @property
    def token_endpoint(self) -> str:
        """The URL of the token endpoint."""
        return f"{self.authority}/{self.tenant_id}/oauth2/v2.0/token"

    def find_app(self, client_id: str) -> App | None:
        """The application with this id."""
        return next((app for app in self.apps.values() if app.client_id == client_id.lower()), None)

    def make_claims(self, app: App, *, lifetime: float = LIFETIME) -> dict[str, Any]:
        """The claims of an application's own token; `lifetime` in seconds."""
        now = self._clock.now()
        claims: dict[str, Any] = {
            "aud": self.audience,
            "iss": self.issuer(),
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=lifetime)).timestamp()),
            "appid": app.client_id,
            "azp": app.client_id,
            "idtyp": "app",
            "oid": str(uuid.uuid5(uuid.NAMESPACE_OID, app.client_id)),
            "tid": self.tenant_id,
            "uti": secrets.token_urlsafe(16),
            "ver": "2.0",
        }
        return claims | ({"roles": list(app.roles)} if app.roles else {})

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token with these claims."""
        signer = self.signing_key
        return jwt.encode(dict(claims), signer.private, algorithm="RS256", headers={"kid": signer.id})

    def token(self, name: str, *, lifetime: float = LIFETIME) -> str:
        """A token for the application with this name: `privileged`, `reader` or `unprivileged`."""
        return self.sign(self.make_claims(self.apps[name], lifetime=lifetime))

    def check_secret(self, app: App, secret: str) -> None:
        """Raise `BadCredential` unless this is the application's secret."""
        if not hmac.compare_digest(app.secret.encode(), secret.encode()):
            raise BadCredential("AADSTS7000215: The client secret is not the one of this application.")

    def check_assertion(self, app: App, assertion: str) -> None:
        """Raise `BadCredential` unless the application's key has signed this, for this endpoint and this
        time.
        """
        now = self._clock.now().timestamp()
        try:
            claims = jwt.decode(
                assertion,
                app.key.public_pem,
                algorithms=list(ASSERTION_ALGORITHMS),
                audience=[self.token_endpoint, self.issuer()],
                issuer=app.client_id,
                options={"require": ["exp", "iss", "sub"], **TIMES_ARE_CHECKED_HERE},
            )
            current = float(claims.get("nbf", 0)) <= now < float(claims["exp"])
        except (jwt.PyJWTError, TypeError, ValueError, RecursionError) as error:
            raise BadCredential("AADSTS700027: The client assertion is not valid.") from error
        if claims["sub"] != app.client_id or not current:
            raise BadCredential("AADSTS700024: The client assertion is not valid now.")
