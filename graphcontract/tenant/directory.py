"""Who may ask for what: applications with their secrets and keys, and the tokens that they are given.

Knows Entra's claims, and no HTTP.
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
from graphcontract.tenant.keys import Key, key

if TYPE_CHECKING:
    from jwt.types import Options  # at run time since PyJWT 2.11 only

MANAGE = "SharePointCrossTenantMigration.Manage.All"
READ = "SharePointCrossTenantMigration.Read.All"
GRAPH_APP = "00000003-0000-0000-c000-000000000000"
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
LIFETIME = 3599
ASSERTION_ALGORITHMS = ("RS256", "PS256")
# PyJWT knows the machine's time alone, and the tenant has a clock of its own.
TIMES_ARE_CHECKED_HERE: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}


class BadCredential(Exception):
    """A secret or an assertion that does not show who asks."""


@dataclass(frozen=True, slots=True)
class App:
    """An application: what it is called here, what it may do, and how it shows who it is."""

    name: str
    roles: tuple[str, ...]
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(30), repr=False)

    @property
    def key(self) -> Key:
        """The key of its certificate."""
        return key(f"app-{self.name}")


class Directory:
    """A tenant's applications. `authority` is the origin that hands out tokens, `audience` takes them."""

    def __init__(self, clock: Clock, authority: str, audience: str) -> None:
        self._clock = clock
        self.authority, self.audience = authority, audience
        self.tenant_id = str(uuid.uuid4())
        apps = (App("privileged", (MANAGE,)), App("reader", (READ,)), App("unprivileged", ()))
        self.apps = {app.name: app for app in apps}

    @property
    def audiences(self) -> frozenset[str]:
        """Every way to name whom tokens are for."""
        return frozenset({self.audience, f"{self.audience}/", GRAPH_APP})

    @property
    def signing_key(self) -> Key:
        """The key that signs tokens; all tenants share it, as Entra's do."""
        return key("authority")

    def issuer(self, tenant_id: str | None = None) -> str:
        """The `iss` of a tenant's tokens: this one's, where none is named."""
        return f"{self.authority}/{tenant_id or self.tenant_id}/v2.0"

    @property
    def token_endpoint(self) -> str:
        """Where tokens are asked for."""
        return f"{self.authority}/{self.tenant_id}/oauth2/v2.0/token"

    def app_of(self, client_id: str) -> App | None:
        """The application with this id."""
        return next((app for app in self.apps.values() if app.client_id == client_id.lower()), None)

    def claims(self, app: App, *, lifetime: float = LIFETIME) -> dict[str, Any]:
        """The claims of a token that the application gets for itself; `lifetime` in seconds."""
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

    def delegated(self, app: App) -> dict[str, Any]:
        """The claims of a token that the application gets on behalf of a user: its permissions are scopes."""
        claims = {name: value for name, value in self.claims(app).items() if name not in ("roles", "idtyp")}
        user = {"idtyp": "user", "name": "Adele Vance", "upn": "adele@contoso.example"}
        return claims | user | {"scp": " ".join(("openid", "profile", *app.roles))}

    def personal(self, app: App) -> dict[str, Any]:
        """The claims of a token on behalf of someone with a personal account."""
        return self.delegated(app) | {"tid": PERSONAL_TENANT, "iss": self.issuer(PERSONAL_TENANT)}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Make a token of claims."""
        signer = self.signing_key
        return jwt.encode(dict(claims), signer.private, algorithm="RS256", headers={"kid": signer.id})

    def token(self, name: str, *, lifetime: float = LIFETIME) -> str:
        """A token for an application by its name here: `privileged`, `reader` or `unprivileged`."""
        return self.sign(self.claims(self.apps[name], lifetime=lifetime))

    def check_secret(self, app: App, secret: str) -> None:
        """`BadCredential` unless this is the application's secret."""
        if not hmac.compare_digest(app.secret.encode(), secret.encode()):
            raise BadCredential("AADSTS7000215: The client secret is not this application's.")

    def check_assertion(self, app: App, assertion: str) -> None:
        """`BadCredential` unless the application's key has signed this, for this endpoint and for now."""
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
