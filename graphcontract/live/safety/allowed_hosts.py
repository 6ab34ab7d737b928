"""The hosts that requests and tokens may be sent to: the contract's clouds and loopback. No connection is
opened.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass

from graphcontract.contract.model import Contract
from graphcontract.errors import UserError

CLOUDS = {
    "global": "graph.microsoft.com",
    "usGovernmentL4": "graph.microsoft.us",
    "usGovernmentL5": "dod-graph.microsoft.us",
    "china": "microsoftgraph.chinacloudapi.cn",
}
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]{2,39}\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[A-Za-z0-9._-]{1,50})?)/?"
)
_EXAMPLES = "for example https://graph.microsoft.com, or what `graphcontract tenant` prints."


class RootError(UserError):
    """A URL that is not the root of an allowed host."""

    code = "tenant-url"


@dataclass(frozen=True, slots=True)
class Root:
    """Scheme and authority of a service, without a path; `loopback` where it is this machine."""

    url: str
    host: str
    secure: bool
    loopback: bool


def parse_root(text: str, contract: Contract) -> Root:
    """The root in `--tenant-url`, without its version segment; raises RootError."""
    text = text.strip()
    if not text:
        raise RootError("no tenant is given", f"Set its root with --tenant-url, {_EXAMPLES}")
    match = _URL.fullmatch(text)
    if match is None or match["path"] not in ("", f"/{contract.request.version}"):
        raise RootError(
            f"{_quote(text)} is not a service root", f"Give scheme, host and perhaps a port, {_EXAMPLES}"
        )
    host, secure, port = match["host"].lower(), match["scheme"] == "https", match["port"]
    if port is not None and not 0 < int(port) < 65536:
        raise RootError(f"{_quote(text)} has a port outside of 1 to 65535")
    loopback = is_loopback(host.strip("[]"))
    allowed = {CLOUDS[name]: name for name in contract.clouds or ("global",)}
    if not loopback and (host not in allowed or port not in (None, "443")):
        hosts = ", ".join(allowed)
        raise RootError(f"{_quote(host)} is not allowed: tokens are sent only to {hosts} and to loopback")
    if not secure and not loopback:
        raise RootError(f"{_quote(text)} is not allowed: http is for loopback only", "Use https.")
    return Root(f"{match['scheme']}://{host}{f':{port}' if port else ''}", host, secure, loopback)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: a loopback address, or `localhost` if it resolves to nothing else."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass
    if host != "localhost":
        return False
    try:
        found = {each[4][0] for each in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(each).is_loopback for each in map(str, found))


def _quote(text: str) -> str:
    return repr(text[:100])
