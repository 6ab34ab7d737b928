"""Ways to put a client under test: in process, as a driver process, as one command a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from graphcontract.errors import UserError
from graphcontract.exchange import Call, Outcome

PROTOCOL = 1


@dataclass(frozen=True, slots=True)
class Implementation:
    """Who is under test, as reports name it."""

    name: str
    version: str | None = None
    language: str | None = None
    homepage: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client cannot do by design, as its driver declares it (driver protocol, `limits`)."""

    root: str = "settable"
    https: bool = False
    hosts: tuple[str, ...] = ()
    proxy: str = "env"
    timeout: str = "call"
    token: str = "call"  # noqa: S105 - the protocol's word, not a secret
    status: bool = True
    surface: str = "generic"
    declared: Mapping[str, Any] = field(default_factory=dict)


def shown_by(limits: Limits) -> frozenset[str]:
    """What a driver or an adapter can tell of a call, as clauses name what they need."""
    return frozenset({"id", "code", "message", "request-id"} | ({"status"} if limits.status else set()))


@dataclass(frozen=True, slots=True)
class Start:
    """What a client is told once, before its first call.

    `doorway` is for its process alone: where it may be cut off from any network but the proxy.
    """

    contract: str
    hosts: tuple[str, ...]
    ca_file: str | None = None
    proxy: str | None = None
    doorway: str | None = None


class ClientUnavailable(UserError):
    """The client could not be started: `str()` says how, `hint` what to do, `output` what it wrote."""

    status = 3

    def __init__(self, message: str, hint: str = "", output: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        self.output = output


class Client(Protocol):
    """A client under test. Nothing it does raises: what goes wrong inside is an Outcome.

    `call` may be called from `concurrency` threads at once. `budget` bounds the examples a test (None: the
    profile's); `shows` names what it can tell.
    """

    implementation: Implementation
    limits: Limits
    concurrency: int
    budget: int | None
    shows: frozenset[str]

    def start(self, start: Start) -> None:
        """Bring the client up; raises ClientUnavailable."""
        ...

    def call(self, call: Call) -> Outcome:
        """Make one call and wait for its outcome, at most the call's timeout and its grace."""
        ...

    def renew(self) -> None:
        """Have the next call made by a new process, which has no connections, where the client has one."""
        ...

    def close(self) -> None:
        """End the client and whatever it started."""
        ...
