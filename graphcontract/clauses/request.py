"""The request that the action's page demands: method, path, id, query, content, number."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.queries import (
    LINE_END,
    abbreviated,
    answered,
    asking,
    broke_off,
    character_class,
    control_sent,
    difference,
    has_usable_id,
    is_opaque,
    is_ordinary,
    own_requests,
    target_of,
)
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial, WireRequest
from graphcontract.http.request_target import (
    Target,
    Template,
    decode,
    illegal_characters,
    is_plain,
)


def _sent(contract: Contract, trial: Trial) -> bool:
    return bool(own_requests(contract, trial.exchange))


def _sent_with_id(contract: Contract, trial: Trial) -> bool:
    """Whether the id is where it is owed, or such that it cannot change what stands around it."""
    requests, task_id = asking(contract, trial.exchange), trial.exchange.call.task_id
    return bool(requests) and (
        is_plain(task_id)
        or all(each.malformed is None and _id_fault(contract, each, task_id) is None for each in requests)
    )


@clause("request.method", "other-method", "letter-case", when=_sent)
def method(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Methods are case-sensitive (RFC 9110, 9.1): `post` is another method."""
    owed = contract.request.method
    for request in asking(contract, trial.exchange):
        if request.method != owed:
            kind = "letter-case" if request.method.upper() == owed else "other-method"
            yield Finding(kind, expected=owed, observed=abbreviated(request.method), at=request)


def _path_faults(contract: Contract, target: Target) -> Iterator[str]:
    template = Template.of(contract)
    if not target.rooted:
        yield "not-origin-form"
    if target.trailing_slash:
        yield "trailing-slash"
    if len(target.segments) > len(template.segments):
        yield "extra-segment"
    elif len(target.segments) < len(template.segments):
        yield "missing-segment"
    else:
        for index, segment in enumerate(target.segments):
            if index != template.place and not template.accepts(index, segment):
                yield "version" if index == 0 else "other-segment"


@clause(
    "request.path",
    "trailing-slash",
    "extra-segment",
    "missing-segment",
    "other-segment",
    "version",
    "not-origin-form",
    "other-authority",
    when=_sent_with_id,
)
def path(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The segments of the page, no more and no fewer; how names are spelled is judged by its neighbour."""
    owed = f"/{contract.request.version}{contract.request.path}"
    for request in asking(contract, trial.exchange):
        target = target_of(contract, request)
        for kind in dict.fromkeys(_path_faults(contract, target)):
            yield Finding(kind, expected=owed, observed=abbreviated(request.target, 400), at=request)
        yield from _authority_faults(trial.exchange.root, request, target)


def _authority_faults(owed_root: str, request: WireRequest, target: Target) -> Iterator[Finding]:
    """Host and absolute form name the server of the root, in any letter case and without user information."""
    root = urlsplit(owed_root)
    usual_port = ":443" if root.scheme == "https" else ":80"
    owed = root.netloc.lower().removesuffix(usual_port)
    named = request.values("host") + ([] if target.authority is None else [target.authority])
    seen = next((each for each in named if each.lower().removesuffix(usual_port) != owed), None)
    if seen is not None:
        yield Finding("other-authority", expected=owed, observed=abbreviated(seen), at=request)


def _spelling_faults(contract: Contract, target: Target) -> Iterator[str]:
    template = Template.of(contract)
    if target.key_in_parentheses:
        yield "key-in-parentheses"
    if target.empty_segments:
        yield "empty-segment"
    if target.query == "":
        yield "bare-question-mark"
    for index, segment in enumerate(target.segments):
        if index != template.place:
            yield from template.misspellings(index, segment)


def _path_holds(contract: Contract, trial: Trial) -> bool:
    targets = [target_of(contract, request) for request in asking(contract, trial.exchange)]
    return _sent_with_id(contract, trial) and not any(
        True for target in targets for _ in _path_faults(contract, target)
    )


@clause(
    "request.path-spelling",
    "letter-case",
    "empty-segment",
    "key-in-parentheses",
    "namespace",
    "bare-question-mark",
    when=_path_holds,
)
def path_spelling(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """What Graph is seen to take, spelled otherwise than the page does."""
    owed = f"/{contract.request.version}{contract.request.path}"
    for request in asking(contract, trial.exchange):
        for kind in dict.fromkeys(_spelling_faults(contract, target_of(contract, request))):
            yield Finding(kind, expected=owed, observed=abbreviated(request.target, 400), at=request)


def _id_on_trial(contract: Contract, trial: Trial) -> bool:
    if not has_usable_id(trial.exchange.call):
        return False
    return _sent(contract, trial) or _odd_id_broke_it(contract, trial)


def _odd_id_broke_it(contract: Contract, trial: Trial) -> bool:
    exchange = trial.exchange
    return broke_off(exchange) and not is_opaque(exchange.call.task_id) and control_sent(contract, trial)


@clause("request.task-id", "changed", "raw", "split", "cut", "crash", when=_id_on_trial)
def task_id(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """One segment that decodes to the very id; a crash counts where a plain id went out."""
    wanted = trial.exchange.call.task_id
    if broke_off(trial.exchange):
        seen = f"the client sent nothing: {trial.exchange.outcome.kind}, {trial.exchange.outcome.reason}"
        yield Finding("crash", f"a segment that decodes to {wanted!r}", seen, _oddest(wanted))
        return
    for request in asking(contract, trial.exchange):
        fault = _id_fault(contract, request, wanted)
        if fault is not None:
            kind, seen, input = fault
            owed = f"one segment that decodes to {abbreviated(repr(wanted))}"
            yield Finding(kind, owed, abbreviated(seen, 400), input, request)


def _id_fault(contract: Contract, request: WireRequest, wanted: str) -> tuple[str, str, str] | None:
    """Kind, observation and class of input where a request does not carry the id as owed."""
    if request.malformed is not None:
        line = LINE_END.split(request.raw.lstrip(b"\r\n"), 1)[0].split(b" ", 1)[-1]
        raw = [each for each in wanted if not each.isalnum() or not each.isascii()]
        raw = [each for each in raw if character_class(each) in ("space", "non-ascii", "unsafe")]
        found = next((each for each in raw if each.encode() in line.rsplit(b" HTTP/", 1)[0]), None)
        return ("raw", line.decode("latin-1"), character_class(found)) if found else None
    target, template = target_of(contract, request), Template.of(contract)
    place = target.place_of(template, wanted)
    if place is None:
        longer = len(target.segments) > len(template.segments)
        return ("split" if longer else "cut", request.target, _oddest(wanted))
    segment = target.segments[place]
    decoded = decode(segment)
    if decoded != wanted.encode():
        seen = decoded.decode("utf-8", "replace")
        return "changed", f"{segment} (decodes to {abbreviated(repr(seen))})", difference(wanted, seen)
    illegal = illegal_characters(segment)
    return ("raw", segment, character_class(illegal[0])) if illegal else None


def _oddest(text: str) -> str:
    """The class of the oddest character: one that a path segment cannot hold as it is, if there is any."""
    classes = [character_class(each) for each in text]
    for name in ("gen-delim", "percent", "space", "unsafe", "non-ascii", "sub-delim"):
        if name in classes:
            return name
    return ""


@clause(
    "request.query",
    "query",
    "no-query",
    when=_sent_with_id,
    not_applicable=lambda contract: (
        "the contract leaves the query open" if contract.request.query == "unconstrained" else None
    ),
)
def query(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A bare question mark is an empty query, and a matter of spelling."""
    required = contract.request.query == "required"
    for request in asking(contract, trial.exchange):
        found = target_of(contract, request).query
        if required and not found:
            yield Finding("no-query", "a query", "none", at=request)
        if found and not required:
            yield Finding("query", "no query", f"?{abbreviated(found)}", at=request)


@clause(
    "request.body",
    "content",
    "no-content",
    "uncounted",
    when=_sent,
    not_applicable=lambda contract: (
        "the contract leaves the content open" if contract.request.content == "unconstrained" else None
    ),
)
def body(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Absent content is zero bytes, whatever delimits them; what nothing delimits is content all the same."""
    required = contract.request.content == "required"
    for request in asking(contract, trial.exchange):
        if required and not request.content_size:
            yield Finding("no-content", "content", "no content", at=request)
        if not required and request.content_size:
            text = abbreviated(request.content.decode("utf-8", "replace"))
            seen = f"{request.content_size} bytes of content: {text}"
            yield Finding("content", "no content", seen, at=request)
    for rest in _uncounted(contract, trial.exchange):
        text = abbreviated(repr(rest.raw.decode("utf-8", "replace")))
        seen = f"{len(rest.raw)} bytes that no framing counts: {text}"
        yield Finding("uncounted", "nothing behind the request's end", seen, at=rest)


def _uncounted(contract: Contract, exchange: Exchange) -> list[WireRequest]:
    """What came behind a request of the call on its connection, and does not begin another."""
    own = own_requests(contract, exchange)
    connections = {each.connection for each in own}
    behind = [each for each in exchange.requests if not each.version and each.connection in connections]
    return [each for each in behind if each not in own]


def _once_on_trial(contract: Contract, trial: Trial) -> bool:
    exchange = trial.exchange
    if not own_requests(contract, exchange):
        return True
    if not is_ordinary(contract, exchange.call):
        return False
    last = answered(contract, exchange)
    return last is None or last.status == contract.success.status


@clause("request.once", "unsent-success", "unsent", "repeated", "malformed", when=_once_on_trial)
def once(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """One request for a call that is answered at once; success only for what was sent."""
    exchange = trial.exchange
    requests, ordinary = own_requests(contract, exchange), is_ordinary(contract, exchange.call)
    for request in requests:
        if request.malformed is not None and ordinary:
            yield Finding("malformed", "a request that HTTP/1.1 admits", request.malformed, at=request)
    if len(requests) > 1 and answered(contract, exchange):
        yield Finding("repeated", "one request", f"{len(requests)} requests", at=requests[1])
    if requests:
        return
    if exchange.outcome.kind == "success":
        yield Finding("unsent-success", "success only for what was sent", "success, and no request")
    elif ordinary:
        seen = f"no request, and {exchange.outcome.kind}: {exchange.outcome.reason or exchange.outcome.error}"
        yield Finding("unsent", "one request", abbreviated(seen, 400))
