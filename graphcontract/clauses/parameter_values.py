"""Compares the values of parameters in a request with those of the call: in the path and in the query.

The clauses of `request` turn each fault into a finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_plus

from graphcontract.clauses.queries import (
    LINE_END,
    classify_character,
    classify_difference,
    path_values,
    quote,
    read_target,
)
from graphcontract.contract.model import Contract
from graphcontract.contract.odata import format_call, split_call
from graphcontract.exchange import Call
from graphcontract.http.request_target import (
    Position,
    SentValue,
    Target,
    Template,
    decode,
    illegal_characters,
    is_plain,
)
from graphcontract.wire import WireRequest


@dataclass(frozen=True, slots=True)
class ValueFault:
    """A parameter whose value a request does not have as it must: the kind, phrases for a report, and the
    class of input that explains the fault.
    """

    kind: str
    expected: str
    actual: str
    input: str = ""


def find_path_faults(contract: Contract, request: WireRequest, call: Call) -> list[ValueFault]:
    """Compare the values of all parameters in the path. A request that is not valid HTTP/1.1 is searched for
    characters that should have been percent-encoded.
    """
    values = path_values(contract, call)
    if request.malformed is not None:
        line = _cut_target(request)
        line = line.partition(b"?")[0] if contract.request.query_parameters else line
        return [
            ValueFault("raw", describe_expected(contract, position, value), line.decode("latin-1"), name)
            for position, value in values
            if (name := _find_raw_character(line, value))
        ]
    return list(_compare_path(contract, read_target(contract, request), values))


def describe_expected(contract: Contract, position: Position, value: str) -> str:
    """Say what a value's position must have; with the parameter's name if there are several."""
    if position.argument is None:
        text = f"one segment that decodes to {quote(value)}"
    else:
        text = f"the argument {position.argument} as the literal {position.format_value(value)}"
    several = len(contract.request.parameters) > 1
    return f"{position.parameter}: {text}" if several else text


def _compare_path(
    contract: Contract, target: Target, values: Sequence[tuple[Position, str]]
) -> Iterator[ValueFault]:
    template = Template.of(contract)
    sent = {position: target.find_value(template, position, value) for position, value in values}
    for position, value in values:
        found, expected = sent[position], describe_expected(contract, position, value)
        if found is None:
            kind = _explain_missing_value(template, target, position, values)
            yield ValueFault(kind, expected, target.text, find_most_unusual_class(value))
            if kind == "cut":
                return  # The rest of the path is missing for the same reason.
        elif found.decoded != position.format_value(value).encode():
            actual = found.decoded.decode("utf-8", "replace")
            text = f"{found.raw} (decodes to {quote(actual)})"
            kind = _explain_other_value(position, values, sent)
            read = _unquote(found.decoded).decode("utf-8", "replace") if position.quoted else actual
            input = classify_difference(value, read) if kind == "changed" else ""
            yield ValueFault(kind, expected, text, input)
        elif (illegal := illegal_characters(found.raw)) and not (position.argument and is_plain(value)):
            yield ValueFault("raw", expected, found.raw, classify_character(illegal[0]))


def _explain_missing_value(
    template: Template, target: Target, position: Position, values: Sequence[tuple[Position, str]]
) -> str:
    """The kind of a fault for a value that no segment has."""
    own = dict(values)[position]
    if len(values) > 1 and any(_is_merged(text, own, values) for text in _list_values(template, target)):
        return "merged"
    if position.argument is not None:
        calls = [each for each in target.segments if template.names_function(position.index, each)]
        segment = template.segments[position.index]
        readable = any(_read_arguments(segment, each) is not None for each in calls)
        return "lost" if readable else "changed"
    # Plain values have nothing that could end or divide the path.
    cannot_be_cut = all(is_plain(value) for _, value in values)
    if len(values) > 1 and (cannot_be_cut or _lacks_segment(template, target, position.index)):
        return "lost"
    return "split" if len(target.segments) > len(template.segments) else "cut"


def _list_values(template: Template, target: Target) -> Iterator[bytes]:
    """The texts in a path that may have the value of a parameter: of a function or composite key whose
    arguments can be read, each literal; else the segments that the template does not fix.
    """
    fixed = {each.encode() for index, each in enumerate(template.segments) if not template.is_key(index)}
    called = {position.index for position in template.positions if position.argument is not None}
    for raw in target.segments:
        functions = [each for each in called if template.names_function(each, raw)]
        arguments = _read_arguments(template.segments[functions[0]], raw) if functions else None
        if arguments is not None:
            yield from (each.encode() for each in arguments.values())
        elif decode(raw) not in fixed:
            yield decode(raw)


def _read_arguments(segment: str, raw: str) -> Mapping[str, str] | None:
    """The literals in a raw segment by argument; `segment` is the one of the template. None if they cannot be
    read.
    """
    return split_call(format_call(segment, decode(raw).decode("utf-8", "replace")))[1]


def _is_merged(actual: bytes, own: str, values: Sequence[tuple[Position, str]]) -> bool:
    """Whether a text has the value of a parameter together with that of another one."""
    others = {value.encode() for _, value in values if value and value != own and value not in own}
    rest = actual.replace(own.encode(), b"", 1) if own and own.encode() in actual else b""
    return any(other in rest for other in others)


def _lacks_segment(template: Template, target: Target, index: int) -> bool:
    """Whether the path is the documented one without the segment at an index."""
    others = [each for each in range(len(template.segments)) if each != index]
    return len(others) == len(target.segments) and all(
        template.is_key(each) or template.accepts(each, segment)
        for each, segment in zip(others, target.segments, strict=True)
    )


def _explain_other_value(
    position: Position, values: Sequence[tuple[Position, str]], sent: Mapping[Position, SentValue | None]
) -> str:
    """The kind of a fault for a value that differs from the expected one."""
    own, found = dict(values)[position], sent[position]
    assert found is not None
    if position.quoted:
        if found.decoded == f"'{own}'".encode():
            return "quotes"
        if found.decoded in (own.encode(), own.replace("'", "''").encode()):
            return "unquoted"
    actual = _unquote(found.decoded)
    if any(actual == value.encode() != own.encode() for _, value in values):
        every = sorted(_unquote(each.decoded) for each in sent.values() if each is not None)
        return "swapped" if every == sorted(value.encode() for _, value in values) else "repeated"
    return "merged" if _is_merged(found.decoded, own, values) else "changed"


def _unquote(literal: bytes) -> bytes:
    """The value of a literal; one without quotes is its own value."""
    if len(literal) > 1 and literal.startswith(b"'") and literal.endswith(b"'"):
        return literal[1:-1].replace(b"''", b"'")
    return literal


def find_query_faults(contract: Contract, request: WireRequest, call: Call) -> Iterator[ValueFault]:
    """Compare the query with the contract's query parameters, each of which must be there once."""
    names = contract.request.query_parameters
    if request.malformed is not None:
        line = _cut_target(request).partition(b"?")[2]
        for name, argument in names.items():
            value = call.arguments[argument]
            if found := _find_raw_character(line, value):
                expected = f"{name} with the value {quote(value)}"
                yield ValueFault("raw", expected, line.decode("latin-1"), found)
        return
    query = read_target(contract, request).query or ""
    pairs = [each.partition("=")[::2] for each in query.split("&") if each]
    sent = [(decode(name).decode("utf-8", "replace"), value) for name, value in pairs]
    for name, argument in names.items():
        expected = f"{name} with the value {quote(call.arguments[argument])}"
        found_values = [value for each, value in sent if each == name]
        if len(found_values) == 1:
            yield from _compare_query_value(expected, call.arguments[argument], found_values[0])
        elif found_values:
            yield ValueFault("repeated", f"{name} once", f"?{query}")
        else:
            yield ValueFault("missing", expected, f"?{query}" if query else "no query")
    if unknown := [each for each, _ in sent if each not in names]:
        yield ValueFault("unknown", f"only {', '.join(names)}", f"{quote(unknown[0])} in ?{query}")


def _compare_query_value(expected: str, value: str, raw: str) -> Iterator[ValueFault]:
    # Servers read a plus in a query as a space, as in HTML forms; clients write either.
    actual = unquote_plus(raw.encode("latin-1").decode("utf-8", "replace"), errors="replace")
    if actual != value:
        text = f"{raw} (decodes to {quote(actual)})"
        yield ValueFault("changed", expected, text, classify_difference(value, actual))
    elif illegal := illegal_characters(raw.replace("/", "").replace("?", "")):
        yield ValueFault("raw", expected, raw, classify_character(illegal[0]))


def _cut_target(request: WireRequest) -> bytes:
    """The request line of a malformed request, from its target on."""
    return LINE_END.split(request.text.lstrip(b"\r\n"), 1)[0].split(b" ", 1)[-1]


def _find_raw_character(line: bytes, value: str) -> str:
    """The class of the value's first character that stands in the line and must not; empty if none does."""
    raw = [each for each in value if not each.isalnum() or not each.isascii()]
    raw = [each for each in raw if classify_character(each) in ("space", "non-ascii", "unsafe")]
    target = line.rsplit(b" HTTP/", 1)[0]
    return next((classify_character(each) for each in raw if each.encode() in target), "")


def find_most_unusual_class(text: str) -> str:
    """The class of the text's most unusual character: first those that a segment cannot contain unencoded."""
    classes = [classify_character(each) for each in text]
    for name in ("gen-delim", "percent", "space", "unsafe", "non-ascii", "sub-delim"):
        if name in classes:
            return name
    return ""
