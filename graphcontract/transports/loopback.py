"""The loopback transport: a server on 127.0.0.1 that answers by script and records the wire itself.

It lends ports to stages and takes them back; it judges nothing.
"""

from __future__ import annotations

import itertools
import resource
import ssl
from collections.abc import Mapping
from types import TracebackType

from graphcontract.http.stub_response import ResponseScript
from graphcontract.transports import Certificate, Record, Scope
from graphcontract.transports.certificates import Certificates
from graphcontract.transports.event_loop import Loop
from graphcontract.transports.origins import ADDRESS, Port
from graphcontract.transports.port_pool import Pool
from graphcontract.transports.stub_state import StubState, any_request, check

_NAME = "localhost"
# A whole gate of a client that conforms is lent about 200 roots: one for each test, for each example that
# follows an odd one, and for each of up to eight calls that wait at the same time. A bound port is an open
# file, and macOS allows 256 by default: a quarter of what is allowed leaves room for connections.
_MOST_PORTS = 256
_PORTS = min(_MOST_PORTS, max(1, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4))
_PATIENCE = 0.05


class Loopback:
    """HTTP/1.1 on 127.0.0.1, a port for each stage that is open; use it once, in a `with`.

    `ports` are bound in advance: as many roots can be lent before `hosts` grows. With `tls`, roots are
    https. `latest` is the stage that was opened last.
    """

    name: str = "loopback"
    at_once: None = None
    proxy: None = None
    doorway: None = None
    shows: frozenset[str] = frozenset({"wire", "network"})

    def __init__(self, ports: int = _PORTS, *, tls: bool = False) -> None:
        self.https: bool = tls
        self._in_advance = ports
        self._loop = Loop()
        self._numbers = itertools.count(1)
        self._certificates = Certificates()
        self._bound: set[int] = set()
        self._own = Pool(self._bind)
        self._others = Pool(self._bind)
        self.latest: _Endpoint | None = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every `host:port` that calls may go to, by address and by name, retired ports included; before them
        the two hosts without a port, for ports that are bound later.

        The other origins of a stage are not among them: a client is led there, not sent.
        """
        ports = (f"{host}:{port.number}" for port in self._own.ports for host in (ADDRESS, _NAME))
        return (ADDRESS, _NAME, *ports)

    @property
    def late(self) -> int:
        """How many requests came to a port while no stage was open on it."""
        return sum(port.late for pool in (self._own, self._others) for port in pool.ports)

    @property
    def ca_file(self) -> str:
        """The path of a PEM file with the authority to trust, made when asked for and there until the end."""
        return self._certificates.ca_file

    def stage(
        self,
        script: ResponseScript,
        *,
        root: str | None = None,
        certificate: Certificate | None = None,
        scope: Scope | None = None,
    ) -> _Endpoint:
        """Open a stage on a free port, with other origins where its script answers elsewhere.

        A `certificate` makes this one https; "trusted" is the usual one where all are. ValueError for
        a root or a script that cannot be sent; RuntimeError where the server does not run or has failed.
        """
        if root is not None:
            raise ValueError("the loopback transport has roots of its own: it does not show own-root")
        if certificate is None and self.https:
            certificate = "trusted"
        elsewhere = ("other-port", "other-host", *(("plain",) if certificate else ()))
        check(script, ("self", "same-host-name"), elsewhere)
        context = self._certificates.context(certificate) if certificate else None
        with self._loop.turn():
            self.latest = self._open(script, context, scope)
            return self.latest

    def leave(self, scope: Scope, *, odd: bool = False) -> None:
        """Close the ports of a scope that no stage is open on, or those alone that are `odd`."""
        with self._loop.turn():
            self._own.leave(scope, odd=odd)
            self._others.leave(scope, odd=odd)

    def needs_new_client(self, scope: Scope | None) -> bool:  # noqa: ARG002 - each scope has ports of its own
        """Never: each scope has ports of its own."""
        return False

    def finish(self, stage: _Endpoint, *, spoiled: bool, expecting: bool) -> Record:
        """Do what `Stage.finish` says; RuntimeError for a stage that is finished already."""
        if stage.port.scene is not stage.scene:
            raise RuntimeError("the stage is finished already")
        if expecting:
            stage.scene.asked.wait(_PATIENCE)
        with self._loop.turn():
            self._own.give_back(stage.port, stage.scope, retired=spoiled)
            for port in stage.others:
                self._others.give_back(port, stage.scope, retired=spoiled)
            return stage.so_far()

    def _open(self, script: ResponseScript, context: ssl.SSLContext | None, scope: Scope | None) -> _Endpoint:
        port = self._own.take(context, scope)
        places = {"self": port.root(ADDRESS), "same-host-name": port.root(_NAME)}
        stage = _Endpoint(self, port, StubState(script.answers, script.concerns, places), scope)
        if script.elsewhere:
            other = self._others.take(context, scope)
            places |= {"other-port": other.root(ADDRESS), "other-host": other.root(_NAME)}
            stage.others = (other,)
            if context:
                plain = self._others.take(None, scope)
                places["plain"] = plain.root(ADDRESS)
                stage.others = (other, plain)
            stage.elsewhere = StubState(script.elsewhere, any_request, places)
            for each in stage.others:
                each.open(stage.elsewhere)
        port.open(stage.scene)
        return stage

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
        for port in (*self._own.ports, *self._others.ports):
            port.close()  # the loop closes those alone that listen
        self._certificates.remove()


class _Endpoint:
    """One call's place on the loopback transport, at `port`; `others` are the ports of its other origins."""

    def __init__(self, transport: Loopback, port: Port, scene: StubState, scope: Scope | None) -> None:
        self.port = port
        self.scene = scene
        self.scope = scope
        self.others: tuple[Port, ...] = ()
        self.elsewhere: StubState | None = None
        self._transport = transport

    @property
    def places(self) -> Mapping[str, str]:
        """Roots that answers can lead to, as `Stage.places` has them."""
        return self.scene.places

    @property
    def root(self) -> str:
        """Scheme and authority to call: `http://127.0.0.1:PORT`."""
        return self.scene.places["self"]

    def so_far(self) -> Record:
        """What has passed by now."""
        return Record(
            tuple(self.scene.requests),
            tuple(self.scene.responses),
            tuple(self.elsewhere.requests) if self.elsewhere else (),
            self.scene.connections,
            self.scene.handshakes_failed,
        )

    def finish(self, *, spoiled: bool = False, expecting: bool = False) -> Record:
        """End the stage and give its record, with all that has arrived by now.

        `spoiled` retires its ports; `expecting` waits 50 ms for a request where none has come.
        RuntimeError where the stage is finished already or the server has failed.
        """
        return self._transport.finish(self, spoiled=spoiled, expecting=expecting)
