"""The loopback transport: a server on 127.0.0.1 that answers by script and records the wire itself.

It lends ports to stages and takes them back; it judges nothing.
"""

from __future__ import annotations

import itertools
from types import TracebackType

from graphcontract.service import Script
from graphcontract.transports import Record
from graphcontract.transports.connections import ADDRESS, Port, Scene
from graphcontract.transports.serving import Loop

_PATIENCE = 0.05


class Loopback:
    """Plain HTTP/1.1 on 127.0.0.1, a port for each stage that is open; use it once, in a `with`.

    `slots` and `spares` are the ports bound in advance: as many stages at once, and as many
    replacements for retired ports, before `hosts` grows.
    """

    name: str = "loopback"
    https: bool = False
    shows: frozenset[str] = frozenset({"wire"})

    def __init__(self, slots: int = 1, spares: int = 24) -> None:
        self._in_advance = slots + spares
        self._loop = Loop()
        self._numbers = itertools.count(1)
        self._ports: list[Port] = []
        self._free: list[Port] = []

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every `host:port` that calls may go to, by address and by name, retired ports included."""
        return tuple(f"{host}:{port.number}" for port in self._ports for host in (ADDRESS, "localhost"))

    @property
    def late(self) -> int:
        """How many requests came to a port while no stage was open on it."""
        return sum(port.late for port in self._ports)

    def stage(self, script: Script, *, root: str | None = None) -> _Stage:
        """Open a stage on a free port.

        ValueError for a root or a script that cannot be sent; RuntimeError where the server does
        not run or has failed.
        """
        if root is not None:
            raise ValueError("the loopback transport has roots of its own: it does not show own-root")
        if not script.answers or any(answer.status is None for answer in script.answers):
            raise ValueError("a script needs at least one answer, and all of them settled")
        with self._loop.turn():
            port = self._free.pop() if self._free else self._bind()
            port.take_in()
            port.scene = Scene(script)
            return _Stage(self, port, port.scene)

    def finish(self, stage: _Stage, *, spoiled: bool, expecting: bool) -> Record:
        """Do what `Stage.finish` says; RuntimeError for a stage that is finished already."""
        port, scene = stage.port, stage.scene
        if port.scene is not scene:
            raise RuntimeError("the stage is finished already")
        if expecting:
            scene.asked.wait(_PATIENCE)
        with self._loop.turn():
            port.take_in()
            port.scene = None
            if spoiled:
                port.close()
            else:
                self._free.append(port)
            return Record(tuple(scene.requests), tuple(scene.responses))

    def _bind(self) -> Port:
        self._ports.append(Port(self._loop, self._numbers))
        return self._ports[-1]

    def __enter__(self) -> Loopback:
        self._loop.start()
        try:
            with self._loop.turn():
                self._free = [self._bind() for _ in range(self._in_advance)]
        except RuntimeError:
            self._loop.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.stop()


class _Stage:
    """One call's place on the loopback transport."""

    def __init__(self, transport: Loopback, port: Port, scene: Scene) -> None:
        self.port = port
        self.scene = scene
        self._transport = transport

    @property
    def root(self) -> str:
        """Scheme and authority to call: `http://127.0.0.1:PORT`."""
        return f"http://{self.port.origin}"

    def finish(self, *, spoiled: bool = False, expecting: bool = False) -> Record:
        """End the stage and give its record, with all that has arrived by now.

        `spoiled` retires the port; `expecting` waits 50 ms for a request where none has come.
        RuntimeError where the stage is finished already or the server has failed.
        """
        return self._transport.finish(self, spoiled=spoiled, expecting=expecting)
