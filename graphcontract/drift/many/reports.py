"""Formats the result of a drift run over many operations as JSON, SARIF, Markdown, annotations or text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from itertools import islice
from typing import Any

from graphcontract.drift.many.pipeline import Compared, Fold, ManyResult
from graphcontract.drift.reports import (
    convert_finding,
    count,
    count_by_level,
    escape_markdown,
    explain_acceptance,
    format_annotation,
    format_location,
    format_sarif_run,
    make_sarif_result,
    summarize_counts,
)
from graphcontract.reporting.github_commands import data

_MOST_NAMED = 5  # operations of a finding in a text for people; JSON and SARIF have all
_MOST_IN_MARKDOWN = 20
_MOST_LOCATIONS = 20  # of a SARIF result; GitHub shows the first


def count_findings(result: ManyResult) -> dict[str, int]:
    """Count folded findings by level, and the known and waived ones separately."""
    return count_by_level([each.finding for each in result.folds])


def summarize(result: ManyResult) -> str:
    """Summarize the result in one sentence, without its full stop."""
    compared = f"{count(result.facts, 'fact')} of {count(len(result.sources), 'source')} compared"
    return f"{summarize_counts(count_findings(result), 'no drift', compared=bool(result.facts))}, {compared}"


def format_head(result: ManyResult) -> str:
    """Say which operations were chosen."""
    return f"{count(result.chosen, 'operation')} of {result.base}: {', '.join(result.patterns)}"


def summarize_source(source: Compared) -> str:
    """Count the operations of one source, by how they compare."""
    tally = source.tally
    same = tally.stated - tally.changed
    rows = (
        (same, "unchanged"),
        (tally.changed, "changed"),
        (tally.removed, "removed"),
        (tally.added, "added"),
        (tally.confirmed, "that the catalogue did not have from such a source"),
        (tally.absent, "that it never had"),
        (tally.other_version, "of another version"),
    )
    return ", ".join(f"{number} {words}" for number, words in rows if number) or "no operation"


def format_operations(fold: Fold, most: int = _MOST_NAMED) -> str:
    """Format the operations of a finding: their number, and some of their names."""
    names = [f"\n  {name}{f' (line {line})' if line else ''}" for name, line in islice(fold.operations, most)]
    left = len(fold.operations) - len(names)
    return "".join([f"in {count(len(fold.operations), 'operation')}:", *names]) + (
        f"\n  and {left} more" if left else ""
    )


def format_json(result: ManyResult) -> str:
    """Format the whole result as JSON that conforms to drift-operations-report.schema.json."""
    document = {
        "format": 1,
        "tool": {"name": "graphcontract", "version": version("graphcontract")},
        "compared_with": result.base,
        "operations": list(result.patterns),
        "chosen": result.chosen,
        "sources": [_convert_source(each) for each in result.sources],
        "compared": result.facts,
        "findings": [_convert_fold(each) for each in result.folds],
        "counts": count_findings(result),
        "notes": list(result.notes),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def format_sarif(result: ManyResult) -> str:
    """Format the result as SARIF 2.1.0: a result for each folded finding, with some of its locations."""
    properties = {
        "compared": result.facts,
        "sources": [_convert_source(each) for each in result.sources],
        "counts": count_findings(result),
    }
    return format_sarif_run([_make_sarif_result(each) for each in result.folds], properties)


def format_markdown(result: ManyResult) -> str:
    """Format a summary: the numbers of each source, a table of the findings that count, and the others."""
    return "\n".join([*_iterate_summary(result), *_iterate_findings(result)]) + "\n"


def format_github(result: ManyResult) -> str:
    """Format workflow commands: an annotation for each finding that counts, and a notice with the counts."""
    lines = [
        format_annotation(each.finding, f" {format_operations(each)}" if each.operations else "")
        for each in result.folds
        if each.finding.counts
    ]
    sources = (f"{each.origin.source}: {summarize_source(each)}" for each in result.sources)
    lines.append(f"::notice title=drift::{data(chr(10).join([summarize(result), *sources]))}")
    return "".join(f"{line}\n" for line in lines)


FORMATS = {"json": format_json, "sarif": format_sarif, "markdown": format_markdown, "github": format_github}


def _convert_source(source: Compared) -> dict[str, Any]:
    tally = asdict(source.tally)
    facts = tally.pop("facts")
    of = {"kind": source.origin.kind, "source": source.origin.source}
    return {**of, "title": source.title, "version": source.version, "compared": facts, "operations": tally}


def _convert_fold(fold: Fold) -> dict[str, Any]:
    operations = [{"name": name, "line": line} for name, line in fold.operations]
    return {**convert_finding(fold.finding), "operations": operations}


def _make_sarif_result(fold: Fold) -> dict[str, Any]:
    result = make_sarif_result(fold.finding)
    if not fold.operations:
        return result
    result["message"]["text"] += f" {format_operations(fold)}"
    result["properties"]["operations"] = [name for name, _ in fold.operations]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    lines = dict.fromkeys(line for _, line in fold.operations if line)
    regions = [{"artifactLocation": place, "region": {"startLine": line}} for line in lines]
    if regions:
        result["locations"] = [{"physicalLocation": each} for each in regions[:_MOST_LOCATIONS]]
    return result


def _iterate_summary(result: ManyResult) -> Iterator[str]:
    yield f"## Drift of {escape_markdown(format_head(result))}\n"
    yield f"**{summarize(result)}.**"
    yield "\n| source | operations | facts compared |\n| --- | --- | --- |"
    for source in result.sources:
        name = escape_markdown(f"{source.origin.kind} {source.origin.source}")
        yield f"| {name} | {summarize_source(source)} | {source.tally.facts} |"
    if result.notes:
        yield "\nNotes:\n"
        yield from (f"- {escape_markdown(note)}" for note in result.notes)


def _iterate_findings(result: ManyResult) -> Iterator[str]:
    counting = [each for each in result.folds if each.finding.counts]
    if counting:
        yield "\n| level | class | rule | what | operations | fingerprint |"
        yield "| --- | --- | --- | --- | --- | --- |"
    for fold in counting:
        each = fold.finding
        cells = (
            escape_markdown(each.describe()),
            str(len(fold.operations) or escape_markdown(format_location(each))),
        )
        yield f"| {each.level} | {each.cls} | {each.rule} | {' | '.join(cells)} | `{each.fingerprint}` |"
    for fold in counting:
        if fold.operations:
            yield f"\n`{fold.finding.fingerprint}` {fold.finding.rule}:\n"
            for name, line in fold.operations[:_MOST_IN_MARKDOWN]:
                yield f"- {escape_markdown(name)}{f', line {line}' if line else ''}"
            if len(fold.operations) > _MOST_IN_MARKDOWN:
                yield f"- and {len(fold.operations) - _MOST_IN_MARKDOWN} more"
    aside = [each for each in result.folds if not each.finding.counts]
    if aside:
        yield "\nNot counted:\n"
    for fold in aside:
        word = "known" if fold.finding.known is not None else "waived"
        reason = escape_markdown(explain_acceptance(fold.finding))
        yield f"- {word}: {fold.finding.rule} in {count(len(fold.operations), 'operation')}: {reason}"
