"""Finds which request a page describes: method, version and path, from its template, sample and folder."""

from __future__ import annotations

from collections.abc import Sequence

from graphcontract.drift.fact_collector import FactCollector
from graphcontract.drift.model import Source, Unknown, Wanted
from graphcontract.drift.operation_paths import Path, fold_path, format_path, matches, name_operation
from graphcontract.drift.page.blocks import Block
from graphcontract.drift.page.request_lines import RequestLine, find_request_lines
from graphcontract.drift.page.sections import find_examples, find_sections


def read_request(
    notes: FactCollector,
    blocks: Sequence[Block],
    samples: Sequence[RequestLine],
    source: Source,
    wanted: Wanted,
    titled: Sequence[str] | None,
) -> RequestLine:
    """Read method, version and path, and return their request line; raises `Unknown` if the page describes
    another operation.
    """
    templates = find_request_templates(blocks)
    found = templates or [_insert_keys(sample, wanted) for sample in samples[:1]]
    if not found:
        raise Unknown("this page has no HTTP request, so it does not document an operation", notes.origin)
    request = max(found, key=lambda each: _rate_similarity(each, wanted))
    if not _is_same_operation(request, wanted, titled):
        described = f"{request.method} /{format_path(request.path)}"
        raise Unknown(f"this page describes another operation: {described}", notes.locate(request.line))
    place = notes.locate(request.line)
    notes.add_fact("method", request.method, place)
    notes.add_fact("path", request.path, place)
    if templates and samples:
        _compare_with_templates(notes, samples[0], templates)
    _read_version(notes, request, samples, source)
    return request


def find_request_templates(blocks: Sequence[Block]) -> list[RequestLine]:
    """List the request lines in the section on the HTTP request, or else in annotated code blocks."""
    return [
        line
        for section in find_sections(blocks, r"http requests?|request (syntax|uri|url)")
        for _, fence in find_examples(section)
        for line in find_request_lines(fence.text, fence.line)
    ] or [
        line
        for role, fence in find_examples(blocks)
        if role == "ignored"
        for line in find_request_lines(fence.text, fence.line)
    ]


def _insert_keys(sample: RequestLine, wanted: Wanted) -> RequestLine:
    """Replace the ids of a sample request with keys where the operation's path has keys."""
    if len(sample.path) != len(wanted.path):
        return sample
    path = tuple(
        own if isinstance(key, str) else key for own, key in zip(sample.path, wanted.path, strict=True)
    )
    return RequestLine(sample.method, sample.version, path, sample.query, sample.line, sample.has_body)


def _rate_similarity(request: RequestLine, wanted: Wanted) -> tuple[bool, int, bool]:
    own, expected = fold_path(request.path), fold_path(wanted.path)
    return (
        own == expected,
        sum(a == b for a, b in zip(own, expected, strict=False)),
        request.method == wanted.method,
    )


def _is_same_operation(request: RequestLine, wanted: Wanted, titled: Sequence[str] | None) -> bool:
    """Whether the path differs in at most one segment or in a type cast, or the title names the operation;
    without a wanted path, whether the action is that of the path, and the type that of the title.
    """
    own, expected = fold_path(request.path), fold_path(wanted.path)
    if not expected and name_operation(own) == wanted.action.casefold():
        return titled is None or titled[0].casefold() == wanted.binding.casefold()
    if _strip_casts(own) == _strip_casts(expected):
        return True
    if len(own) == len(expected) and sum(a != b for a, b in zip(own, expected, strict=True)) <= 1:
        return True
    named = (wanted.binding.casefold(), wanted.action.casefold())
    return titled is not None and tuple(name.casefold() for name in titled) == named


def _strip_casts(path: Path) -> Path:
    last = len(path) - 1
    return tuple(
        each
        for index, each in enumerate(path)
        if index == last or not isinstance(each, str) or "." not in each or "(" in each
    )


def _compare_with_templates(
    notes: FactCollector, sample: RequestLine, templates: Sequence[RequestLine]
) -> None:
    fitting = [each for each in templates if matches(sample.path, each.path)]
    place = notes.locate(sample.line)
    if not fitting:
        text = f"the sample requests /{format_path(sample.path)}, which is not an HTTP request of the page"
        notes.add_contradiction("path", text, place)
    elif all(each.method != sample.method for each in fitting):
        text = f"the sample sends {sample.method}, and the HTTP request is {fitting[0].method}"
        notes.add_contradiction("method", text, place)


def _read_version(
    notes: FactCollector, request: RequestLine, samples: Sequence[RequestLine], source: Source
) -> None:
    parts = source.path.absolute().parts
    folder = next((part for part in reversed(parts[:-1]) if part in ("beta", "v1.0")), None)
    sample = next((each for each in samples if each.version), None)
    version = request.version or folder or (sample.version if sample else None)
    if version:
        notes.add_fact("version", version, notes.locate(request.line))
    if version and sample and sample.version != version:
        text = f"the sample requests version {sample.version}, and the page is for {version}"
        notes.add_contradiction("version", text, notes.locate(sample.line))
