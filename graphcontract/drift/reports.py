"""Formats the result of a drift run as JSON, SARIF, Markdown or GitHub annotations."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from graphcontract.drift.findings import DriftFinding
from graphcontract.drift.operation_paths import format_path
from graphcontract.drift.pipeline import Result
from graphcontract.drift.rule import Level
from graphcontract.drift.rules import BY_ID, RULES
from graphcontract.reporting.github_commands import attribute, data

_SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL_NAMES: Mapping[Level, tuple[str, str]] = {  # of SARIF, and of GitHub's annotations
    "err": ("error", "error"),
    "warn": ("warning", "warning"),
    "info": ("note", "notice"),
}
_NOUNS: Mapping[Level, str] = {"err": "error", "warn": "warning", "info": "info"}


def count_findings(result: Result) -> dict[str, int]:
    """Count findings by level, and the known and waived ones separately."""
    return count_by_level(result.findings)


def count_by_level(findings: Sequence[DriftFinding]) -> dict[str, int]:
    """Count findings by level, and the known and waived ones separately."""
    counts = Counter(each.level for each in findings if each.counts)
    known = sum(each.known is not None for each in findings)
    waived = sum(each.known is None and each.waived is not None for each in findings)
    return {**{level: counts[level] for level in _LEVEL_NAMES}, "known": known, "waived": waived}


def format_json(result: Result) -> str:
    """Format the whole result as JSON that conforms to drift-report.schema.json."""
    document = {
        "format": 1,
        "tool": {"name": "graphcontract", "version": version("graphcontract")},
        "contract": {"id": result.contract.id, "sha256": result.contract.sha256},
        "operation": format_operation(result),
        "sources": [
            {**_convert_origin(each.origin), "slice_sha256": each.slice_sha256, "compared": compared}
            for each, compared in zip(result.readings, result.compared, strict=True)
        ],
        "compared": sum(result.compared),
        "findings": [convert_finding(each) for each in result.findings],
        "counts": count_findings(result),
        "notes": list(result.notes),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def format_sarif(result: Result) -> str:
    """Format the result as SARIF 2.1.0; known and waived findings are suppressed results with a reason."""
    sources = [
        {"kind": each.origin.kind, "source": each.origin.source, "compared": compared}
        for each, compared in zip(result.readings, result.compared, strict=True)
    ]
    properties = {"compared": sum(result.compared), "sources": sources, "counts": count_findings(result)}
    return format_sarif_run([make_sarif_result(each) for each in result.findings], properties)


def format_sarif_run(results: Sequence[Mapping[str, Any]], properties: Mapping[str, Any]) -> str:
    """Format one run with all drift rules."""
    rules = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.means},
            "help": {"text": rule.do},
            "defaultConfiguration": {"level": _LEVEL_NAMES[rule.level][0]},
            "properties": {"class": rule.cls},
        }
        for rule in RULES
    ]
    driver = {"name": "graphcontract", "version": version("graphcontract"), "rules": rules}
    run = {"tool": {"driver": driver}, "results": results, "properties": properties}
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def format_markdown(result: Result) -> str:
    """Format a summary: facts compared, a table of the findings that count, a list of those that do not."""
    return "\n".join(_iterate_markdown(result)) + "\n"


def format_github(result: Result) -> str:
    """Format workflow commands: an annotation for each finding that counts, and a notice with the counts."""
    lines = [format_annotation(each) for each in result.findings if each.counts]
    sources = (f"{name}: {count_facts(number)}" for name, number in _iterate_compared(result))
    figures_of_all = data("\n".join([summarize(result), *sources]))
    lines.append(f"::notice title=drift::{figures_of_all}")
    return "".join(f"{line}\n" for line in lines)


FORMATS = {"json": format_json, "sarif": format_sarif, "markdown": format_markdown, "github": format_github}


def format_operation(result: Result) -> str:
    """Format method, version and path in one line."""
    wanted = result.wanted
    return f"{wanted.method} /{wanted.version}/{format_path(wanted.path)}"


def format_location(finding: DriftFinding) -> str:
    """Format the location of a finding: SOURCE, or SOURCE:LINE."""
    origin = finding.origin
    return origin.source if origin.line is None else f"{origin.source}:{origin.line}"


def count_facts(number: int) -> str:
    """Format how many facts were compared."""
    return f"{count(number, 'fact')} compared"


def _iterate_compared(result: Result) -> Iterator[tuple[str, int]]:
    """Yield kind and name of each source, and how many of its facts were compared."""
    for each, compared in zip(result.readings, result.compared, strict=True):
        yield f"{each.origin.kind} {each.origin.source}", compared


def explain_acceptance(finding: DriftFinding) -> str:
    """Describe why a finding does not count, and until when."""
    if finding.known is not None:
        return finding.known
    until = f"until {finding.expires}" if finding.expires else "no expiry"
    return f"{finding.waived} ({until})"


def summarize(result: Result) -> str:
    """Summarize the result in one sentence, without its full stop."""
    number = sum(result.compared)
    outcome = summarize_counts(count_findings(result), "no drift and no skew", compared=bool(number))
    return f"{outcome}, {count(number, 'fact')} of {count(len(result.readings), 'source')} compared"


def summarize_counts(counts: Mapping[str, int], without: str, *, compared: bool) -> str:
    """Summarize findings by level; `without` is for no finding at all."""
    found = [count(counts[level], noun) for level, noun in _NOUNS.items() if counts[level]]
    aside = [f"{counts[name]} {name}" for name in ("known", "waived") if counts[name]]
    outcome = ", ".join(found) if found else "no new drift" if aside else without
    if not found and not compared:
        outcome = "nothing was compared"
    return f"{outcome} ({', '.join(aside)})" if aside else outcome


def count(number: int, noun: str) -> str:
    """Format a number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def convert_finding(finding: DriftFinding) -> dict[str, Any]:
    """Convert a finding to the members that a report has."""
    return {
        "rule": finding.rule,
        "class": finding.cls,
        "level": finding.level,
        "fact": finding.fact,
        "against": finding.against,
        "before": finding.before,
        "now": finding.now,
        "origin": _convert_origin(finding.origin),
        "base": _convert_origin(finding.base) if finding.base else None,
        "fingerprint": finding.fingerprint,
        "known": finding.known,
        "waived": finding.waived,
        "expires": finding.expires.isoformat() if finding.expires else None,
        "inferred": finding.inferred,
    }


def _convert_origin(origin: Any) -> dict[str, Any]:
    return asdict(origin)


def make_sarif_result(finding: DriftFinding) -> dict[str, Any]:
    """Make the result of a finding; one that does not count is suppressed."""
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.origin.source, safe="/:._-~")}}
    if finding.origin.line:
        location["region"] = {"startLine": finding.origin.line}
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVEL_NAMES[finding.level][0],
        "message": {"text": finding.describe()},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"graphcontract/v1": finding.fingerprint},
        "properties": {"class": finding.cls, "against": finding.against},
    }
    if not finding.counts:
        result["suppressions"] = [{"kind": "external", "justification": explain_acceptance(finding)}]
    return result


def _iterate_markdown(result: Result) -> Iterator[str]:
    yield f"## Drift of {escape_markdown(result.contract.title)}\n"
    yield f"`{format_operation(result)}`: **{summarize(result)}.**"
    yield "\n| source | facts compared |\n| --- | --- |"
    for name, number in _iterate_compared(result):
        yield f"| {escape_markdown(name)} | {number} |"
    counting = [each for each in result.findings if each.counts]
    if counting:
        yield "\n| level | class | rule | what | where | fingerprint |\n| --- | --- | --- | --- | --- | --- |"
    for each in counting:
        cells = (escape_markdown(each.describe()), escape_markdown(format_location(each)))
        yield f"| {each.level} | {each.cls} | {each.rule} | {' | '.join(cells)} | `{each.fingerprint}` |"
    aside = [each for each in result.findings if not each.counts]
    if aside:
        yield "\nNot counted:\n"
        for each in aside:
            word = "known" if each.known is not None else "waived"
            location, reason = format_location(each), explain_acceptance(each)
            yield f"- {word}: {each.rule}, {escape_markdown(location)}: {escape_markdown(reason)}"
    if result.notes:
        yield "\nNotes:\n"
        yield from (f"- {escape_markdown(note)}" for note in result.notes)


def format_annotation(finding: DriftFinding, where: str = "") -> str:
    """Format a workflow command; `where` says in which operations the finding is."""
    origin = finding.origin
    line = f",line={origin.line}" if origin.line else ""
    title = attribute(f"{finding.rule} ({finding.cls})")
    message = data(f"{finding.describe()}{where}. {BY_ID[finding.rule].means} [{finding.fingerprint}]")
    return (
        f"::{_LEVEL_NAMES[finding.level][1]} file={attribute(origin.source)}{line},title={title}::{message}"
    )


def escape_markdown(text: str) -> str:
    """Escape a text for Markdown, including the cells of a table."""
    return re.sub(r"([\\`*_\[\]<>#~|])", r"\\\1", " ".join(text.split()))
