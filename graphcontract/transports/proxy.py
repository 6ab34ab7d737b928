"""The proxy transport: stands for a client's own root, behind a forward proxy on loopback with its authority.

Nothing it is asked for leaves the machine: hosts behind it are served here, all others are refused. It judges
nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from types import TracebackType
from urllib.parse import urlsplit

from graphcontract.exchange import WireRequest
from graphcontract.service import Script
from graphcontract.transports import Certificate, Record, Scope
from graphcontract.transports.certificates import Certificates
from graphcontract.transports.doorways import Doorway
from graphcontract.transports.origins import ADDRESS, Origin, bind
from graphcontract.transports.scenes import Scene, any_request, check
from graphcontract.transports.serving import Loop
from graphcontract.transports.tunnels import Gateway

_ELSEWHERE = "elsewhere.graphcontract.test"
_OTHER_PORT = 8443
_PATIENCE = 0.05


class Proxy:
    """Plays `root`, `https://host` as the contract names it, to one client; use it once, in a `with`.

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
        self._certificates = Certificates((host, _ELSEWHERE))
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
        self._all = (("https", self._own), *self._others)
        self._places = {
            "self": root,
            "other-port": f"https://{host}:{_OTHER_PORT}",
            "other-host": f"https://{_ELSEWHERE}",
            "plain": f"http://{host}",
        }
        self._open: _Stage | None = None
        self._scope: Scope | None = None
        self._doorway: Doorway | None = None
        self.proxy: str = ""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host of the root, as lists of allowed hosts spell it."""
        return (self._host,)

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
    def isolated(self) -> bool:
        """Whether a client has come from a network namespace of its own."""
        return self._doorway is not None and self._doorway.used

    def leave(self, scope: Scope, *, odd: bool = False) -> None:
        """Nothing: the root stays the same."""

    def needs_new_client(self, scope: Scope | None) -> bool:
        """Whether the scope changes after something that may have left a connection out of step."""
        return scope is not self._scope and any(origin.odd for _, origin in self._all)

    def stage(
        self,
        script: Script,
        *,
        root: str | None = None,
        certificate: Certificate | None = None,
        scope: Scope | None = None,
    ) -> _Stage:
        """Open the stage of the root, and its other origins where the script answers elsewhere.

        ValueError for another root or a script that cannot be sent; RuntimeError where the stage is open
        already, or the server does not run or has failed.
        """
        if root not in (None, self._root):
            raise ValueError(f"the proxy stands for {self._root} alone")
        check(script, ("self",), tuple(self._places))
        names = self._places if script.elsewhere else ("self",)
        context = self._certificates.context(certificate or "trusted")
        if self._open is not None:
            raise RuntimeError("the stage of the root is open already")
        with self._loop.turn():
            stage = self._open = _Stage(self, script, {name: self._places[name] for name in names})
            if self.needs_new_client(scope):
                for _, origin in self._all:
                    origin.close_connections()
                    origin.odd = False
            self._scope = scope
            for scheme, origin in self._all:
                wanted = context if scheme == "https" else None
                if origin.context is not wanted:
                    origin.change(wanted)
            self._own.open(stage.scene)
            if stage.elsewhere is not None:
                for _, origin in self._others:
                    origin.open(stage.elsewhere)
            return stage

    def finish(self, stage: _Stage, *, spoiled: bool, expecting: bool) -> Record:
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
            self._own.hear(request)

    def __enter__(self) -> Proxy:
        self._loop.start()
        entrance = bind()
        number = entrance.getsockname()[1]
        self.proxy = f"http://{ADDRESS}:{number}"
        self._doorway = Doorway(self._loop, number, self._gateway.listen)
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


class _Stage:
    """The one call's place on the proxy transport."""

    def __init__(self, transport: Proxy, script: Script, places: Mapping[str, str]) -> None:
        self._transport = transport
        self.places = places
        self.scene = Scene(script.answers, script.concerns, places)
        self.elsewhere = Scene(script.elsewhere, any_request, places) if script.elsewhere else None

    @property
    def root(self) -> str:
        """The root that the proxy stands for."""
        return self.places["self"]

    def finish(self, *, spoiled: bool = False, expecting: bool = False) -> Record:
        """End the stage and give its record, with all that has arrived by now.

        `spoiled` ends its connections; `expecting` waits 50 ms for a request where none has come.
        RuntimeError where the stage is finished already or the server has failed.
        """
        return self._transport.finish(self, spoiled=spoiled, expecting=expecting)
