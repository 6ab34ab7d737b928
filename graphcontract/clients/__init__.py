"""Clients under test: a Python function in process, a driver process, or a command that is run for
each call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from graphcontract.errors import UserError
from graphcontract.exchange import Call, Outcome

if TYPE_CHECKING:
    from graphcontract.clients.surroundings import Surroundings

PROTOCOL = 1
LOOPS_VARIABLE = "GRAPHCONTRACT_EVENT_LOOPS"
"""Set to `each-call`, it makes the driver of `python:` adapters run each call on an event loop of its own."""
FEATURES = frozenset({"cancel", "tokens", "debug", "retry-after", "inner-codes", "details", "fields"})
"""The optional features of the driver protocol; others that a driver declares are ignored."""


@dataclass(frozen=True, slots=True)
class Implementation:
    """The client under test, as reports name it. `family` names the libraries that are generated from the
    same description of the service.
    """

    name: str
    version: str | None = None
    language: str | None = None
    homepage: str | None = None
    notes: str | None = None
    family: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client cannot do by design, as its driver declares it (driver protocol, `limits`)."""

    root: str = "settable"
    https: bool = False
    hosts: tuple[str, ...] = ()
    proxy: str = "env"
    timeout: str = "call"
    token: str = "call"  # noqa: S105 - a value of the protocol, not a secret
    status: bool = True
    surface: str = "generic"
    root_slash: bool = False
    # As many as urllib3, and with it requests, keeps for a host; other stacks keep fewer, or as many as there
    # were calls at the same time. Calls one after the other need one connection, so that this is generous.
    pool: int = 10
    declared: Mapping[str, Any] = field(default_factory=dict)


def list_reportable(limits: Limits, features: Iterable[str] = ()) -> frozenset[str]:
    """List what a driver or an adapter can report about a call, and the optional features of the protocol
    that it has, by the names in a clause's `needs`.
    """
    shown = {"id", "code", "message", "request-id"} | ({"status"} if limits.status else set())
    return frozenset(shown | FEATURES.intersection(features))


@dataclass(frozen=True, slots=True)
class Start:
    """What a client gets once, before its first call (driver protocol, `start`).

    Two members are not sent to the client. With `netns_socket`, its process starts in a network namespace in
    which only the proxy can be reached; with `surroundings`, it has these instead of ours. With `debug`, the
    client logs as much as it can.
    """

    contract: str
    hosts: tuple[str, ...]
    ca_file: str | None = None
    proxy: str | None = None
    netns_socket: str | None = None
    debug: bool = False
    surroundings: Surroundings | None = None


class ClientUnavailable(UserError):
    """The client could not be started; `output` is what it wrote."""

    code = "client-unavailable"
    status = 3

    def __init__(self, message: str, hint: str = "", output: str = "") -> None:
        super().__init__(message, hint)
        self.output = output


class Client(Protocol):
    """A client under test. A failure in the client is an Outcome, never an exception of `call`.

    `call` may be called from `concurrency` threads at once. `budget` bounds the examples of a test (None: the
    profile's number); `shows` names what the client can report.
    """

    implementation: Implementation
    limits: Limits
    concurrency: int
    budget: int | None
    shows: frozenset[str]

    def start(self, start: Start) -> None:
        """Start the client; raises ClientUnavailable."""
        ...

    def call(self, call: Call) -> Outcome:
        """Make one call and wait for its outcome, at most the call's timeout and its grace."""
        ...

    def renew(self) -> None:
        """Make the next call with a new process, which has no connections, if the client has a process."""
        ...

    def close(self) -> None:
        """End the client and every process that it started."""
        ...
