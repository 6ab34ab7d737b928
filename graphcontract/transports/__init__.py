"""The places where an answer comes from; each records what a client sends to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Protocol

from graphcontract.exchange import WireRequest, WireResponse
from graphcontract.http.stub_response import ResponseScript

Certificate = Literal["trusted", "untrusted", "other-name", "expired", "self-signed"]


class Scope:
    """Calls that may share kept connections: one test of a suite, or one of several cases at the same time.

    A client that leaves a response half read, or reads one too few, spoils its own next call on that
    connection. The scope keeps that in the test that provoked it.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Record:
    """What passed while a stage was up, in order of receipt.

    `elsewhere` holds what came to the stage's other origins. `connections` counts those that were
    opened to its root, and `handshakes_failed` those of them that never came to speak TLS: a client
    may also refuse a certificate after the handshake, by leaving without a request.
    """

    requests: tuple[WireRequest, ...]
    responses: tuple[WireResponse, ...]
    elsewhere: tuple[WireRequest, ...] = ()
    connections: int = 0
    handshakes_failed: int = 0


class Endpoint(Protocol):
    """One call's place on a transport: a root to ask, a script, and the record of what came."""

    @property
    def root(self) -> str:
        """Scheme and authority to call, without a trailing slash: `http://127.0.0.1:53121`."""
        ...

    @property
    def places(self) -> Mapping[str, str]:
        """Roots that answers can lead to, by the names that placeholders have.

        `self`; over a network `same-host-name`, the same port by another name; where the script answers
        elsewhere also `other-port` and `other-host`, and `plain`, which is http where the root is https.
        """
        ...

    def finish(self, *, spoiled: bool = False, expecting: bool = False) -> Record:
        """End the stage and give its record. `spoiled` retires its root; `expecting` waits 50 ms for a
        first request that may still be on its way.
        """
        ...


class Transport(Protocol):
    """A place that clients can be pointed at. `shows` names what can be observed there (what a clause
    `needs`); `https` tells the usual scheme of its roots.
    """

    name: str
    shows: frozenset[str]
    https: bool

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every `host:port` that calls of this run may go to."""
        ...

    @property
    def ca_file(self) -> str | None:
        """The path of a PEM file with the authority that calls to https roots are to trust; None where none
        is needed. It is made when it is asked for, which takes a tenth of a second.
        """
        ...

    @property
    def at_once(self) -> int | None:
        """How many stages may be open at the same time; None where any number may."""
        ...

    @property
    def proxy(self) -> str | None:
        """The URL of the proxy that a client has to go through, if any."""
        ...

    @property
    def doorway(self) -> str | None:
        """The Unix socket at which a client's own network namespace is given that proxy."""
        ...

    def stage(
        self,
        script: ResponseScript,
        *,
        root: str | None = None,
        certificate: Certificate | None = None,
        scope: Scope | None = None,
    ) -> Endpoint:
        """Make ready for one call. `root` asks for that very scheme and authority, which only a
        transport that shows "own-root" can stage; `certificate` for an https root that shows it, which
        only one that shows "wire" can. A root that was lent to one `scope` is never lent to another.
        """
        ...

    def leave(self, scope: Scope, *, odd: bool = False) -> None:
        """Retire the roots of a scope that have no open stage; with `odd`, only those whose kept
        connections may be out of step, because of a fault, an interim response or stray bytes.
        """
        ...

    def needs_new_client(self, scope: Scope | None) -> bool:
        """Whether kept connections of an earlier scope may be out of step and their root cannot be
        replaced: only a new client process starts without them.
        """
        ...

    def __enter__(self) -> Transport: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
