"""What Graph's conventions and the standards ask of the request beyond the action's page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphcontract.clauses import Finding, NotApplicable, clause
from graphcontract.clauses.queries import (
    GUID,
    abbreviated,
    asking,
    control_sent,
    has_controls,
    has_opaque_ids,
    is_guid,
    is_opaque,
    is_usable,
    own_requests,
    target_of,
)
from graphcontract.contract.model import Contract
from graphcontract.exchange import Trial, WireRequest
from graphcontract.http.request_target import Template, decode

_CONTROLS_IN_ID = re.compile("([\x00-\x1f\x7f-\x9f]+)")
# Tabs and what is above ASCII may stand in a field's value (RFC 9110, 5.5).
_CONTROLS_IN_FIELD = re.compile("([\x00-\x08\x0a-\x1f\x7f]+)")
_NEIGHBOURS = 8


def _as_asked(contract: Contract, trial: Trial) -> list[WireRequest]:
    """Well-formed requests of the call whose content is as it is owed; another clause judges that."""
    requests = [each for each in asking(contract, trial.exchange) if each.malformed is None]
    if contract.request.content == "unconstrained":
        return requests
    return [each for each in requests if bool(each.content_size) == (contract.request.content == "required")]


def _rule(field: str) -> NotApplicable:
    def not_applicable(contract: Contract) -> str | None:
        rule = contract.request.fields.get(field, "unconstrained")
        return f"the contract leaves {field} open" if rule == "unconstrained" else None

    return not_applicable


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
    otherwise="the client sends no HTTP/1.1 request with the content that is owed",
    not_applicable=_rule("Content-Length"),
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
    not_applicable=_rule("Content-Type"),
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
    "repeated",
    "not-a-guid",
    "same-for-calls",
    "other-for-retry",
    "present",
    when=lambda contract, trial: bool(own_requests(contract, trial.exchange)),
    needs=frozenset({"own-root"}),
    not_applicable=_rule("client-request-id"),
    uses_earlier_steps=True,
)
def client_request_id(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """One GUID a call, kept for its retries: what Graph's support asks for."""
    if _forbids(contract, "client-request-id"):
        for request in asking(contract, trial.exchange):
            yield from _present(request, "client-request-id")
        return
    earlier: set[str] = set()
    for step in trial.exchanges:
        ids: list[str] = []
        for request in asking(contract, step):
            yield from _correlation_faults(request)
            for id in request.values("client-request-id")[:1]:
                if id in earlier:
                    yield Finding("same-for-calls", "another one for each call", abbreviated(id), at=request)
                if ids and id != ids[0]:
                    seen = f"{abbreviated(ids[0])}, then {abbreviated(id)}"
                    yield Finding("other-for-retry", "the same one for a retry", seen, at=request)
                ids.append(id)
        earlier.update(ids)


def _correlation_faults(request: WireRequest) -> Iterator[Finding]:
    ids = request.values("client-request-id")
    if not ids:
        yield Finding("missing", "a client-request-id", "none", at=request)
    if len(ids) > 1:
        yield Finding("repeated", "one client-request-id", f"{len(ids)} of them", at=request)
    for id in ids:
        bare = id[1:-1] if id.startswith("{") and id.endswith("}") else id
        if GUID.fullmatch(bare) is None:
            yield Finding("not-a-guid", "a GUID", abbreviated(id), at=request)


def _is_opaque(contract: Contract, trial: Trial) -> bool:
    call = trial.exchange.call
    opaque = is_opaque(call.task_id) and not is_guid(call.task_id) and is_usable(call)
    return opaque and control_sent(contract, trial)


@clause(
    "input.opaque-id",
    "refused",
    when=_is_opaque,
    needs=frozenset({"id"}),
    not_applicable=lambda contract: (
        None if has_opaque_ids(contract) else "the contract says what an id looks like"
    ),
)
def opaque_id(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Keys in Graph are opaque strings; that today's are GUIDs is no promise."""
    exchange = trial.exchange
    if not own_requests(contract, exchange) and exchange.outcome.kind != "success":
        said = exchange.outcome.reason or (exchange.outcome.error and exchange.outcome.error.message) or ""
        seen = f"{exchange.outcome.kind}: {abbreviated(said)}"
        yield Finding("refused", f"a request for the id {exchange.call.task_id!r}", seen)


def _unusable(_contract: Contract, trial: Trial) -> bool:
    return trial.exchange.call.task_id in ("", ".", "..")


@clause("input.unusable-id", "dot-segment", "collapsed", "other-id", when=_unusable, needs=frozenset({"id"}))
def unusable_id(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Dot segments are removed wherever a path is normalised, encoded or not (RFC 3986, 6.2.2)."""
    task_id = trial.exchange.call.task_id
    owed = f"a refusal of the id {task_id!r}, or a path that it does not change"
    for request in asking(contract, trial.exchange):
        kind = _unusable_id_fault(contract, request, task_id)
        if kind:
            yield Finding(kind, owed, abbreviated(request.target, 400), repr(task_id), request)


def _unusable_id_fault(contract: Contract, request: WireRequest, task_id: str) -> str | None:
    template, target = Template.of(contract), target_of(contract, request)
    decoded = target.decoded()
    if not target.key_in_parentheses and (b"." in decoded or b".." in decoded):
        return "dot-segment"
    if len(decoded) < len(template.segments):
        return "collapsed"
    place = target.place_of(template, task_id)
    return "other-id" if place is None or decoded[place] != task_id.encode() else None


def _injected(_contract: Contract, trial: Trial) -> bool:
    call = trial.exchange.call
    return has_controls(call.task_id) or _CONTROLS_IN_FIELD.search(call.token) is not None


@clause("input.injection", "raw-in-id", "raw-in-token", "altered", when=_injected, needs=frozenset({"id"}))
def injection(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A control character is refused, or percent-encoded in the id; dropping it asks for another task."""
    call = trial.exchange.call
    owed = "a refusal, or no raw control character on the wire"
    found = False
    for request in trial.exchange.requests:
        for kind, text, controls in (
            ("raw-in-id", call.task_id, _CONTROLS_IN_ID),
            ("raw-in-token", call.token, _CONTROLS_IN_FIELD),
        ):
            run = next((run for run, raw in _runs(text, controls) if raw.search(request.raw)), None)
            if run is not None:
                found = True
                yield Finding(kind, owed, f"{run!r}, raw in the request", at=request)
    if found or not has_controls(call.task_id):
        return
    owed = f"the id {abbreviated(repr(call.task_id))}, or a refusal"
    for request in asking(contract, trial.exchange):
        target = target_of(contract, request)
        place = target.place_of(Template.of(contract), call.task_id)
        seen = target.segments[place] if place is not None else request.target
        if decode(seen) != call.task_id.encode():
            yield Finding("altered", owed, abbreviated(seen, 400), at=request)


def _runs(text: str, controls: re.Pattern[str]) -> Iterator[tuple[str, re.Pattern[bytes]]]:
    """Each run of control characters, with what it and its neighbours are on the wire, raw.

    Line ends within a text count in any form, folded lines too; at its end a line feed alone, or a carriage
    return alone, for both together end a line from which they were taken off.
    """
    parts = controls.split(text)
    for before, run, after in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
        if not after and run.endswith("\r\n"):
            continue
        for encoding in ("utf-8", "latin-1"):
            left, middle, right = (
                re.escape(part.encode(encoding, "ignore"))
                for part in (before[-_NEIGHBOURS:], run, after[:_NEIGHBOURS])
            )
            if after:
                middle = re.sub(rb"(?:\\[\r\n])+", rb"[\\r\\n]+[ \\t]*", middle)
            # What goes on after the text's end may be a field whose name begins alike, or a line's end.
            end = rb"(?![\w:-])" if after else rb"(?!\n)"
            yield run, re.compile(left + middle + right + (end if len(after) < _NEIGHBOURS else b""))
