"""Which request a page is about: method, version and path, from its template, its sample and its folder.

Knows request lines and the operation that is looked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from graphcontract.drift.fact_collector import Notes
from graphcontract.drift.model import Source, Unknown, Wanted
from graphcontract.drift.operation_paths import fits, folded, shown
from graphcontract.drift.page.blocks import Block
from graphcontract.drift.page.request_lines import RequestLine, request_lines
from graphcontract.drift.page.sections import examples, sections


def asked(
    notes: Notes,
    blocks: Sequence[Block],
    samples: Sequence[RequestLine],
    source: Source,
    wanted: Wanted,
    titled: Sequence[str] | None,
) -> RequestLine:
    """Find out method, version and path, and give the request line that says them; `Unknown` where the page
    is about another operation.
    """
    templates = request_templates(blocks)
    found = templates or [_templated(sample, wanted) for sample in samples[:1]]
    if not found:
        raise Unknown("it is a page without an HTTP request: it describes no operation", notes.origin)
    request = max(found, key=lambda each: _likeness(each, wanted))
    if not _same_operation(request, wanted, titled):
        described = f"{request.method} /{shown(request.path)}"
        raise Unknown(f"it describes {described}, which is another operation", notes.at(request.line))
    place = notes.at(request.line)
    notes.asserts("method", request.method, place)
    notes.asserts("path", request.path, place)
    if templates and samples:
        _hold_against(notes, samples[0], templates)
    _version(notes, request, samples, source)
    return request


def request_templates(blocks: Sequence[Block]) -> list[RequestLine]:
    """The request lines of the section on the HTTP request, or of annotated fences where there is none."""
    return [
        line
        for section in sections(blocks, r"http requests?|request (syntax|uri|url)")
        for _, fence in examples(section)
        for line in request_lines(fence.text, fence.line)
    ] or [
        line
        for role, fence in examples(blocks)
        if role == "ignored"
        for line in request_lines(fence.text, fence.line)
    ]


def _templated(sample: RequestLine, wanted: Wanted) -> RequestLine:
    """A sample whose ids are taken for keys where the operation has them."""
    if len(sample.path) != len(wanted.path):
        return sample
    path = tuple(
        own if isinstance(owed, str) else owed for own, owed in zip(sample.path, wanted.path, strict=True)
    )
    return RequestLine(sample.method, sample.version, path, sample.query, sample.line, sample.has_body)


def _likeness(request: RequestLine, wanted: Wanted) -> tuple[bool, int, bool]:
    own, owed = folded(request.path), folded(wanted.path)
    return own == owed, sum(a == b for a, b in zip(own, owed, strict=False)), request.method == wanted.method


def _same_operation(request: RequestLine, wanted: Wanted, titled: Sequence[str] | None) -> bool:
    """Its path but for one segment, or its name."""
    own, owed = folded(request.path), folded(wanted.path)
    if len(own) == len(owed) and sum(a != b for a, b in zip(own, owed, strict=True)) <= 1:
        return True
    named = (wanted.binding.casefold(), wanted.action.casefold())
    return titled is not None and tuple(name.casefold() for name in titled) == named


def _hold_against(notes: Notes, sample: RequestLine, templates: Sequence[RequestLine]) -> None:
    fitting = [each for each in templates if fits(sample.path, each.path)]
    place = notes.at(sample.line)
    if not fitting:
        text = f"the sample asks for /{shown(sample.path)}, which no HTTP request of the page is"
        notes.contradiction("path", text, place)
    elif all(each.method != sample.method for each in fitting):
        text = f"the sample sends {sample.method}, and the HTTP request {fitting[0].method}"
        notes.contradiction("method", text, place)


def _version(notes: Notes, request: RequestLine, samples: Sequence[RequestLine], source: Source) -> None:
    parts = source.path.absolute().parts
    folder = next((part for part in reversed(parts[:-1]) if part in ("beta", "v1.0")), None)
    sample = next((each for each in samples if each.version), None)
    told = request.version or folder or (sample.version if sample else None)
    if told:
        notes.asserts("version", told, notes.at(request.line))
    if told and sample and sample.version != told:
        text = f"the sample asks for version {sample.version}, and the page is of {told}"
        notes.contradiction("version", text, notes.at(sample.line))
