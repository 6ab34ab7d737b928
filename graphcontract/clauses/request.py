"""Clauses on the request that the operation's page documents: method, path, parameters, query, content,
number.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.parameter_values import (
    describe_expected,
    find_most_unusual_class,
    find_path_faults,
    find_query_faults,
)
from graphcontract.clauses.queries import (
    abbreviate,
    control_has_request,
    crashed_without_request,
    describe_outcome,
    find_unreadable_requests,
    has_usable_values,
    is_opaque,
    is_ordinary,
    is_same_authority,
    last_response,
    operation_requests,
    own_requests,
    path_values,
    quote,
    read_target,
    remembers,
)
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial
from graphcontract.http.request_target import (
    Target,
    Template,
    decode,
    is_plain,
)
from graphcontract.wire import WireRequest

# Fields by which frameworks and gateways replace the method of a POST; OData services know the first.
_METHOD_OVERRIDES = ("X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override")


def _has_request(contract: Contract, trial: Trial) -> bool:
    return bool(own_requests(contract, trial.exchange))


def _has_request_with_values(contract: Contract, trial: Trial) -> bool:
    return _has_values(contract, trial.exchange)


@remembers
def _has_values(contract: Contract, exchange: Exchange) -> bool:
    """Whether each value is where it belongs in the path, or cannot change the path around it."""
    requests, call = operation_requests(contract, exchange), exchange.call
    return bool(requests) and (
        all(is_plain(value) for _, value in path_values(contract, call))
        or all(each.malformed is None and not find_path_faults(contract, each, call) for each in requests)
    )


@clause("request.method", "other-method", "letter-case", "override", when=_has_request)
def method(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The request must have the documented method, in uppercase: methods are case-sensitive (RFC 9110, 9.1).
    Requests of the call to other paths, such as a read before the operation, may have other methods. A
    field that names the same method again is accepted.
    """
    expected = contract.request.method
    for request in operation_requests(contract, trial.exchange):
        for name in _METHOD_OVERRIDES:
            if others := [value for value in request.values(name) if value.strip().upper() != expected]:
                yield Finding("override", expected, f"{name}: {abbreviate(others[0])}", at=request)
        if request.method != expected:
            kind = "letter-case" if request.method.upper() == expected else "other-method"
            yield Finding(kind, expected, abbreviate(request.method), at=request)


def _path_fault_kinds(contract: Contract, target: Target) -> Iterator[str]:
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
            if not template.is_key(index) and not template.accepts(index, segment):
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
    when=_has_request_with_values,
)
def path(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The request must go to the server of the root, with exactly the documented path segments (the
    operation's page). Other spellings of the same names are for `request.path-spelling`, and
    a path that is wrong because of the id is for `request.path-parameters`.
    """
    expected = f"/{contract.request.version}{contract.request.path}"
    for request in operation_requests(contract, trial.exchange):
        target = read_target(contract, request)
        kinds = list(_path_fault_kinds(contract, target))
        # Servers must accept the absolute form in HTTP/1.1 (RFC 9112, 3.2.2), and :path has none of it.
        kinds += ["not-origin-form"] if request.version == "2" and target.authority is not None else []
        for kind in dict.fromkeys(kinds):
            yield Finding(kind, expected, abbreviate(request.target, 400), at=request)
        yield from _find_authority_faults(trial.exchange.root, request, target)


def _find_authority_faults(expected_root: str, request: WireRequest, target: Target) -> Iterator[Finding]:
    """Compare Host and the absolute form with the root's server."""
    authorities = request.values("host") + ([] if target.authority is None else [target.authority])
    actual = next((each for each in authorities if not is_same_authority(each, expected_root)), None)
    if actual is not None:
        expected = urlsplit(expected_root).netloc.lower()
        yield Finding("other-authority", expected, abbreviate(actual), at=request)


def _spelling_fault_kinds(contract: Contract, target: Target) -> Iterator[str]:
    template = Template.of(contract)
    if target.key_in_parentheses:
        yield "key-in-parentheses"
    if target.empty_segments:
        yield "empty-segment"
    if target.query == "":
        yield "bare-question-mark"
    for index, segment in enumerate(target.segments):
        if not template.is_key(index):
            yield from template.misspellings(index, segment)


def _has_documented_path(contract: Contract, trial: Trial) -> bool:
    targets = [read_target(contract, request) for request in operation_requests(contract, trial.exchange)]
    return _has_request_with_values(contract, trial) and not any(
        True for target in targets for _ in _path_fault_kinds(contract, target)
    )


@clause(
    "request.path-spelling",
    "letter-case",
    "empty-segment",
    "key-in-parentheses",
    "namespace",
    "bare-question-mark",
    when=_has_documented_path,
)
def path_spelling(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The path should be spelled as documented (the operation's page; Graph's path traversal). Graph is
    known to accept most other spellings of the same path, so that they are not faults of `request.path`.
    """
    expected = f"/{contract.request.version}{contract.request.path}"
    for request in operation_requests(contract, trial.exchange):
        for kind in dict.fromkeys(_spelling_fault_kinds(contract, read_target(contract, request))):
            yield Finding(kind, expected, abbreviate(request.target, 400), at=request)


def _shows_values(contract: Contract, trial: Trial) -> bool:
    if not has_usable_values(contract, trial.exchange.call):
        return False
    return _has_request(contract, trial) or _crashed_on_value(contract, trial)


def _crashed_on_value(contract: Contract, trial: Trial) -> bool:
    """Whether the client crashed on an unusual value only: it sent a request for the control's plain ones."""
    exchange = trial.exchange
    unusual = not all(map(is_opaque, exchange.call.arguments.values()))
    return crashed_without_request(exchange) and unusual and control_has_request(contract, trial)


@clause(
    "request.path-parameters",
    "changed",
    "raw",
    "split",
    "cut",
    "crash",
    "swapped",
    "repeated",
    "lost",
    "merged",
    "unquoted",
    "quotes",
    when=_shows_values,
    reads_malformed=True,
    not_applicable=lambda contract: (
        None if contract.request.path_parameters else "the contract's path has no parameters"
    ),
)
def path_parameters(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Each value must be in its own path segment, which decodes to exactly that value, or in its function's
    literal (RFC 3986, 2 and 3.3; OData's URL conventions). A crash is a fault only if the client sent a
    request for plain values, and rejecting a value is not one.
    """
    call = trial.exchange.call
    if crashed_without_request(trial.exchange):
        outcome, values = trial.exchange.outcome, path_values(contract, call)
        actual = f"no request; outcome {outcome.kind}: {outcome.reason}"
        expected = "; ".join(describe_expected(contract, *each) for each in values)
        input = find_most_unusual_class("".join(value for _, value in values))
        yield Finding("crash", expected, actual, input)
        return
    for request in operation_requests(contract, trial.exchange):
        for fault in find_path_faults(contract, request, call):
            yield Finding(fault.kind, fault.expected, abbreviate(fault.actual, 400), fault.input, request)


def _shows_query(contract: Contract, trial: Trial) -> bool:
    if find_unreadable_requests(contract, trial.exchange):
        named = contract.request.query_parameters
        return bool(named) and has_usable_values(contract, trial.exchange.call)
    return _has_request_with_values(contract, trial)


@clause(
    "request.query",
    "query",
    "no-query",
    "missing",
    "changed",
    "raw",
    "repeated",
    "unknown",
    when=_shows_query,
    reads_malformed=True,
    not_applicable=lambda contract: (
        "the contract leaves the query open" if contract.request.query == "unconstrained" else None
    ),
)
def query(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The request must have a query only if the operation takes one, with the documented parameters (the
    operation's page). A bare question mark is an empty query (RFC 3986, 3.4), which `request.path-spelling`
    reports; a plus and %20 are both accepted as a space.
    """
    if contract.request.query_parameters:
        for request in operation_requests(contract, trial.exchange):
            for fault in find_query_faults(contract, request, trial.exchange.call):
                yield Finding(fault.kind, fault.expected, abbreviate(fault.actual, 400), fault.input, request)
        return
    required = contract.request.query == "required"
    for request in operation_requests(contract, trial.exchange):
        actual = read_target(contract, request).query
        if required and not actual:
            yield Finding("no-query", "a query", "no query", at=request)
        if actual and not required:
            yield Finding("query", "no query", f"?{abbreviate(actual)}", at=request)


@clause(
    "request.body",
    "content",
    "no-content",
    "uncounted",
    when=_has_request,
    not_applicable=lambda contract: (
        "the contract leaves the content open" if contract.request.content == "unconstrained" else None
    ),
)
def body(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The request must have content only if the operation takes it (the operation's page). Zero bytes count
    as absent, whatever the framing; bytes after the end of the request count as content without framing.
    """
    required = contract.request.content == "required"
    for request in operation_requests(contract, trial.exchange):
        if required and not request.content_size:
            yield Finding("no-content", "content", "no content", at=request)
        if not required and request.content_size:
            text = abbreviate(request.content.decode("utf-8", "replace"))
            actual = f"{request.content_size} bytes of content: {text}"
            yield Finding("content", "no content", actual, at=request)
    for rest in _find_bytes_after_request(contract, trial.exchange):
        text = quote(rest.raw.decode("utf-8", "replace"))
        actual = f"{len(rest.raw)} bytes outside of any framing: {text}"
        yield Finding("uncounted", "no bytes after the end of the request", actual, at=rest)


def _find_bytes_after_request(contract: Contract, exchange: Exchange) -> list[WireRequest]:
    """What followed a request of the call on its connection and is not the start of another request."""
    own = own_requests(contract, exchange)
    connections = {each.connection for each in own}
    rest = [each for each in exchange.requests if not each.version and each.connection in connections]
    return [each for each in rest if each not in own]


def _list_root_segments(exchange: Exchange) -> list[bytes]:
    """The segments of the root's path; the last one is the version."""
    return [decode(segment) for segment in urlsplit(exchange.root).path.split("/") if segment]


def _has_unusual_root(contract: Contract, trial: Trial) -> bool:
    root = trial.exchange.root
    unusual = root.endswith("/") or len(_list_root_segments(trial.exchange)) > 1
    return unusual and any(each.malformed is None for each in own_requests(contract, trial.exchange))


@clause(
    "request.root-path",
    "dropped",
    "repeated",
    "changed",
    "empty-segment",
    when=_has_unusual_root,
    needs=frozenset({"id", "settable-root"}),
)
def root_path(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The request path should begin with the path of the service root, unchanged and once, without an empty
    segment (RFC 3986, 3.3): a gateway may serve Graph below a path. What follows the root is for
    `request.path`.
    """
    expected, root = urlsplit(trial.exchange.root).path, _list_root_segments(trial.exchange)
    for request in operation_requests(contract, trial.exchange):
        target = read_target(contract, request)
        segments = [decode(segment) for segment in target.path.split("/") if segment]
        if request.malformed is not None:
            continue
        if target.empty_segments:
            yield Finding("empty-segment", "no empty segment", abbreviate(request.target, 400), at=request)
        kind = _compare_root(root, segments)
        if kind is not None:
            yield Finding(kind, f"{expected.rstrip('/')}/…", abbreviate(request.target, 400), at=request)


def _compare_root(root: list[bytes], segments: list[bytes]) -> str | None:
    """How the beginning of a path differs from the root's segments: a kind of finding, or None."""
    if segments[: len(root)] == root:
        rest = segments[len(root) :]
        return "repeated" if rest[: len(root)] == root or rest[:1] == root[-1:] else None
    names = {segment.lower() for segment in root[:-1]}
    return "dropped" if names.isdisjoint(each.lower() for each in segments[: len(root)]) else "changed"


def _shows_number_of_requests(contract: Contract, trial: Trial) -> bool:
    exchange = trial.exchange
    return not own_requests(contract, exchange) or is_ordinary(contract, exchange.call)


@clause(
    "request.once",
    "unsent-success",
    "unsent",
    "repeated",
    "malformed",
    when=_shows_number_of_requests,
    reads_malformed=True,
)
def once(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A call that gets a 2xx response must send exactly one valid request, and success must never be
    reported without a request (RFC 9112, 2.2, 6.2 and 6.3). A client may reject an id that is not ordinary,
    and other traffic, such as telemetry, does not count. A request after an error, a redirect or a response
    that did not arrive whole is a retry, and only has to be valid.
    """
    exchange = trial.exchange
    requests, ordinary = own_requests(contract, exchange), is_ordinary(contract, exchange.call)
    unreadable = find_unreadable_requests(contract, exchange)
    for request in unreadable if ordinary else ():
        version = "2" if request.version == "2" else "1.1"
        yield Finding("malformed", f"a valid HTTP/{version} request", str(request.malformed), at=request)
    if len(requests) > 1 and last_response(contract, exchange) and not _was_retried(contract, exchange):
        yield Finding("repeated", "one request", f"{len(requests)} requests", at=requests[1])
    if requests or unreadable:
        return
    outcome = exchange.outcome
    if outcome.kind == "success":
        yield Finding("unsent-success", "success only after a request", "success without a request")
    elif ordinary:
        yield Finding("unsent", "one request", f"no request; outcome {describe_outcome(outcome)}")


def _was_retried(contract: Contract, exchange: Exchange) -> bool:
    """Whether a valid request of the call got an error, a redirect or an incomplete response."""
    valid = [each for each in own_requests(contract, exchange) if each.malformed is None]
    return any(
        (each.status >= 300 or not each.whole) and exchange.requests[each.request] in valid
        for each in exchange.responses
    )
