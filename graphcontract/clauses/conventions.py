"""What Graph's conventions and the standards ask of the request beyond the action's page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graphcontract.clauses import Finding, Unowed, clause
from graphcontract.clauses.reading import (
    GUID,
    abbreviated,
    has_controls,
    has_opaque_ids,
    is_guid,
    is_usable,
    own_requests,
    target_of,
)
from graphcontract.contract import Contract
from graphcontract.exchange import Trial, WireRequest
from graphcontract.target import Template, decode, is_plain


def _as_asked(contract: Contract, trial: Trial) -> list[WireRequest]:
    """Well-formed requests of the call whose content is as it is owed; another clause judges that."""
    requests = [each for each in own_requests(contract, trial.last) if each.malformed is None]
    if contract.request.content == "unconstrained":
        return requests
    return [each for each in requests if bool(each.content_size) == (contract.request.content == "required")]


def _rule(field: str) -> Unowed:
    def unowed(contract: Contract) -> str | None:
        rule = contract.request.fields.get(field, "unconstrained")
        return f"the contract leaves {field} open" if rule == "unconstrained" else None

    return unowed


def _forbids(contract: Contract, field: str) -> bool:
    return contract.request.fields[field] == "forbid"


def _present(request: WireRequest, field: str) -> Iterator[Finding]:
    for value in request.values(field):
        yield Finding("present", f"no {field}", abbreviated(value), at=request)


@clause(
    "request.content-length",
    "missing",
    "chunked",
    "present",
    when=lambda contract, trial: any(each.version == "1.1" for each in _as_asked(contract, trial)),
    unowed=_rule("Content-Length"),
)
def content_length(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A POST without content says so (RFC 9110, 8.6): some front doors answer 411 where nothing does."""
    for request in _as_asked(contract, trial):
        if request.version != "1.1":
            continue
        if _forbids(contract, "Content-Length"):
            yield from _present(request, "Content-Length")
        elif request.framing != "content-length":
            kind = "chunked" if request.framing == "chunked" else "missing"
            seen = "chunked content" if kind == "chunked" else "neither length nor coding"
            yield Finding(kind, f"Content-Length: {request.content_size}", seen, at=request)


@clause(
    "request.content-type",
    "present",
    "missing",
    "other",
    when=lambda contract, trial: bool(_as_asked(contract, trial)),
    unowed=_rule("Content-Type"),
)
def content_type(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """No content has no type."""
    media_type = contract.request.media_type
    owed = f"Content-Type: {media_type}" if media_type else "a Content-Type"
    for request in _as_asked(contract, trial):
        values = request.values("content-type")
        if _forbids(contract, "Content-Type"):
            yield from _present(request, "Content-Type")
        elif not values:
            yield Finding("missing", owed, "none", at=request)
        elif media_type and values[0].partition(";")[0].strip().lower() != media_type:
            yield Finding("other", owed, abbreviated(values[0]), at=request)


@clause(
    "request.client-request-id",
    "missing",
    "not-a-guid",
    "same-for-calls",
    "other-for-retry",
    "present",
    when=lambda contract, trial: bool(own_requests(contract, trial.last)),
    needs=frozenset({"own-root"}),
    unowed=_rule("client-request-id"),
    looks_back=True,
)
def client_request_id(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """One GUID a call, kept for its retries: what Graph's support asks for."""
    if _forbids(contract, "client-request-id"):
        for request in own_requests(contract, trial.last):
            yield from _present(request, "client-request-id")
        return
    earlier: set[str] = set()
    for step in trial.steps:
        ids: list[str] = []
        for request in own_requests(contract, step):
            values = request.values("client-request-id")
            if not values:
                yield Finding("missing", "a client-request-id", "none", at=request)
                continue
            if GUID.fullmatch(values[0].strip("{}")) is None:
                yield Finding("not-a-guid", "a GUID", abbreviated(values[0]), at=request)
            if values[0] in earlier:
                yield Finding("same-for-calls", "another one for each call", values[0], at=request)
            if ids and values[0] != ids[0]:
                seen = f"{ids[0]}, then {abbreviated(values[0])}"
                yield Finding("other-for-retry", "the same one for a retry", seen, at=request)
            ids.append(values[0])
        earlier.update(ids)


def _is_opaque(contract: Contract, trial: Trial) -> bool:
    call = trial.last.call
    plain = is_plain(call.task_id) and not is_guid(call.task_id) and is_usable(call)
    control = own_requests(contract, trial.steps[0]) if len(trial.steps) > 1 else []
    return plain and bool(control)


@clause(
    "input.opaque-id",
    "refused",
    when=_is_opaque,
    needs=frozenset({"id"}),
    unowed=lambda contract: None if has_opaque_ids(contract) else "the contract says what an id looks like",
)
def opaque_id(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Keys in Graph are opaque strings; that today's are GUIDs is no promise."""
    exchange = trial.last
    if not own_requests(contract, exchange) and exchange.outcome.kind != "success":
        said = exchange.outcome.reason or (exchange.outcome.error and exchange.outcome.error.message) or ""
        seen = f"{exchange.outcome.kind}: {abbreviated(said)}"
        yield Finding("refused", f"a request for the id {exchange.call.task_id!r}", seen)


def _unusable(_contract: Contract, trial: Trial) -> bool:
    return trial.last.call.task_id in ("", ".", "..")


@clause("input.unusable-id", "dot-segment", "collapsed", when=_unusable, needs=frozenset({"id"}))
def unusable_id(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Dot segments are removed wherever a path is normalised, encoded or not (RFC 3986, 6.2.2)."""
    template = Template.of(contract)
    task_id = trial.last.call.task_id
    for request in own_requests(contract, trial.last):
        target = target_of(contract, request)
        if target.key_in_parentheses:
            continue
        decoded = [decode(segment) for segment in target.segments]
        owed = f"a refusal of the id {task_id!r}, or a path that it does not change"
        if b"." in decoded or b".." in decoded:
            yield Finding("dot-segment", owed, request.target, repr(task_id), request)
        elif len(target.segments) < len(template.segments):
            yield Finding("collapsed", owed, request.target, repr(task_id), request)


def _field_control(character: str) -> bool:
    """Controls that a field value cannot hold; tabs it can, and bytes above ASCII (RFC 9110, 5.5)."""
    return character != "\t" and (ord(character) < 0x20 or character == "\x7f")


def _injected(_contract: Contract, trial: Trial) -> bool:
    call = trial.last.call
    return has_controls(call.task_id) or any(map(_field_control, call.token))


@clause("input.injection", "raw-in-id", "raw-in-token", "altered", when=_injected, needs=frozenset({"id"}))
def injection(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A control character is refused, or percent-encoded in the id; dropping it asks for another task."""
    call = trial.last.call
    owed = "a refusal, or no raw control character on the wire"
    for request in trial.last.requests:
        for kind, text, judged in (
            ("raw-in-id", call.task_id, has_controls),
            ("raw-in-token", call.token, _field_control),
        ):
            controls = next((run for run, around in _runs(text, judged) if around in request.raw), None)
            if controls is not None:
                yield Finding(kind, owed, f"{controls!r}, raw in the request", at=request)
    if not has_controls(call.task_id):
        return
    for request in own_requests(contract, trial.last):
        target = target_of(contract, request)
        place = target.place_of(Template.of(contract), call.task_id)
        seen = target.segments[place] if place is not None else request.target
        if request.malformed is None and decode(seen) != call.task_id.encode():
            yield Finding(
                "altered", f"the id {abbreviated(repr(call.task_id))}, or a refusal", seen, at=request
            )


def _runs(text: str, judged: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Each run of control characters, with the bytes that it and its neighbours would be on the wire, raw."""
    start = 0
    while start < len(text):
        end = start
        while end < len(text) and judged(text[end]):
            end += 1
        if end > start:
            around = text[max(0, start - 2) : end] + (text[end : end + 2] or "\r\n")
            for encoding in ("utf-8", "latin-1"):
                yield text[start:end], around.encode(encoding, "ignore")
        start = end + 1
