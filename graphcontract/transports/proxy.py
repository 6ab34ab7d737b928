"""The proxy transport: stands for a client's own root, behind a forward proxy on loopback with its authority.

Nothing it is asked for leaves the machine: hosts behind it are served here, all others are refused. It judges
nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import partial
from types import TracebackType
from urllib.parse import urlsplit

from graphcontract.exchange import WireRequest
from graphcontract.http.stub_response import ResponseScript
from graphcontract.transports import Certificate, Record, Scope
from graphcontract.transports.certificates import Certificates
from graphcontract.transports.event_loop import Loop
from graphcontract.transports.forward_proxy import Gateway
from graphcontract.transports.netns_socket import Doorway
from graphcontract.transports.origins import ADDRESS, Origin, bind
from graphcontract.transports.stub_state import StubState, any_request, check

_ELSEWHERE = "elsewhere.graphcontract.test"
_OTHER_PORT = 8443
_PATIENCE = 0.05
# This machine itself: never sent anywhere (RFC 1122 3.2.1.3), needs no look-up, and is not among the names
# and addresses (localhost, 127.*, [::1]) that many HTTP stacks never ask a proxy for.
_PROBE_HOST = "0.0.0.0"  # noqa: S104 - nothing is bound to it


class Proxy:
    """Plays `root`, `https://host` as the contract names it, to one client; use it once, in a `with`.

    It also plays `probe_root`, on an address that never leaves the machine, for a client that is yet to show
    that it heeds the proxy.

    A root of its own cannot tell whose a request is: it holds one stage at a time.
    """

    name: str = "proxy"
    shows: frozenset[str] = frozenset({"wire", "network", "own-root"})
    https: bool = True
    at_once: int = 1

    def __init__(self, root: str) -> None:
        place = urlsplit(root)
        host, port = place.hostname or "", place.port or 443
        self._root = root
        self._host = host
        self._loop = Loop()
        self._certificates = Certificates((host, _ELSEWHERE, _PROBE_HOST))
        self._gateway = Gateway(self._loop, self._hear_connect)
        numbers = itertools.count(1)
        self._own = Origin(self._loop, numbers, f"{host}:{port}")
        others = (
            ("https", f"{host}:{_OTHER_PORT}"),
            ("https", f"{_ELSEWHERE}:443"),
            ("http", f"{host}:80"),
            ("http", f"{_ELSEWHERE}:80"),
        )
        self._others = tuple((scheme, Origin(self._loop, numbers, name)) for scheme, name in others)
        self._probe = Origin(self._loop, numbers, "")
        self._plain_probe = Origin(self._loop, numbers, "")
        self._others = (*self._others, ("http", self._plain_probe))
        self._all = (("https", self._own), ("https", self._probe), *self._others)
        self._places = {
            "self": root,
            "other-port": f"https://{host}:{_OTHER_PORT}",
            "other-host": f"https://{_ELSEWHERE}",
            "plain": f"http://{host}",
        }
        self._open: _Endpoint | None = None
        self._scope: Scope | None = None
        self._doorway: Doorway | None = None
        self.proxy: str = ""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of the root and of the probe, as lists of allowed hosts spell them."""
        return (self._host, self._probe.name)

    @property
    def probe_root(self) -> str:
        """The root whose host is this machine itself: who goes there past the proxy comes to its port."""
        return f"https://{self._probe.name}"

    @property
    def ca_file(self) -> str:
        """The path of a PEM file with the authority to trust, made when asked for and there until the end."""
        return self._certificates.ca_file

    @property
    def doorway(self) -> str | None:
        """The Unix socket at which a network namespace of the client's own hands in its side of the proxy."""
        return self._doorway.path if self._doorway else None

    @property
    def strangers(self) -> tuple[str, ...]:
        """Authorities that were asked for and are not behind this proxy, the first twenty."""
        return tuple(self._gateway.strangers)

    @property
    def arrivals(self) -> int:
        """How many connections have come to the proxy."""
        return self._gateway.arrivals

    @property
    def inside(self) -> int:
        """How many of them came from a network namespace of the client's own."""
        return self._gateway.inside

    @property
    def direct(self) -> int:
        """How many of them took the proxy for a server, as one does who goes to `probe_root` past it."""
        return self._gateway.direct

    def leave(self, scope: Scope, *, odd: bool = False) -> None:
        """Nothing: the root stays the same."""

    def needs_new_client(self, scope: Scope | None) -> bool:
        """Whether the scope changes after something that may have left a connection out of step."""
        return scope is not self._scope and any(origin.odd for _, origin in self._all)

    def stage(
        self,
        script: ResponseScript,
        *,
        root: str | None = None,
        certificate: Certificate | None = None,
        scope: Scope | None = None,
    ) -> _Endpoint:
        """Open the stage of the root, or of the probe's, and other origins where the script answers there.

        ValueError for another root or a script that cannot be sent; RuntimeError where the stage is open
        already, or the server does not run or has failed.
        """
        if root not in (None, self._root, self.probe_root):
            raise ValueError(f"the proxy stands for {self._root} alone")
        own, played = self._own, self._places
        if root == self.probe_root:
            own, played = self._probe, self._places | {"self": root, "plain": f"http://{self._probe.name}"}
        check(script, ("self",), tuple(self._places))
        names = self._places if script.elsewhere else ("self",)
        context = self._certificates.context(certificate or "trusted")
        if self._open is not None:
            raise RuntimeError("the stage of the root is open already")
        with self._loop.turn():
            stage = self._open = _Endpoint(self, script, {name: played[name] for name in names}, own)
            if self.needs_new_client(scope):
                for _, origin in self._all:
                    origin.close_connections()
                    origin.odd = False
            self._scope = scope
            for scheme, origin in self._all:
                wanted = context if scheme == "https" else None
                if origin.context is not wanted:
                    origin.change(wanted)
            own.open(stage.scene)
            if stage.elsewhere is not None:
                for _, origin in self._others:
                    origin.open(stage.elsewhere)
            return stage

    def finish(self, stage: _Endpoint, *, spoiled: bool, expecting: bool) -> Record:
        """Do what `Stage.finish` says; RuntimeError for a stage that is finished already."""
        if self._open is not stage:
            raise RuntimeError("the stage is finished already")
        if expecting:
            stage.scene.asked.wait(_PATIENCE)
        with self._loop.turn():
            self._open = None
            for _, origin in self._all:
                origin.end()
                if spoiled:
                    origin.close_connections()
            scene, elsewhere = stage.scene, stage.elsewhere
            return Record(
                tuple(scene.requests),
                tuple(scene.responses),
                tuple(elsewhere.requests) if elsewhere else (),
                scene.connections,
                scene.handshakes_failed,
            )

    def _hear_connect(self, request: WireRequest) -> None:
        """A CONNECT is the proxy's traffic, unless it carries what is the call's."""
        if self._open is not None and self._open.scene.concerns(request):
            self._open.origin.hear(request)

    def __enter__(self) -> Proxy:
        self._loop.start()
        entrance = bind()
        number = entrance.getsockname()[1]
        self.proxy = f"http://{ADDRESS}:{number}"
        self._probe.name = self._plain_probe.name = f"{_PROBE_HOST}:{number}"
        self._doorway = Doorway(self._loop, number, partial(self._gateway.listen, inside=True))
        trusted = self._certificates.context("trusted")
        with self._loop.turn():
            for scheme, origin in self._all:
                origin.context = trusted if scheme == "https" else None
            self._gateway.origins = {f"{scheme}://{origin.name}": origin for scheme, origin in self._all}
            self._gateway.listen(entrance)
            self._doorway.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.stop()
        if self._doorway is not None:
            self._doorway.remove()
        self._certificates.remove()


class _Endpoint:
    """The one call's place on the proxy transport."""

    def __init__(
        self, transport: Proxy, script: ResponseScript, places: Mapping[str, str], origin: Origin
    ) -> None:
        self._transport = transport
        self.origin = origin
        self.places = places
        self.scene = StubState(script.answers, script.concerns, places)
        self.elsewhere = StubState(script.elsewhere, any_request, places) if script.elsewhere else None

    @property
    def root(self) -> str:
        """The root that is played."""
        return self.places["self"]

    def finish(self, *, spoiled: bool = False, expecting: bool = False) -> Record:
        """End the stage and give its record, with all that has arrived by now.

        `spoiled` ends its connections; `expecting` waits 50 ms for a request where none has come.
        RuntimeError where the stage is finished already or the server has failed.
        """
        return self._transport.finish(self, spoiled=spoiled, expecting=expecting)
