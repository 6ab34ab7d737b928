"""The endpoints of the authority: discovery, keys, and tokens for applications that authenticate."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graphcontract.tenant.clock import Clock, format_timestamp
from graphcontract.tenant.directory import ASSERTION_ALGORITHMS, LIFETIME, App, BadCredential, Directory
from graphcontract.tenant.responses import make_json_response

ReadContent = Callable[[Request], Awaitable[bytes | None]]

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_MOST_FIELDS = 20  # of a form, which bounds the parsing; a token request has about six


class _TokenError(Exception):
    """A rejected token request, with OAuth's error code and Entra's description."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.status = error, status


class Authority:
    """Issues tokens for one directory."""

    def __init__(self, directory: Directory, clock: Clock, read: ReadContent) -> None:
        self._directory, self._clock, self._read = directory, clock, read

    def make_routes(self) -> list[Route]:
        """The endpoints, each below the tenant's id."""
        return [
            Route("/common/discovery/instance", self._serve_discovery),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self._serve_configuration),
            Route("/{tenant}/.well-known/openid-configuration", self._serve_configuration),
            Route("/{tenant}/discovery/v2.0/keys", self._serve_keys),
            Route("/{tenant}/oauth2/v2.0/token", self._serve_token, methods=["POST"]),
        ]

    async def _serve_discovery(self, _request: Request) -> Response:
        own = f"{self._directory.authority}/{self._directory.tenant_id}"
        return make_json_response(
            {
                "tenant_discovery_endpoint": f"{own}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [],
            }
        )

    async def _serve_configuration(self, request: Request) -> Response:
        if rejected := self._reject_other_tenant(request):
            return rejected
        own = f"{self._directory.authority}/{self._directory.tenant_id}"
        return make_json_response(
            {
                "issuer": self._directory.issuer(),
                "authorization_endpoint": f"{own}/oauth2/v2.0/authorize",
                "token_endpoint": self._directory.token_endpoint,
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
                "jwks_uri": f"{own}/discovery/v2.0/keys",
                "response_types_supported": ["token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "claims_supported": ["aud", "iss", "iat", "nbf", "exp", "tid", "roles", "scp"],
            }
        )

    async def _serve_keys(self, request: Request) -> Response:
        return self._reject_other_tenant(request) or make_json_response(
            {"keys": [self._directory.signing_key.to_jwk()]}
        )

    async def _serve_token(self, request: Request) -> Response:
        if rejected := self._reject_other_tenant(request):
            return rejected
        content = await self._read(request)
        try:
            return self._grant_token(content)
        except _TokenError as error:
            return self._make_error(error)

    def _grant_token(self, content: bytes | None) -> Response:
        form = _parse_form(content)
        if form.get("grant_type") != "client_credentials":
            raise _TokenError("unsupported_grant_type", "AADSTS70003: Only client_credentials is supported.")
        app = self._directory.find_app(form.get("client_id", ""))
        if app is None:
            raise _TokenError("unauthorized_client", "AADSTS700016: No application has this id.")
        self._identify(app, form)
        resource, slash, what = form.get("scope", "").rpartition("/")
        if not slash or what != ".default" or resource not in self._directory.audiences:
            raise _TokenError("invalid_scope", "AADSTS1002012: The scope is not the service's /.default.")
        token = self._directory.token(app.name)
        given = {"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME}
        response = make_json_response(given | {"access_token": token})
        response.headers.update({"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})
        return response

    def _identify(self, app: App, form: dict[str, str]) -> None:
        try:
            if "client_assertion" in form:
                if form.get("client_assertion_type") != _ASSERTION:
                    raise BadCredential("AADSTS90019: The client_assertion_type is not supported.")
                self._directory.check_assertion(app, form["client_assertion"])
            else:
                self._directory.check_secret(app, form.get("client_secret", ""))
        except BadCredential as error:
            raise _TokenError("invalid_client", str(error), 401) from error

    def _reject_other_tenant(self, request: Request) -> Response | None:
        if request.path_params["tenant"].lower() == self._directory.tenant_id:
            return None
        return self._make_error(_TokenError("invalid_tenant", "AADSTS90002: No tenant has this id."))

    def _make_error(self, error: _TokenError) -> Response:
        code = str(error).partition(":")[0].removeprefix("AADSTS")
        value = {
            "error": error.error,
            "error_description": str(error),
            "error_codes": [int(code)],
            "timestamp": format_timestamp(self._clock.now()),
            "trace_id": str(uuid.uuid4()),
            "correlation_id": str(uuid.uuid4()),
        }
        return make_json_response(value, error.status)


def _parse_form(content: bytes | None) -> dict[str, str]:
    """The fields of a form; a repeated field is an error."""
    if content is None:
        raise _TokenError("invalid_request", "AADSTS900144: The request body is too large or too slow.", 413)
    try:
        fields = parse_qs(content.decode("ascii"), strict_parsing=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise _TokenError("invalid_request", "AADSTS900144: The request body is not a form.") from error
    if any(len(values) > 1 for values in fields.values()):
        raise _TokenError("invalid_request", "AADSTS90100: A field of the form is repeated.")
    return {name: value for name, (value,) in fields.items()}
