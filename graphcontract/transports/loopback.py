"""The loopback transport: a server on 127.0.0.1 that sends scripted responses and records the bytes itself.

Each open endpoint has a port. Callers may use any thread: every method takes a turn of the event loop.
"""

from __future__ import annotations

import itertools
import resource
import ssl
from collections.abc import Mapping
from types import TracebackType

from graphcontract.http.stub_response import ResponseScript
from graphcontract.transports import Certificate, OpenConnections, Record, Scope
from graphcontract.transports.certificates import Certificates
from graphcontract.transports.event_loop import Loop
from graphcontract.transports.origins import ADDRESS, Port, has_address
from graphcontract.transports.port_pool import Pool
from graphcontract.transports.response_placeholders import refers_to
from graphcontract.transports.stub_state import StubState, any_request, check

_NAME = "localhost"
_ALIKE_ADDRESS = "127.0.0.10"  # another host, whose text begins with that of the root
# A whole run of a conforming client uses about 200 roots: one for each test, for each example after one that
# may leave a connection out of sync, and for each of up to eight concurrent calls. A bound port is an open
# file, and macOS allows 256 by default: a quarter of what is allowed leaves room for connections.
_MOST_PORTS = 256
_PORTS = min(_MOST_PORTS, max(1, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4))
# Seconds that `finish` waits for a first request of a client that returned without one: its request may still
# be in the socket's buffers.
_PATIENCE = 0.05


class Loopback:
    """HTTP on 127.0.0.1, with a port for each open endpoint; use it once, in a `with`.

    `ports` are bound in advance, so that `hosts`, which clients get at their start, already has them. With
    `tls`, roots are https, and with `http2` every https root offers HTTP/2. `latest` is the endpoint that was
    opened last.
    """

    name: str = "loopback"
    at_once: None = None
    proxy: None = None
    netns_socket: None = None
    shows: frozenset[str] = frozenset({"wire", "network", "settable-root"})

    def __init__(self, ports: int = _PORTS, *, tls: bool = False, http2: bool = False) -> None:
        self.https: bool = tls
        self._http2 = http2
        self._in_advance = ports
        if has_address(_ALIKE_ADDRESS):
            self.shows |= {"alike-address"}
        self._loop = Loop()
        self._numbers = itertools.count(1)
        self._certificates = Certificates((ADDRESS, _NAME, _ALIKE_ADDRESS))
        self._bound: set[int] = set()
        self._own = Pool(self._bind)
        self._others = Pool(self._bind)
        self._alike = Pool(lambda: Port(self._loop, self._numbers, self._bound, _ALIKE_ADDRESS))
        self._shared: dict[Scope | None, Port] = {}
        self.latest: _Endpoint | None = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every `host:port` that calls may go to, by address and by name, retired ports included; before them
        the two hosts without a port, for ports that are bound later.

        The other origins of an endpoint are not included: clients only get there by redirects.
        """
        ports = (f"{host}:{port.number}" for port in self._own.ports for host in (ADDRESS, _NAME))
        return (ADDRESS, _NAME, *ports)

    @property
    def ca_file(self) -> str:
        """The path of a PEM file with the authority to trust, made on first access and removed on exit."""
        return self._certificates.ca_file

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
        """Open an endpoint on a free port, with other origins if its script has responses `elsewhere`.

        A `certificate` makes its root https; with `tls`, "trusted" is the default. `http2` offers HTTP/2
        there. ValueError for a root or a
        script that cannot be played; RuntimeError if the server does not run or has failed.
        """
        if root is not None:
            raise ValueError("the loopback transport makes its roots itself: it does not show own-root")
        if certificate is None and self.https:
            certificate = "trusted"
        elsewhere = ("other-port", "other-host", *(("plain",) if certificate else ()))
        if "alike-address" in self.shows:
            elsewhere = (*elsewhere, "alike-address")
        check(script, ("self", "same-host-name"), elsewhere)
        http2 = http2 or self._http2
        context = self._certificates.context(certificate, http2=http2) if certificate else None
        with self._loop.turn():
            self.latest = self._open(script, context, scope, shared)
            return self.latest

    def leave(self, scope: Scope, *, only_desynced: bool = False) -> None:
        """Close the ports of a scope that have no open endpoint, or only those with desynced connections."""
        with self._loop.turn():
            self._own.leave(scope, only_desynced=only_desynced)
            self._others.leave(scope, only_desynced=only_desynced)
            self._alike.leave(scope, only_desynced=only_desynced)

    def needs_new_client(self, scope: Scope | None) -> bool:  # noqa: ARG002 - each scope has its own ports
        """False: each scope has its own ports."""
        return False

    def count_connections(self, port: Port) -> OpenConnections:
        """Count the connections to a port that the client has not closed."""
        with self._loop.turn():
            return port.count_connections()

    def finish(self, endpoint: _Endpoint, *, spoiled: bool, expecting: bool) -> Record:
        """Do what `Endpoint.finish` says; RuntimeError if the endpoint is already closed."""
        if not endpoint.is_open:
            raise RuntimeError("the endpoint is already closed")
        if expecting:
            endpoint.state.first_request.wait(_PATIENCE)
        with self._loop.turn():
            endpoint.is_open = False
            if not endpoint.port.end_beside(endpoint.state):
                self._shared.pop(endpoint.scope, None)
                self._own.give_back(endpoint.port, endpoint.scope, retired=spoiled)
            for port, pool in endpoint.others:
                pool.give_back(port, endpoint.scope, retired=spoiled)
            return endpoint.make_record()

    def _open(
        self, script: ResponseScript, context: ssl.SSLContext | None, scope: Scope | None, shared: bool
    ) -> _Endpoint:
        beside = self._shared.get(scope) if shared else None
        port = beside or self._own.take(context, scope)
        roots = {"self": port.root(ADDRESS), "same-host-name": port.root(_NAME)}
        endpoint = _Endpoint(self, port, StubState(script.responses, script.concerns, roots), scope)
        if script.elsewhere:
            other = self._others.take(context, scope)
            roots |= {"other-port": other.root(ADDRESS), "other-host": other.root(_NAME)}
            endpoint.others = [(other, self._others)]
            if context:
                plain = self._others.take(None, scope)
                roots["plain"] = plain.root(ADDRESS)
                endpoint.others.append((plain, self._others))
            if refers_to(script.responses, "alike-address"):
                alike = self._alike.take(context, scope)
                roots["alike-address"] = alike.root(_ALIKE_ADDRESS)
                endpoint.others.append((alike, self._alike))
            endpoint.elsewhere = StubState(script.elsewhere, any_request, roots)
            for each, _ in endpoint.others:
                each.open(endpoint.elsewhere)
        if beside is not None:
            port.open_beside(endpoint.state)
            return endpoint
        port.open(endpoint.state)
        if shared:
            self._shared[scope] = port
        return endpoint

    def _bind(self) -> Port:
        return Port(self._loop, self._numbers, self._bound)

    def __enter__(self) -> Loopback:
        self._loop.start()
        try:
            with self._loop.turn():
                for _ in range(self._in_advance):
                    self._own.grow()
        except RuntimeError:
            self._loop.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.stop()
        for port in (*self._own.ports, *self._others.ports, *self._alike.ports):
            port.close()  # the loop has closed only those that listen
        self._certificates.remove()


class _Endpoint:
    """One call's endpoint on the loopback transport, at `port`; `others` are the ports of its other
    origins, each with its pool.
    """

    def __init__(self, transport: Loopback, port: Port, state: StubState, scope: Scope | None) -> None:
        self.port = port
        self.state = state
        self.scope = scope
        self.others: list[tuple[Port, Pool]] = []
        self.elsewhere: StubState | None = None
        self.is_open = True
        self._transport = transport

    @property
    def roots(self) -> Mapping[str, str]:
        """The roots that responses can refer to: see `Endpoint.roots`."""
        return self.state.roots

    @property
    def root(self) -> str:
        """The scheme and authority to call: `http://127.0.0.1:PORT`."""
        return self.state.roots["self"]

    def count_connections(self) -> OpenConnections:
        """Count the connections to the root that the client has not closed."""
        return self._transport.count_connections(self.port)

    def make_record(self) -> Record:
        """Make a record of the traffic until now; call this in a turn."""
        return Record(
            tuple(self.state.requests),
            tuple(self.state.responses),
            tuple(self.elsewhere.requests) if self.elsewhere else (),
            self.state.connections,
        )

    def finish(self, *, spoiled: bool = False, expecting: bool = False) -> Record:
        """Close the endpoint and return its record, with everything that has arrived.

        `spoiled` retires its ports; `expecting` waits up to 50 ms for a first request. RuntimeError if the
        endpoint is already closed or the server has failed.
        """
        return self._transport.finish(self, spoiled=spoiled, expecting=expecting)
