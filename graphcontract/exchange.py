"""The call that a client makes, the outcome that it reports, and an exchange: both with the wire in between.

Plain, immutable values that every package shares. They are recorded at receipt and never corrected later.
The exception is `Cancellation`, which only lives as long as its call.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from graphcontract.wire import Fault, WireRequest, WireResponse

OutcomeKind = Literal["success", "failure", "rejected", "unsupported", "crash", "hang"]
Presence = Literal["absent", "required", "unconstrained"]
FieldRule = Literal["require", "forbid", "unconstrained"]
_PARAMETER = re.compile(r"('?)\{(\w+)\}")


def grace(timeout: float) -> float:
    """Give the seconds that a call may run beyond its timeout: half of it, at least 1 s.

    A call that is still running then is a hang, and the harness stops waiting for it.
    """
    return max(1.0, timeout / 2)


@dataclass(frozen=True, slots=True)
class RequestRule:
    """The request that the client must send; `path` is the template below the service root and version.

    `parameters` has a schema for each argument of a call, by its name. One with `"in": "query"` is a query
    parameter, called `name` in the query if the schema has that member; the others are in the path.
    """

    method: str
    root: str
    version: str
    path: str
    parameters: Mapping[str, Mapping[str, Any]]
    query: Presence
    fields: Mapping[str, FieldRule]
    content: Presence
    media_type: str | None = None

    @property
    def action(self) -> str:
        """Method, version and path template on one line."""
        return f"{self.method} /{self.version}{self.path}"

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """The names of the parameters in the path, in its order."""
        return tuple(match[2] for match in _PARAMETER.finditer(self.path))

    @property
    def query_parameters(self) -> Mapping[str, str]:
        """The names of the arguments that the query has, by the names of their query parameters."""
        found = {name: each for name, each in self.parameters.items() if each.get("in") == "query"}
        return {each.get("name", name): name for name, each in found.items()}

    def fill_in(self, arguments: Mapping[str, str]) -> str:
        """Give the path with the arguments in it, percent-encoded, and the query parameters after it.

        In a string literal, as in `getByName(name='{name}')`, a quote in the value is doubled (OData URL
        conventions, 2).
        """
        path = _PARAMETER.sub(lambda match: match[1] + _encode(arguments[match[2]], match[1]), self.path)
        query = "&".join(f"{name}={_encode(arguments[each])}" for name, each in self.query_parameters.items())
        return f"{path}?{query}" if query else path


def _encode(value: str, mark: str = "") -> str:
    return quote(value.replace("'", "''") if mark else value, safe="")


class Cancellation(threading.Event):
    """Asks a call in flight to end, once it is set; any thread may use it. A client that waits uses `wait`
    instead of `sleep`; one that cannot wait for it calls `subscribe`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._callbacks: list[Callable[[], object]] = []
        self._changing = threading.Lock()  # so that no callback is added between `set` and its calls

    def set(self) -> None:
        """Ask for the end of the call, and run the callbacks in this thread."""
        with self._changing:
            super().set()
            callbacks, self._callbacks = self._callbacks, []
        for each in callbacks:
            each()

    def subscribe(self, callback: Callable[[], object]) -> None:
        """Have a callback run once when this is set, or now if it already is."""
        with self._changing:
            if not self.is_set():
                self._callbacks.append(callback)
                return
        callback()


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the operation under contract, as a client is to make it.

    `base_url` is the service root with its version segment, or None for the client's own root; it has no
    trailing slash, unless the driver declares `root_slash`. `timeout` is in seconds and bounds the whole
    call; `client` is the number of the client object to use; `ca_file` is the path of a PEM file with the
    authorities to trust. `request` is what the contract requires of the request; None only in a call that was
    not made for a contract, as in a client's own tests. `cancelled` is set when the call should end early;
    None for a client that does not declare `cancel`. `tokens` are what the client's credential hands out, in
    order, one each time it is asked, and after the last it fails; None: it hands out `token` each time. Only
    a client that declares `tokens` gets them.
    """

    operation: str
    arguments: Mapping[str, str]
    token: str = field(repr=False)
    base_url: str | None = None
    timeout: float = 3.0
    client: int = 1
    ca_file: str | None = None
    request: RequestRule | None = field(default=None, repr=False)
    cancelled: Cancellation | None = field(default=None, repr=False, compare=False)
    tokens: tuple[str, ...] | None = field(default=None, repr=False)

    @property
    def task_id(self) -> str:
        """The value of the operation's one parameter; ValueError if it does not have exactly one."""
        if len(self.arguments) != 1:
            names = ", ".join(self.arguments) or "none"
            raise ValueError(
                f"the operation has no single parameter ({names}): read `call.arguments` by name"
            )
        return next(iter(self.arguments.values()))

    @property
    def method(self) -> str:
        """The method of the request; ValueError if the call was not made for a contract."""
        return self._require_request().method

    @property
    def path(self) -> str:
        """The request's path below the version, with each parameter in braces; ValueError as for `method`.

        `call.path.format_map(encoded)` fills in the arguments once they are percent-encoded, if none of them
        is a string literal of a function; `call.request.fill_in(call.arguments)` also fills in those.
        """
        return self._require_request().path

    def _require_request(self) -> RequestRule:
        if self.request is None:
            raise ValueError("the call was not made for a contract: it has no request")
        return self.request


@dataclass(frozen=True, slots=True)
class ReportedError:
    """What a client's error exposes; None for what it does not expose.

    The members from `retry_after` on are only expected of a client that declares them as features:
    `retry_after` in seconds, `inner_codes` from the outermost to the innermost, the codes of `details`, and
    the header `fields` of the response.
    """

    kind: str | None = None
    type: str | None = None
    status: int | None = None
    code: str | None = None
    message: str | None = None
    request_id: str | None = None
    retry_after: float | None = None
    inner_codes: tuple[str, ...] | None = None
    details: tuple[str, ...] | None = None
    fields: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended: as the client reported it, or `crash` and `hang` as the harness found it.

    `died` is true if the client's process ended; `output` is the last text that it wrote apart from its
    reply. `sent` is when the client got the call, in seconds of the monotonic clock, if that was later than
    the call was made: its process may have had to start first.
    """

    kind: OutcomeKind
    status: int | None = None
    request_id: str | None = None
    error: ReportedError | None = None
    reason: str | None = None
    died: bool = False
    output: str = ""
    sent: float | None = field(default=None, compare=False)

    @classmethod
    def success(cls, *, status: int | None = None, request_id: str | None = None) -> Outcome:
        """The client reported that the operation was carried out."""
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
        retry_after: float | None = None,
        inner_codes: tuple[str, ...] | None = None,
        details: tuple[str, ...] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Outcome:
        """The client reported an error through its documented error type."""
        exposed = (retry_after, inner_codes, details, fields)
        return cls("failure", error=ReportedError(kind, type, status, code, message, request_id, *exposed))

    @classmethod
    def rejected(cls, reason: str) -> Outcome:
        """The client rejected the input before it sent anything."""
        return cls("rejected", reason=reason)

    @classmethod
    def unsupported(cls, reason: str) -> Outcome:
        """The driver cannot express the input; this says nothing about the client."""
        return cls("unsupported", reason=reason)

    @classmethod
    def crash(cls, reason: str, *, died: bool = False, output: str = "") -> Outcome:
        """The client raised something other than its documented error, or its process failed."""
        return cls("crash", reason=reason, died=died, output=output)

    @classmethod
    def hang(cls, reason: str, *, output: str = "") -> Outcome:
        """The client did not report within the call's timeout and its grace."""
        return cls("hang", reason=reason, output=output)

    @property
    def reported_status(self) -> int | None:
        """The HTTP status that the client exposes, in success or failure."""
        return self.error.status if self.error else self.status


@dataclass(frozen=True, slots=True, eq=False)
class Exchange:
    """One call with its requests, its responses and the outcome that the client reported.

    Each happened once: two are never equal, whatever they contain.

    The wire and the outcome are independent evidence: clauses compare them. `own_root` is the root of a call
    without `base_url`; `elsewhere` has the requests to the call's other origins, and `connects` the CONNECT
    requests to a proxy; `connections` counts the connections to its root, with or without a request; `fault`
    is the first fault of the scripted responses; `certificate` is the kind that its root presented, None over
    plain http; `bounds` is what the client's timeout bounds (driver protocol, `limits`). `started`, `ended`
    and `cancelled` are on the clock of `WireRequest.at`; `cancelled` is when the call was cancelled, None if
    it was not. `open_connections` is how many connections to its root the client had not closed a second
    after the call, at most MOST_CONNECTIONS, None if that was not counted; `waiting_connections` of them had
    a request that got no response. `pool` is how many the client may keep (driver protocol, `limits`).
    `surroundings` are those of the client's process that the run does not have: a text for each name; `files`
    are those that it wrote in a working folder of its own, by name. `stalled` is for how many seconds of it
    the machine stood still.
    """

    call: Call
    requests: tuple[WireRequest, ...]
    responses: tuple[WireResponse, ...]
    outcome: Outcome
    started: float = 0.0
    ended: float = 0.0
    elsewhere: tuple[WireRequest, ...] = ()
    connects: tuple[WireRequest, ...] = ()
    connections: int = 0
    fault: Fault | None = None
    certificate: str | None = None
    bounds: str = "call"
    own_root: str = ""
    purpose: str = ""
    cancelled: float | None = None
    open_connections: int | None = None
    waiting_connections: int = 0
    pool: int = 0
    surroundings: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    stalled: float = 0.0

    @property
    def root(self) -> str:
        """The service root that the call was to go to, with its version segment."""
        return self.call.base_url or self.own_root


@dataclass(frozen=True, slots=True)
class Trial:
    """The exchange that a clause examines, with the exchanges that it is compared to.

    `control` is an ordinary call of the same client, which shows its usual behaviour; `before` has the calls
    that preceded the exchange, oldest first.
    """

    exchange: Exchange
    control: Exchange | None = None
    before: tuple[Exchange, ...] = ()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All exchanges in order: the control, those before, and the one under examination."""
        control = () if self.control is None else (self.control,)
        return (*control, *self.before, self.exchange)

    def alone(self) -> Trial:
        """Give a trial of the exchange under examination only, without control and earlier calls."""
        return Trial(self.exchange)
