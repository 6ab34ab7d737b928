"""The places where an answer comes from; each records what a client sends to it."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from graphcontract.exchange import WireRequest, WireResponse
from graphcontract.service import Script


@dataclass(frozen=True, slots=True)
class Record:
    """What passed while a stage was up, in order of receipt."""

    requests: tuple[WireRequest, ...]
    responses: tuple[WireResponse, ...]


class Stage(Protocol):
    """One call's place on a transport: a root to ask, a script, and the record of what came."""

    @property
    def root(self) -> str:
        """Scheme and authority to call, without a trailing slash: `http://127.0.0.1:53121`."""
        ...

    def finish(self, *, spoiled: bool = False, expecting: bool = False) -> Record:
        """End the stage and give its record. `spoiled` retires its root; `expecting` waits 50 ms for a
        first request that may still be on its way.
        """
        ...


class Transport(Protocol):
    """A place that clients can be pointed at. `shows` names what can be observed there (what a clause
    `needs`); `https` tells the scheme of its roots.
    """

    name: str
    shows: frozenset[str]
    https: bool

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every `host:port` that calls of this run may go to."""
        ...

    def stage(self, script: Script, *, root: str | None = None) -> Stage:
        """Make ready for one call. `root` asks for that very scheme and authority, which only a
        transport that shows "own-root" can stage; several stages may be open at once.
        """
        ...

    def __enter__(self) -> Transport: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
