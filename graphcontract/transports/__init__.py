"""Transports: where a client's requests go and its responses come from; each records both.

Every transport plays scripted responses: `loopback` on 127.0.0.1, `proxy` behind a forward proxy for the
client's own root, `mock` inside this process in place of httpcore.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, NamedTuple, Protocol

from graphcontract.http.stub_response import ResponseScript
from graphcontract.wire import WireRequest, WireResponse

Certificate = Literal["trusted", "untrusted", "other-name", "expired", "self-signed"]


class Scope:
    """Calls that may share persistent connections: one test of a suite, or one of several concurrent cases.

    A client that reads a response only in part, or reads one too few, breaks its own next call on that
    connection. The scope confines that to the test that provoked it.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Record:
    """The traffic of one endpoint, in order of receipt.

    `elsewhere` has the requests to the endpoint's other origins; `connections` counts the connections to its
    root; `connects` are the CONNECT requests to a proxy.
    """

    requests: tuple[WireRequest, ...]
    responses: tuple[WireResponse, ...]
    elsewhere: tuple[WireRequest, ...] = ()
    connections: int = 0
    connects: tuple[WireRequest, ...] = ()


class OpenConnections(NamedTuple):
    """How many connections to a root the client has not closed, at most `MOST_CONNECTIONS`, and how many of
    them have a request that will get no response.
    """

    open: int
    waiting: int


class Endpoint(Protocol):
    """Where one call goes on a transport: a root with scripted responses, and the record of its traffic."""

    @property
    def root(self) -> str:
        """The scheme and authority to call, without a trailing slash: `http://127.0.0.1:53121`."""
        ...

    @property
    def roots(self) -> Mapping[str, str]:
        """The roots that responses can refer to, by the name of their placeholder.

        `self`; over a network `same-host-name`, the same port by another name; if the script has responses
        `elsewhere`, also `other-port` and `other-host`, and `plain`, which is http if the root is https.
        Behind a proxy, where names are free, also the same host `in-capitals` and `with-dot` at its end, and
        other hosts: one that `ends-alike`, one that `begins-alike`, a `subdomain`, one of the `same-domain`.
        Over loopback, `alike-address` is an address that begins like the root's, if there is one.
        """
        ...

    def count_connections(self) -> OpenConnections:
        """Count the connections to the root that the client has not closed."""
        ...

    def finish(self, *, spoiled: bool = False, expecting: bool = False) -> Record:
        """Close the endpoint and return its record. `spoiled` retires its root, as after a hang or a crash;
        `expecting` waits up to 50 ms for a first request that may still be on its way.
        """
        ...


class Transport(Protocol):
    """A source of responses that clients can be pointed at. `shows` names what can be observed there (what a
    clause `needs`); `https` says whether its roots are usually https.

    Methods may be called from any thread. Each implementation serializes them with one lock.
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
        """The path of a PEM file with the authority to trust for https roots; None if none is needed. The
        first access creates it, which takes a tenth of a second.
        """
        ...

    @property
    def at_once(self) -> int | None:
        """How many endpoints may be open at the same time; None for any number."""
        ...

    @property
    def proxy(self) -> str | None:
        """The URL of the proxy that a client must use; None if there is no proxy."""
        ...

    @property
    def netns_socket(self) -> str | None:
        """The path of the Unix socket that takes the proxy's listening socket from a client's network
        namespace.
        """
        ...

    def open_endpoint(
        self,
        script: ResponseScript,
        *,
        root: str | None = None,
        certificate: Certificate | None = None,
        scope: Scope | None = None,
        http2: bool = False,
        shared: bool = False,
    ) -> Endpoint:
        """Open an endpoint for one call. `root` requests exactly that scheme and authority, which needs a
        transport that shows "own-root"; `certificate` requests an https root that presents it, which needs
        one that shows "wire". A root that was used in one `scope` is never used in another. An https root
        offers `http2` if that is requested here, or of the transport as a whole. While a `shared` endpoint is
        open, others that are shared in its scope have its root: each gets the requests of its own call.
        """
        ...

    def leave(self, scope: Scope, *, only_desynced: bool = False) -> None:
        """Retire the roots of a scope that have no open endpoint; with `only_desynced`, only those whose
        persistent connections may be out of sync, because of a fault, an interim response or stray bytes.
        """
        ...

    def needs_new_client(self, scope: Scope | None) -> bool:
        """Whether persistent connections of an earlier scope may be out of sync and their root cannot be
        replaced: only a new client process starts without them.
        """
        ...

    def __enter__(self) -> Transport: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
