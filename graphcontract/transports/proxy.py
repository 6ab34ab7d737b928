"""The proxy transport: plays a client's own root behind a forward proxy on loopback, with our own authority.

No request leaves the machine: hosts behind the proxy are served here, all others get 502. Callers may use any
thread: every method takes a turn of the event loop.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import partial
from types import TracebackType
from urllib.parse import urlsplit

from graphcontract.http.stub_response import ResponseScript
from graphcontract.transports import Certificate, OpenConnections, Record, Scope
from graphcontract.transports.certificates import Certificates
from graphcontract.transports.event_loop import Loop
from graphcontract.transports.forward_proxy import Gateway
from graphcontract.transports.netns_socket import NetnsSocket
from graphcontract.transports.origins import ADDRESS, Origin, bind
from graphcontract.transports.stub_state import StubState, any_request, check
from graphcontract.wire import WireRequest

_ELSEWHERE = "elsewhere.graphcontract.test"
_OTHER_PORT = 8443  # any port but 443 of the own root's host, for redirects to another origin
_PATIENCE = 0.05  # seconds to wait for a first request, as over loopback
# This machine itself: a packet to it is never sent (RFC 1122 3.2.1.3), it needs no look-up, and it is not
# among the names and addresses (localhost, 127.*, [::1]) for which many HTTP stacks bypass a proxy.
_PROBE_HOST = "0.0.0.0"  # noqa: S104 - nothing is bound to it


def _name_similar_hosts(host: str) -> dict[str, str]:
    """Name hosts that are not this one, but look like it, by the placeholder of their roots."""
    label, dot, domain = host.partition(".")
    return {
        "ends-alike": f"other{host}",
        "begins-alike": f"{host}.{_ELSEWHERE}",
        "subdomain": f"other.{host}",
        "same-domain": f"other{dot}{domain}" if dot else f"other-{label}",
    }


class Proxy:
    """Plays `root`, `https://host` as the contract names it, to one client; use it once, in a `with`.

    It also plays `probe_root`, on an address that never leaves the machine, to test whether a client uses the
    proxy. Two calls to the same root cannot be told apart: only one endpoint can be open at a time.
    """

    name: str = "proxy"
    shows: frozenset[str] = frozenset({"wire", "network", "own-root", "proxy"})
    https: bool = True
    at_once: int = 1

    def __init__(self, root: str, *, http2: bool = False) -> None:
        self._http2 = http2
        parts = urlsplit(root)
        host, port = parts.hostname or "", parts.port or 443
        self._root = root
        self._host = host
        self._loop = Loop()
        similar = _name_similar_hosts(host)
        self._certificates = Certificates((host, _ELSEWHERE, _PROBE_HOST, *similar.values()))
        self._gateway = Gateway(self._loop, self._record_connect)
        numbers = itertools.count(1)
        self._own = Origin(self._loop, numbers, f"{host}:{port}")
        others = (
            ("https", f"{host}:{_OTHER_PORT}"),
            ("https", f"{_ELSEWHERE}:443"),
            ("http", f"{host}:80"),
            ("http", f"{_ELSEWHERE}:80"),
            *(("https", f"{name}:443") for name in similar.values()),
        )
        self._others = tuple((scheme, Origin(self._loop, numbers, name)) for scheme, name in others)
        self._probe = Origin(self._loop, numbers, "")
        self._plain_probe = Origin(self._loop, numbers, "")
        self._others = (*self._others, ("http", self._plain_probe))
        self._all = (("https", self._own), ("https", self._probe), *self._others)
        root_port = "" if port == 443 else f":{port}"
        self._roots = {
            "self": root,
            "other-port": f"https://{host}:{_OTHER_PORT}",
            "other-host": f"https://{_ELSEWHERE}",
            "plain": f"http://{host}",
            "in-capitals": f"https://{host.upper()}{root_port}",
            "with-dot": f"https://{host}.{root_port}",
            **{placeholder: f"https://{name}" for placeholder, name in similar.items()},
        }
        self._open: _Endpoint | None = None
        self._scope: Scope | None = None
        self._netns_socket: NetnsSocket | None = None
        self.proxy: str = ""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of the root and of the probe, as in a client's list of allowed hosts."""
        return (self._host, self._probe.name)

    @property
    def probe_root(self) -> str:
        """The root whose host is this machine itself: a client that bypasses the proxy gets to the proxy's
        port.
        """
        return f"https://{self._probe.name}"

    @property
    def ca_file(self) -> str:
        """The path of a PEM file with the authority to trust, made on first access and removed on exit."""
        return self._certificates.ca_file

    @property
    def netns_socket(self) -> str | None:
        """The path of the Unix socket that takes the listening socket of a client's network namespace."""
        return self._netns_socket.path if self._netns_socket else None

    @property
    def unknown_hosts(self) -> tuple[str, ...]:
        """The first twenty requested authorities that are not behind this proxy."""
        return tuple(self._gateway.unknown_hosts)

    @property
    def arrivals(self) -> int:
        """How many connections have come to the proxy."""
        return self._gateway.arrivals

    @property
    def inside(self) -> int:
        """How many of them came from a client's network namespace."""
        return self._gateway.inside

    @property
    def direct(self) -> int:
        """How many of them treated the proxy as an origin server, as on the way to `probe_root` past the
        proxy.
        """
        return self._gateway.direct

    def leave(self, scope: Scope, *, only_desynced: bool = False) -> None:
        """Do nothing: the root cannot be replaced."""

    def needs_new_client(self, scope: Scope | None) -> bool:
        """Whether the scope changes after a response that may have left a connection out of sync."""
        return scope is not self._scope and any(origin.desynced for _, origin in self._all)

    def open_endpoint(
        self,
        script: ResponseScript,
        *,
        root: str | None = None,
        certificate: Certificate | None = None,
        scope: Scope | None = None,
        http2: bool = False,
        shared: bool = False,
    ) -> _Endpoint:
        """Open the endpoint of the root, or of the probe's, and other origins if the script has responses
        there.

        ValueError for another root or a script that cannot be played; RuntimeError if an endpoint is already
        open, or the server does not run or has failed.
        """
        if shared or root not in (None, self._root, self.probe_root):
            raise ValueError(f"the proxy only plays {self._root}, for one call at a time")
        own, played = self._own, self._roots
        if root == self.probe_root:
            own, played = self._probe, self._roots | {"self": root, "plain": f"http://{self._probe.name}"}
        check(script, ("self",), tuple(self._roots))
        names = self._roots if script.elsewhere else ("self",)
        context = self._certificates.context(certificate or "trusted", http2=http2 or self._http2)
        if self._open is not None:
            raise RuntimeError("the root already has an open endpoint")
        with self._loop.turn():
            endpoint = self._open = _Endpoint(self, script, {name: played[name] for name in names}, own)
            if self.needs_new_client(scope):
                for _, origin in self._all:
                    origin.close_connections()
                    origin.desynced = False
            self._scope = scope
            for scheme, origin in self._all:
                wanted = context if scheme == "https" else None
                if origin.context is not wanted:
                    origin.change(wanted)
            own.open(endpoint.state)
            if endpoint.elsewhere is not None:
                for _, origin in self._others:
                    origin.open(endpoint.elsewhere)
            return endpoint

    def count_connections(self, origin: Origin) -> OpenConnections:
        """Count the connections to an origin that the client has not closed."""
        with self._loop.turn():
            return origin.count_connections()

    def finish(self, endpoint: _Endpoint, *, spoiled: bool, expecting: bool) -> Record:
        """Do what `Endpoint.finish` says; RuntimeError if the endpoint is already closed."""
        if self._open is not endpoint:
            raise RuntimeError("the endpoint is already closed")
        if expecting:
            endpoint.state.first_request.wait(_PATIENCE)
        with self._loop.turn():
            self._open = None
            for _, origin in self._all:
                origin.end()
                if spoiled:
                    origin.close_connections()
            state, elsewhere = endpoint.state, endpoint.elsewhere
            return Record(
                tuple(state.requests),
                tuple(state.responses),
                tuple(elsewhere.requests) if elsewhere else (),
                state.connections,
                tuple(endpoint.connects),
            )

    def _record_connect(self, request: WireRequest) -> None:
        """Record a CONNECT for the open endpoint; without one it belongs to no call."""
        if self._open is not None:
            self._open.connects.append(request)

    def __enter__(self) -> Proxy:
        self._loop.start()
        listening = bind()
        number = listening.getsockname()[1]
        self.proxy = f"http://{ADDRESS}:{number}"
        self._probe.name = self._plain_probe.name = f"{_PROBE_HOST}:{number}"
        self._netns_socket = NetnsSocket(self._loop, number, partial(self._gateway.listen, inside=True))
        trusted = self._certificates.context("trusted", http2=self._http2)
        with self._loop.turn():
            for scheme, origin in self._all:
                origin.context = trusted if scheme == "https" else None
            self._gateway.origins = {f"{scheme}://{origin.name}": origin for scheme, origin in self._all}
            self._gateway.listen(listening)
            self._netns_socket.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.stop()
        if self._netns_socket is not None:
            self._netns_socket.remove()
        self._certificates.remove()


class _Endpoint:
    """The one call's endpoint on the proxy transport."""

    def __init__(
        self, transport: Proxy, script: ResponseScript, roots: Mapping[str, str], origin: Origin
    ) -> None:
        self._transport = transport
        self.origin = origin
        self.roots = roots
        self.connects: list[WireRequest] = []
        self.state = StubState(script.responses, script.concerns, roots)
        self.elsewhere = StubState(script.elsewhere, any_request, roots) if script.elsewhere else None

    @property
    def root(self) -> str:
        """The root that is played."""
        return self.roots["self"]

    def count_connections(self) -> OpenConnections:
        """Count the connections to the root that the client has not closed."""
        return self._transport.count_connections(self.origin)

    def finish(self, *, spoiled: bool = False, expecting: bool = False) -> Record:
        """Close the endpoint and return its record, with everything that has arrived.

        `spoiled` closes its connections; `expecting` waits up to 50 ms for a first request. RuntimeError if
        the endpoint is already closed or the server has failed.
        """
        return self._transport.finish(self, spoiled=spoiled, expecting=expecting)
