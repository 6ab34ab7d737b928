"""Clauses on the request that Graph's conventions and the standards add to the operation's page."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator

from graphcontract.clauses import Finding, NotApplicable, clause
from graphcontract.clauses.queries import (
    GUID,
    abbreviate,
    control_has_request,
    describe_ids,
    describe_outcome,
    has_control_characters,
    has_opaque_ids,
    is_guid,
    is_opaque,
    is_opaque_string,
    is_unusable,
    is_usable,
    operation_requests,
    own_requests,
    path_values,
    quote,
    read_target,
)
from graphcontract.contract.model import Contract
from graphcontract.exchange import Trial
from graphcontract.http.request_target import Position, SentValue, Template, decode, is_plain
from graphcontract.wire import WireRequest

_CONTROLS_IN_ID = re.compile("([\x00-\x1f\x7f-\x9f]+)")
# A field value may contain tabs and bytes above ASCII (RFC 9110, 5.5).
_CONTROLS_IN_FIELD = re.compile("([\x00-\x08\x0a-\x1f\x7f]+)")
_NEIGHBOURS = 8  # characters around control characters that identify them in the bytes of a request


def _documented_requests(contract: Contract, trial: Trial) -> list[WireRequest]:
    """Well-formed requests of the call with content only if it is required; `request.body` checks the
    others.
    """
    requests = [each for each in operation_requests(contract, trial.exchange) if each.malformed is None]
    if contract.request.content == "unconstrained":
        return requests
    return [each for each in requests if bool(each.content_size) == (contract.request.content == "required")]


def _unless_constrained(field: str) -> NotApplicable:
    def not_applicable(contract: Contract) -> str | None:
        rule = contract.request.fields.get(field, "unconstrained")
        return f"the contract leaves {field} open" if rule == "unconstrained" else None

    return not_applicable


def _forbids(contract: Contract, field: str) -> bool:
    return contract.request.fields[field] == "forbid"


def _find_forbidden(request: WireRequest, field: str) -> Iterator[Finding]:
    for value in request.values(field):
        yield Finding("present", f"no {field}", abbreviate(value), at=request)


@clause(
    "request.content-length",
    "missing",
    "chunked",
    "present",
    when=lambda contract, trial: any(each.version == "1.1" for each in _documented_requests(contract, trial)),
    otherwise="the client sends no HTTP/1.1 request with the documented content",
    not_applicable=_unless_constrained("Content-Length"),
)
def content_length(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """An HTTP/1.1 request should have a Content-Length, 0 if its content is empty, or none if the contract
    forbids it (RFC 9110, 8.6; Graph may respond with 411). HTTP/1.0 requests and those with undocumented
    content, whose length is a consequence of that, are left out.
    """
    for request in _documented_requests(contract, trial):
        if request.version != "1.1":
            continue
        if _forbids(contract, "Content-Length"):
            yield from _find_forbidden(request, "Content-Length")
        elif request.framing != "content-length":
            kind = "chunked" if request.framing == "chunked" else "missing"
            actual = "chunked framing" if kind == "chunked" else "no Content-Length and no Transfer-Encoding"
            yield Finding(kind, f"Content-Length: {request.content_size}", actual, at=request)


@clause(
    "request.content-type",
    "present",
    "missing",
    "other",
    when=lambda contract, trial: bool(_documented_requests(contract, trial)),
    not_applicable=_unless_constrained("Content-Type"),
)
def content_type(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Content-Type should be the documented media type if there is content, and absent if not (RFC 9110,
    8.3). Parameters and letter case of the media type make no difference.
    """
    media_type = contract.request.media_type
    expected = f"Content-Type: {media_type}" if media_type else "a Content-Type"
    for request in _documented_requests(contract, trial):
        values = request.values("content-type")
        if _forbids(contract, "Content-Type"):
            yield from _find_forbidden(request, "Content-Type")
        elif not values:
            yield Finding("missing", expected, "no Content-Type", at=request)
        elif media_type and values[0].partition(";")[0].strip().lower() != media_type:
            yield Finding("other", expected, abbreviate(values[0]), at=request)


# Representation metadata (RFC 9110, 8 and 14.4; RFC 6266): each describes content of the same message.
_DESCRIPTIONS = ("Content-Language", "Content-Location", "Content-Range", "Content-Disposition")
_DIGESTS = ("Content-Digest", "Repr-Digest", "Digest", "Content-MD5")
# What signing clients send with a request without content: the digest of zero bytes is true.
_EMPTY_DIGESTS = frozenset(
    b64encode(hashlib.new(name, usedforsecurity=False).digest()).decode()
    for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
)


def _requests_without_content(contract: Contract, trial: Trial) -> list[WireRequest]:
    """Well-formed requests of the call that have no content, where the contract does not require it."""
    requests = operation_requests(contract, trial.exchange)
    return [each for each in requests if each.malformed is None and not each.content_size]


@clause(
    "request.content-fields",
    "coding",
    "description",
    "digest",
    "trailer",
    when=lambda contract, trial: bool(_requests_without_content(contract, trial)),
    not_applicable=lambda contract: (
        "the operation requires content" if contract.request.content == "required" else None
    ),
)
def content_fields(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A request without content should not have header fields that describe content (RFC 9110, 8 and 6.6.2).
    An empty value describes nothing, and a digest of zero bytes is true: signing clients send it. Expect does
    not describe content, and is accepted.
    """
    for request in _requests_without_content(contract, trial):
        for kind, names in (("coding", ("Content-Encoding",)), ("description", _DESCRIPTIONS)):
            yield from _find_descriptions(kind, names, request)
        for name in _DIGESTS:
            for value in request.values(name):
                if value and not any(digest in value for digest in _EMPTY_DIGESTS):
                    actual = f"{name}: {abbreviate(value)}"
                    yield Finding("digest", f"no {name}, or that of zero bytes", actual, at=request)
        if request.framing != "chunked":
            yield from _find_descriptions("trailer", ("Trailer",), request)


def _find_descriptions(kind: str, names: Iterable[str], request: WireRequest) -> Iterator[Finding]:
    for name in names:
        for value in filter(None, request.values(name)):
            yield Finding(kind, f"no {name} without content", f"{name}: {abbreviate(value)}", at=request)


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
    not_applicable=_unless_constrained("client-request-id"),
    uses_earlier_steps=True,
)
def client_request_id(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Each call should send one client-request-id, a GUID that is new for the call and the same for its
    retries (Graph's best practices). Braces around the GUID are accepted.
    """
    if _forbids(contract, "client-request-id"):
        for request in operation_requests(contract, trial.exchange):
            yield from _find_forbidden(request, "client-request-id")
        return
    earlier: set[str] = set()
    for step in trial.exchanges:
        ids: list[str] = []
        for request in operation_requests(contract, step):
            yield from _find_id_faults(request)
            for id in request.values("client-request-id")[:1]:
                if id in earlier:
                    yield Finding(
                        "same-for-calls", "a new client-request-id for each call", abbreviate(id), at=request
                    )
                if ids and id != ids[0]:
                    actual = f"{abbreviate(ids[0])}, then {abbreviate(id)}"
                    yield Finding("other-for-retry", "the same client-request-id", actual, at=request)
                ids.append(id)
        earlier.update(ids)


def _find_id_faults(request: WireRequest) -> Iterator[Finding]:
    ids = request.values("client-request-id")
    if not ids:
        yield Finding("missing", "a client-request-id", "no client-request-id", at=request)
    if len(ids) > 1:
        yield Finding("repeated", "one client-request-id", f"{len(ids)} client-request-ids", at=request)
    for id in ids:
        bare = id[1:-1] if id.startswith("{") and id.endswith("}") else id
        if GUID.fullmatch(bare) is None:
            yield Finding("not-a-guid", "a GUID", abbreviate(id), at=request)


def _has_opaque_id(contract: Contract, trial: Trial) -> bool:
    call = trial.exchange.call
    parameters = contract.request.parameters
    others = [value for name, value in call.arguments.items() if not is_opaque_string(parameters[name])]
    ids = [value for name, value in call.arguments.items() if is_opaque_string(parameters[name])]
    opaque = all(map(is_opaque, ids)) and not all(map(is_guid, ids)) and is_usable(contract, call)
    return opaque and all(map(is_plain, others)) and control_has_request(contract, trial)


def _without_opaque_ids(contract: Contract) -> str | None:
    if not contract.request.parameters:
        return "the operation has no parameters"
    return None if has_opaque_ids(contract) else "the contract restricts what an id looks like"


@clause(
    "input.opaque-id",
    "refused",
    when=_has_opaque_id,
    needs=frozenset({"id"}),
    not_applicable=_without_opaque_ids,
)
def opaque_id(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The client should accept any id of letters, digits and hyphens: ids in Graph are opaque, and may
    cease to be GUIDs (Graph's versioning policy). It counts only if the client sent a request for the
    control's GUID.
    """
    exchange = trial.exchange
    if not own_requests(contract, exchange) and exchange.outcome.kind != "success":
        actual = f"no request; outcome {describe_outcome(exchange.outcome)}"
        yield Finding("refused", f"a request for {describe_ids(exchange.call)}", actual)


def _unusable_keys(contract: Contract, trial: Trial) -> list[tuple[Position, str]]:
    values = path_values(contract, trial.exchange.call)
    return [each for each in values if each[0].argument is None and is_unusable(*each)]


@clause(
    "input.unusable-id",
    "dot-segment",
    "collapsed",
    "other-id",
    when=lambda contract, trial: bool(_unusable_keys(contract, trial)),
    needs=frozenset({"id"}),
    not_applicable=lambda contract: (
        None
        if Template.of(contract).find_last_key() is not None
        else "the contract's path has no segment that is a parameter"
    ),
)
def unusable_id(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """An empty id or a dot segment must not make the request name another resource: dot segments are
    removed wherever a path is normalised, percent-encoded or not (RFC 3986, 5.2.4 and 6.2.2). Rejecting
    such an id is correct, and so is a path that keeps it, such as a key in parentheses.
    """
    for position, value in _unusable_keys(contract, trial):
        id = describe_ids(trial.exchange.call, position.parameter)
        expected = f"{id} rejected, or a path that it does not change"
        for request in operation_requests(contract, trial.exchange):
            kind = _find_unusable_id_fault(contract, request, position, value)
            if kind:
                yield Finding(kind, expected, abbreviate(request.target, 400), repr(value), request)


def _find_unusable_id_fault(
    contract: Contract, request: WireRequest, position: Position, value: str
) -> str | None:
    template, target = Template.of(contract), read_target(contract, request)
    decoded = target.decode_segments()
    if not target.key_in_parentheses and (b"." in decoded or b".." in decoded):
        return "dot-segment"
    if len(decoded) < len(template.segments):
        return "collapsed"
    found = target.find_value(template, position, value)
    return "other-id" if found is None or found.decoded != value.encode() else None


def _has_control_characters(_contract: Contract, trial: Trial) -> bool:
    call = trial.exchange.call
    return (
        any(map(has_control_characters, call.arguments.values()))
        or _CONTROLS_IN_FIELD.search(call.token) is not None
    )


@clause(
    "input.injection",
    "raw-in-id",
    "raw-in-token",
    "altered",
    when=_has_control_characters,
    reads_malformed=True,
    needs=frozenset({"id"}),
)
def injection(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Control characters must not be sent unescaped, where they could add headers or requests, and those of
    an id must not be dropped, which would name another task (RFC 9110, 5.5; RFC 3986, 2.1). Rejecting the
    input is correct.
    """
    call = trial.exchange.call
    expected = "the input rejected, or its control characters encoded"
    found = False
    for request in trial.exchange.requests:
        for kind, text, controls in (
            *(("raw-in-id", value, _CONTROLS_IN_ID) for value in call.arguments.values()),
            ("raw-in-token", call.token, _CONTROLS_IN_FIELD),
        ):
            run = next(
                (run for run, raw in _build_patterns(text, controls) if raw.search(request.text)), None
            )
            if run is not None:
                found = True
                yield Finding(kind, expected, f"{quote(run)} unescaped in the request", at=request)
    for position, value in () if found else path_values(contract, call):
        if not has_control_characters(value):
            continue
        expected = f"{describe_ids(call, position.parameter)}, or the id rejected"
        for request in operation_requests(contract, trial.exchange):
            target = read_target(contract, request)
            sent = target.find_value(Template.of(contract), position, value)
            actual = SentValue(request.target, decode(request.target)) if sent is None else sent
            if actual.decoded != position.format_value(value).encode():
                yield Finding("altered", expected, abbreviate(actual.raw, 400), at=request)


def _build_patterns(text: str, controls: re.Pattern[str]) -> Iterator[tuple[str, re.Pattern[bytes]]]:
    """Each run of control characters in a text, with a pattern that finds it unescaped on the wire, between
    its neighbours.

    A line end within a text matches in any form, also as a folded line. At the end of a text, CR LF is
    skipped: it also ends a line from which a client has stripped it. A single CR or LF there is not.
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
            # After the end of the text there may be a field whose name starts with the same characters, or
            # the end of the line.
            end = rb"(?![\w:-])" if after else rb"(?!\n)"
            yield run, re.compile(left + middle + right + (end if len(after) < _NEIGHBOURS else b""))
