"""What was asked of a client, what went over the wire, and what the client says became of it.

Plain values, recorded at receipt; nothing here knows a contract, a transport or a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

OutcomeKind = Literal["success", "failure", "rejected", "unsupported", "crash", "hang"]
Fields = tuple[tuple[str, str], ...]
Fault = Literal[
    "refused",
    "reset-at-connect",
    "reset-in-request",
    "reset",
    "closed",
    "stalled",
    "half-head",
    "half-content",
    "garbage",
    "dripped",
    "idle-closed",
]


def grace(timeout: float) -> float:
    """Seconds beyond its timeout that a call may still take: half of it, at least one."""
    return max(1.0, timeout / 2)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the action under contract, as a client is asked to make it.

    `base_url` is the service root with its version segment and no trailing slash; `timeout` is in
    seconds and bounds the whole call; `client` numbers the client object to use.
    """

    operation: str
    arguments: Mapping[str, str]
    token: str = field(repr=False)
    base_url: str | None = None
    timeout: float = 3.0
    client: int = 1
    ca_file: str | None = None

    @property
    def task_id(self) -> str:
        """The value of the call's one path parameter."""
        (value,) = self.arguments.values()
        return value


@dataclass(frozen=True, slots=True)
class ReportedError:
    """What a client's error exposes; None where it exposes nothing."""

    kind: str | None = None
    type: str | None = None
    status: int | None = None
    code: str | None = None
    message: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call, in the client's words, or `crash` and `hang` in the harness's.

    `died` says that the client's process ended; `output` keeps the last lines it wrote besides.
    """

    kind: OutcomeKind
    status: int | None = None
    request_id: str | None = None
    error: ReportedError | None = None
    reason: str | None = None
    died: bool = False
    output: str = ""

    @classmethod
    def success(cls, *, status: int | None = None, request_id: str | None = None) -> Outcome:
        """The client reported that the action was done."""
        return cls("success", status=status, request_id=request_id)

    @classmethod
    def failure(
        cls,
        *,
        kind: str | None = None,
        type: str | None = None,
        status: int | None = None,
        code: str | None = None,
        message: str | None = None,
        request_id: str | None = None,
    ) -> Outcome:
        """The client reported an error through its documented error type."""
        return cls("failure", error=ReportedError(kind, type, status, code, message, request_id))

    @classmethod
    def rejected(cls, reason: str) -> Outcome:
        """The client refused the input before anything was sent."""
        return cls("rejected", reason=reason)

    @classmethod
    def unsupported(cls, reason: str) -> Outcome:
        """The adapter cannot express the input; this says nothing about the client."""
        return cls("unsupported", reason=reason)

    @classmethod
    def crash(cls, reason: str, *, died: bool = False, output: str = "") -> Outcome:
        """Something other than the client's documented error came out of it."""
        return cls("crash", reason=reason, died=died, output=output)

    @classmethod
    def hang(cls, reason: str, *, output: str = "") -> Outcome:
        """The client gave no answer within the call's timeout and its grace."""
        return cls("hang", reason=reason, output=output)

    @property
    def reported_status(self) -> int | None:
        """The HTTP status that the client exposes, in success or failure."""
        return self.error.status if self.error else self.status


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request by value at receipt; `at` is in seconds of the transport's monotonic clock.

    `malformed` says why the bytes are no request that a server takes; the other members then hold
    what could be read. Texts are Latin-1 readings of bytes; `target` is as sent.
    `framing` is how the content was delimited; `content_size` counts what `content` may cut.
    `origin` is the `host:port` that was connected to, by whatever name.
    """

    at: float
    raw: bytes
    method: str
    target: str
    version: str
    fields: Fields
    content: bytes = b""
    content_size: int = 0
    framing: Literal["none", "content-length", "chunked"] = "none"
    malformed: str | None = None
    origin: str = ""
    connection: int = 0
    scheme: str = "http"

    def values(self, name: str) -> list[str]:
        """Values of every field line of that name, in order of sending."""
        return [value for key, value in self.fields if key.lower() == name.lower()]


@dataclass(frozen=True, slots=True)
class WireResponse:
    """An answer as it was sent; `request` is the index of the request that it answers.

    `interim` holds the 1xx statuses sent before it; `stray` the bytes that no framing accounts for.
    `fault` is what went wrong on purpose once the request was whole; the other members then hold what
    could be sent all the same, and `status` is 0 where that shows none. A `dripped` one never ends:
    `raw` is how it begins.
    """

    at: float
    raw: bytes
    status: int
    fields: Fields
    content: bytes
    request: int
    interim: tuple[int, ...] = ()
    stray: bytes = b""
    fault: Fault | None = None

    @property
    def whole(self) -> bool:
        """Whether it was sent to its end, as an answer that can be understood."""
        return self.fault in (None, "idle-closed")

    def values(self, name: str) -> list[str]:
        """Values of every field line of that name, in order of sending."""
        return [value for key, value in self.fields if key.lower() == name.lower()]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call, all that it sent and was answered, and what the client says: two witnesses.

    `own_root` is where a call goes that names no root; `elsewhere` holds the requests that came to the call's
    other origins; `connections` counts those opened to its own root, whether or not a request came over them;
    `fault` is the first that its answers were to show; `certificate` is what its root showed, None over plain
    http; `bounds` is what the client's timeout bounds (driver protocol, `limits`).
    """

    call: Call
    requests: tuple[WireRequest, ...]
    responses: tuple[WireResponse, ...]
    outcome: Outcome
    started: float = 0.0
    ended: float = 0.0
    elsewhere: tuple[WireRequest, ...] = ()
    connections: int = 0
    fault: Fault | None = None
    certificate: str | None = None
    bounds: str = "call"
    own_root: str = ""
    purpose: str = ""

    @property
    def root(self) -> str:
        """The service root that was to be asked, with its version segment."""
        return self.call.base_url or self.own_root


@dataclass(frozen=True, slots=True)
class Trial:
    """The exchange that a clause examines, with what it is compared to.

    `control` is a plain call of the same client, which shows what it does where nothing is unusual; `before`
    are the calls that preceded the exchange, oldest first.
    """

    exchange: Exchange
    control: Exchange | None = None
    before: tuple[Exchange, ...] = ()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All of them: the control, those before, and the one under examination."""
        control = () if self.control is None else (self.control,)
        return (*control, *self.before, self.exchange)

    @property
    def requests(self) -> Iterator[WireRequest]:
        """All requests of all exchanges."""
        return (request for exchange in self.exchanges for request in exchange.requests)

    def alone(self) -> Trial:
        """The exchange under examination without the others."""
        return Trial(self.exchange)
