"""Finds the tokens of a live run, in the environment or by azure-identity; never on the command line or in a
file of ours.

Responses of a token endpoint are never printed, since they may quote secrets.
"""

from __future__ import annotations

import json
import logging
import re
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from graphcontract.errors import UserError
from graphcontract.live.safety.allowed_hosts import Root, is_loopback

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

TOKEN = "GRAPHCONTRACT_TOKEN"  # noqa: S105 - a variable's name
TOKEN_LESSER = "GRAPHCONTRACT_TOKEN_UNPRIVILEGED"  # noqa: S105 - a variable's name
TOKENS_REFUSED = "GRAPHCONTRACT_TOKENS_REFUSED"
LESSER = "GRAPHCONTRACT_UNPRIVILEGED_"
SECRET_VARIABLES = re.compile(
    r"GRAPHCONTRACT_(TOKEN|UNPRIVILEGED).*|AZURE_(?!CONFIG_DIR).*|ACTIONS_ID_TOKEN_REQUEST_.*"
    r"|SYSTEM_ACCESSTOKEN|IDENTITY_.*|MSI_.*|ARM_.*"
)
_NAME = re.compile(r"[a-z][a-z-]{0,39}")
_B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_AUTHORITIES = ("login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn")
_AADSTS = re.compile(r"AADSTS[0-9]{1,8}")
_EXCHANGE = "api://AzureADTokenExchange"
_HOW = (
    f"Set {TOKEN}, or the variables of azure-identity: AZURE_TENANT_ID and AZURE_CLIENT_ID with "
    "AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH or a federated token, a managed identity, or "
    "`az login`."
)

GetToken = Callable[[], str]


class NoCredential(UserError):
    """No token is available; the hint says what to set."""

    code = "credential"
    status = 3

    def __init__(self, message: str, hint: str = _HOW) -> None:
        super().__init__(message, hint)


@dataclass
class Tokens:
    """The tokens of a run. `issued` collects every token in use, so that reports can redact it."""

    main: GetToken
    lesser: GetToken | None = None
    rejected: Mapping[str, str] = field(default_factory=dict)
    issued: set[str] = field(default_factory=set)

    def get(self) -> str:
        """The run's token, valid as a bearer token; raises NoCredential."""
        return self._issue(self.main())

    def get_lesser(self) -> str:
        """The token without the permission; raises NoCredential."""
        if self.lesser is None:
            raise NoCredential("no second credential is set")
        return self._issue(self.lesser())

    def _issue(self, token: str) -> str:
        token = token.strip()
        if not _B64TOKEN.fullmatch(token):
            raise NoCredential(
                "the token contains a character that a bearer token must not contain (RFC 6750, 2.1)"
            )
        self.issued.add(token)
        return token


def find_tokens(root: Root, environment: Mapping[str, str]) -> Tokens:
    """Find the run's credentials without requesting a token yet; raises NoCredential."""
    found = Tokens(
        _find_main(root, environment),
        _find_lesser(root, environment),
        _parse_rejected_tokens(environment.get(TOKENS_REFUSED)),
    )
    found.issued.update(filter(None, (environment.get(name) for name in _SECRET_NAMES)))
    found.issued.update(found.rejected.values())
    return found


def _parse_rejected_tokens(given: str | None) -> Mapping[str, str]:
    """Tokens that a service on loopback must reject, by name, from a JSON object."""
    if not given:
        return {}
    try:
        document = json.loads(given)
    except (ValueError, RecursionError):
        document = None
    names = document if isinstance(document, dict) else {"": None}
    if not all(_NAME.fullmatch(name) and isinstance(token, str) for name, token in names.items()):
        raise NoCredential(f"{TOKENS_REFUSED} is not a JSON object of tokens by name")
    return dict(names)


_SECRET_NAMES = (
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    f"{LESSER}CLIENT_SECRET",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "SYSTEM_ACCESSTOKEN",
)


def withhold(environment: MutableMapping[str, str]) -> None:
    """Remove credentials from an environment, before a client under test is started in it."""
    for name in [name for name in environment if SECRET_VARIABLES.fullmatch(name)]:
        del environment[name]


def _find_main(root: Root, environment: Mapping[str, str]) -> GetToken:
    if given := environment.get(TOKEN):
        return lambda: given
    return _make_azure_source(root, environment, _make_main_credential)


def _find_lesser(root: Root, environment: Mapping[str, str]) -> GetToken | None:
    if given := environment.get(TOKEN_LESSER):
        return lambda: given
    if environment.get(f"{LESSER}CLIENT_ID"):
        return _make_azure_source(root, environment, _make_second_credential)
    return None


def _make_azure_source(
    root: Root,
    environment: Mapping[str, str],
    make: Callable[[Mapping[str, str], dict[str, Any]], TokenCredential],
) -> GetToken:
    try:
        import azure.identity  # noqa: F401 - an optional extra: a missing one is reported before the run
    except ImportError:
        hint = f"Set {TOKEN}, or: pip install 'graphcontract[live]'"
        raise NoCredential("no token is set, and azure-identity is not installed", hint) from None
    _silence()
    options = _make_authority_options(environment)
    scope = f"https://{'graph.microsoft.com' if root.loopback else root.host}/.default"
    credentials: list[TokenCredential] = []

    def get() -> str:
        try:
            if not credentials:
                credentials.append(make(environment, options))
            return credentials[0].get_token(scope).token
        except Exception as error:
            raise NoCredential(_describe_failure(error)) from None

    return get


def _describe_failure(error: Exception) -> str:
    """Why no token was issued: the error's type and codes, never its text, which may quote a request."""
    codes = ", ".join(dict.fromkeys(_AADSTS.findall(str(error))))
    return f"azure-identity returned no token: {type(error).__name__}{f' ({codes})' if codes else ''}"


def _silence() -> None:
    """Disable the logs of azure-identity and its dependencies, which contain responses of endpoints."""
    for name in ("azure", "msal", "urllib3"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [logging.NullHandler()]
        logger.propagate = False
        logger.setLevel(logging.CRITICAL + 1)


def _make_authority_options(environment: Mapping[str, str]) -> dict[str, Any]:
    """Options for AZURE_AUTHORITY_HOST; secrets go only to Microsoft's authorities and to loopback."""
    given = environment.get("AZURE_AUTHORITY_HOST", "")
    host = urlsplit(given if "://" in given else f"https://{given}").hostname or ""
    if not given or host in _AUTHORITIES:
        return {}
    if not is_loopback(host):
        raise NoCredential(
            f"AZURE_AUTHORITY_HOST is {host!r}, to which no secret is sent",
            f"Use one of {', '.join(_AUTHORITIES)}.",
        )
    return {"disable_instance_discovery": True}


def _make_main_credential(environment: Mapping[str, str], options: dict[str, Any]) -> TokenCredential:
    from azure.identity import ClientAssertionCredential, DefaultAzureCredential

    tenant, client = environment.get("AZURE_TENANT_ID"), environment.get("AZURE_CLIENT_ID")
    if _is_github_job(environment) and tenant and client:
        return ClientAssertionCredential(
            tenant, client, lambda: _fetch_github_assertion(environment), **options
        )
    return DefaultAzureCredential(
        exclude_shared_token_cache_credential=True,
        exclude_visual_studio_code_credential=True,
        exclude_powershell_credential=True,
        exclude_developer_cli_credential=True,
        exclude_interactive_browser_credential=True,
        **options,
    )


def _make_second_credential(environment: Mapping[str, str], options: dict[str, Any]) -> TokenCredential:
    """The credential of the second app, of the same kind as the first."""
    from azure.identity import (
        CertificateCredential,
        ClientAssertionCredential,
        ClientSecretCredential,
        ManagedIdentityCredential,
        WorkloadIdentityCredential,
    )

    tenant, client = environment.get("AZURE_TENANT_ID", ""), environment[f"{LESSER}CLIENT_ID"]
    if secret := environment.get(f"{LESSER}CLIENT_SECRET"):
        return ClientSecretCredential(tenant, client, secret, **options)
    if path := environment.get(f"{LESSER}CLIENT_CERTIFICATE_PATH"):
        return CertificateCredential(tenant, client, path, **options)
    if _is_github_job(environment):
        return ClientAssertionCredential(
            tenant, client, lambda: _fetch_github_assertion(environment), **options
        )
    if environment.get("AZURE_FEDERATED_TOKEN_FILE"):
        return WorkloadIdentityCredential(client_id=client, **options)
    return ManagedIdentityCredential(client_id=client)


def _is_github_job(environment: Mapping[str, str]) -> bool:
    """Whether this is a GitHub job that may request an identity, and no client secret is set."""
    has_identity = environment.get("ACTIONS_ID_TOKEN_REQUEST_URL") and environment.get(
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
    )
    return bool(has_identity) and not environment.get("AZURE_CLIENT_SECRET")


def _fetch_github_assertion(environment: Mapping[str, str]) -> str:
    """Request the job's identity from GitHub, to be exchanged for a token."""
    url = environment["ACTIONS_ID_TOKEN_REQUEST_URL"]
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("ACTIONS_ID_TOKEN_REQUEST_URL is not an https URL")
    request_url = f"{url}{'&' if parts.query else '?'}{urllib.parse.urlencode({'audience': _EXCHANGE})}"
    bearer = f"Bearer {environment['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"
    request = urllib.request.Request(request_url, headers={"Authorization": bearer})  # noqa: S310 - checked above
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - checked above
        return str(json.loads(response.read(65536))["value"])
