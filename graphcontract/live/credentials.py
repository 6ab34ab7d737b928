"""Where a live run's tokens come from: the environment, or azure-identity. Never the command line, never a
file of ours.

Knows names of variables and of credential classes. What a token endpoint answers is shown to nobody.
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
    f"Set {TOKEN}, or what azure-identity reads: AZURE_TENANT_ID and AZURE_CLIENT_ID with "
    "AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH or a federated token, a managed identity, or "
    "`az login`."
)

GetToken = Callable[[], str]


class NoCredential(UserError):
    """There is no token to be had: `str()` says why, `hint` what to set."""

    status = 3

    def __init__(self, message: str, hint: str = _HOW) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass
class Tokens:
    """Tokens for a run by who holds them; `issued` keeps each that was given out, to be redacted."""

    main: GetToken
    lesser: GetToken | None = None
    refused: Mapping[str, str] = field(default_factory=dict)
    issued: set[str] = field(default_factory=set)

    def get(self) -> str:
        """The run's token, usable as a bearer token; raises NoCredential."""
        return self._issue(self.main())

    def get_lesser(self) -> str:
        """The token without the permission; raises NoCredential."""
        if self.lesser is None:
            raise NoCredential("there is no second credential")
        return self._issue(self.lesser())

    def _issue(self, token: str) -> str:
        token = token.strip()
        if not _B64TOKEN.fullmatch(token):
            raise NoCredential("the token is not made of the characters of a bearer token")
        self.issued.add(token)
        return token


def tokens_for(root: Root, environment: Mapping[str, str]) -> Tokens:
    """Find the run's credentials, and ask nobody yet; raises NoCredential."""
    found = Tokens(
        _main(root, environment), _lesser(root, environment), _refused_tokens(environment.get(TOKENS_REFUSED))
    )
    found.issued.update(filter(None, (environment.get(name) for name in _SECRET_NAMES)))
    found.issued.update(found.refused.values())
    return found


def _refused_tokens(given: str | None) -> Mapping[str, str]:
    """Tokens that a service on loopback must refuse, by name: a JSON object."""
    if not given:
        return {}
    try:
        document = json.loads(given)
    except (ValueError, RecursionError):
        document = None
    names = document if isinstance(document, dict) else {"": None}
    if not all(_NAME.fullmatch(name) and isinstance(token, str) for name, token in names.items()):
        raise NoCredential(f"{TOKENS_REFUSED} is no JSON object of tokens by name")
    return dict(names)


_SECRET_NAMES = (
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    f"{LESSER}CLIENT_SECRET",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "SYSTEM_ACCESSTOKEN",
)


def withhold(environment: MutableMapping[str, str]) -> None:
    """Take credentials out of an environment, before a client under test is started in it."""
    for name in [name for name in environment if SECRET_VARIABLES.fullmatch(name)]:
        del environment[name]


def _main(root: Root, environment: Mapping[str, str]) -> GetToken:
    if given := environment.get(TOKEN):
        return lambda: given
    return _azure(root, environment, _usual)


def _lesser(root: Root, environment: Mapping[str, str]) -> GetToken | None:
    if given := environment.get(TOKEN_LESSER):
        return lambda: given
    if environment.get(f"{LESSER}CLIENT_ID"):
        return _azure(root, environment, _second)
    return None


def _azure(
    root: Root,
    environment: Mapping[str, str],
    make: Callable[[Mapping[str, str], dict[str, Any]], TokenCredential],
) -> GetToken:
    try:
        import azure.identity  # noqa: F401 - an extra: told at once where it is missing
    except ImportError:
        hint = f"Set {TOKEN}, or: pip install 'graphcontract[live]'"
        raise NoCredential("no token is set, and azure-identity is not installed", hint) from None
    _silence()
    options = _authority(environment)
    scope = f"https://{'graph.microsoft.com' if root.loopback else root.host}/.default"
    held: list[TokenCredential] = []

    def get() -> str:
        try:
            held or held.append(make(environment, options))  # type: ignore[func-returns-value]
            return held[0].get_token(scope).token
        except Exception as error:
            raise NoCredential(_refused(error)) from None

    return get


def _refused(error: Exception) -> str:
    """Why no token was given: kinds and codes, never a text, for an endpoint may quote what it was sent."""
    codes = ", ".join(dict.fromkeys(_AADSTS.findall(str(error))))
    return f"azure-identity has no token: {type(error).__name__}{f' ({codes})' if codes else ''}"


def _silence() -> None:
    """Let azure-identity and what it stands on log nothing: their lines hold what endpoints answered."""
    for name in ("azure", "msal", "urllib3"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [logging.NullHandler()]
        logger.propagate = False
        logger.setLevel(logging.CRITICAL + 1)


def _authority(environment: Mapping[str, str]) -> dict[str, Any]:
    """Where tokens are asked for; a secret goes to Microsoft's authorities and to loopback alone."""
    given = environment.get("AZURE_AUTHORITY_HOST", "")
    host = urlsplit(given if "://" in given else f"https://{given}").hostname or ""
    if not given or host in _AUTHORITIES:
        return {}
    if not is_loopback(host):
        raise NoCredential(f"AZURE_AUTHORITY_HOST is {host!r}: secrets go to {', '.join(_AUTHORITIES)} alone")
    return {"disable_instance_discovery": True}


def _usual(environment: Mapping[str, str], options: dict[str, Any]) -> TokenCredential:
    from azure.identity import ClientAssertionCredential, DefaultAzureCredential

    tenant, client = environment.get("AZURE_TENANT_ID"), environment.get("AZURE_CLIENT_ID")
    if _on_github(environment) and tenant and client:
        return ClientAssertionCredential(tenant, client, lambda: _github_assertion(environment), **options)
    return DefaultAzureCredential(
        exclude_shared_token_cache_credential=True,
        exclude_visual_studio_code_credential=True,
        exclude_powershell_credential=True,
        exclude_developer_cli_credential=True,
        exclude_interactive_browser_credential=True,
        **options,
    )


def _second(environment: Mapping[str, str], options: dict[str, Any]) -> TokenCredential:
    """The second app, by the same means as the first."""
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
    if _on_github(environment):
        return ClientAssertionCredential(tenant, client, lambda: _github_assertion(environment), **options)
    if environment.get("AZURE_FEDERATED_TOKEN_FILE"):
        return WorkloadIdentityCredential(client_id=client, **options)
    return ManagedIdentityCredential(client_id=client)


def _on_github(environment: Mapping[str, str]) -> bool:
    """Whether a GitHub job may ask for an identity, and no secret is set instead."""
    asks = environment.get("ACTIONS_ID_TOKEN_REQUEST_URL") and environment.get(
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
    )
    return bool(asks) and not environment.get("AZURE_CLIENT_SECRET")


def _github_assertion(environment: Mapping[str, str]) -> str:
    """Ask GitHub for the job's identity, to be exchanged for a token."""
    url = environment["ACTIONS_ID_TOKEN_REQUEST_URL"]
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("ACTIONS_ID_TOKEN_REQUEST_URL is no https URL")
    asked = f"{url}{'&' if parts.query else '?'}{urllib.parse.urlencode({'audience': _EXCHANGE})}"
    bearer = f"Bearer {environment['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"
    request = urllib.request.Request(asked, headers={"Authorization": bearer})  # noqa: S310 - checked above
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - checked above
        return str(json.loads(answer.read(65536))["value"])
