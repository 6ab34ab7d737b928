"""Formats the result of a drift run as JSON, SARIF, Markdown or GitHub annotations."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from graphcontract.drift.findings import DriftFinding
from graphcontract.drift.operation_paths import shown
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


def figures(result: Result) -> dict[str, int]:
    """Count findings by level, and the known and waived ones separately."""
    counts = Counter(each.level for each in result.findings if each.counts)
    known = sum(each.known is not None for each in result.findings)
    waived = sum(each.known is None and each.waived is not None for each in result.findings)
    return {**{level: counts[level] for level in _LEVEL_NAMES}, "known": known, "waived": waived}


def as_json(result: Result) -> str:
    """Format the whole result as JSON that conforms to drift-report.schema.json."""
    document = {
        "format": 1,
        "tool": {"name": "graphcontract", "version": version("graphcontract")},
        "contract": {"id": result.contract.id, "sha256": result.contract.sha256},
        "operation": operation(result),
        "sources": [
            {**_origin(each.origin), "slice_sha256": each.slice_sha256, "compared": compared}
            for each, compared in zip(result.readings, result.compared, strict=True)
        ],
        "compared": sum(result.compared),
        "findings": [_finding(each) for each in result.findings],
        "counts": figures(result),
        "notes": list(result.notes),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_sarif(result: Result) -> str:
    """Format the result as SARIF 2.1.0; known and waived findings are suppressed results with a reason."""
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
    sources = [
        {"kind": each.origin.kind, "source": each.origin.source, "compared": compared}
        for each, compared in zip(result.readings, result.compared, strict=True)
    ]
    run = {
        "tool": {"driver": driver},
        "results": [_sarif(each) for each in result.findings],
        "properties": {"compared": sum(result.compared), "sources": sources, "counts": figures(result)},
    }
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def as_markdown(result: Result) -> str:
    """Format a summary: facts compared, a table of the findings that count, a list of those that do not."""
    return "\n".join(_markdown(result)) + "\n"


def as_github(result: Result) -> str:
    """Format workflow commands: an annotation for each finding that counts, and a notice with the counts."""
    lines = [_annotation(each) for each in result.findings if each.counts]
    sources = (f"{name}: {count_facts(number)}" for name, number in _compared(result))
    figures_of_all = data("\n".join([verdict(result), *sources]))
    lines.append(f"::notice title=drift::{figures_of_all}")
    return "".join(f"{line}\n" for line in lines)


FORMATS = {"json": as_json, "sarif": as_sarif, "markdown": as_markdown, "github": as_github}


def operation(result: Result) -> str:
    """Format method, version and path in one line."""
    wanted = result.wanted
    return f"{wanted.method} /{wanted.version}/{shown(wanted.path)}"


def place(finding: DriftFinding) -> str:
    """Format the location of a finding: SOURCE, or SOURCE:LINE."""
    origin = finding.origin
    return origin.source if origin.line is None else f"{origin.source}:{origin.line}"


def count_facts(number: int) -> str:
    """Format how many facts were compared."""
    return f"{number} fact{'' if number == 1 else 's'} compared"


def _compared(result: Result) -> Iterator[tuple[str, int]]:
    """Yield kind and name of each source, and how many of its facts were compared."""
    for each, compared in zip(result.readings, result.compared, strict=True):
        yield f"{each.origin.kind} {each.origin.source}", compared


def describe_waived(finding: DriftFinding) -> str:
    """Describe why a finding does not count, and until when."""
    if finding.known is not None:
        return finding.known
    until = f"until {finding.expires}" if finding.expires else "no expiry"
    return f"{finding.waived} ({until})"


def verdict(result: Result) -> str:
    """Summarize the result in one sentence, without its full stop."""
    counts = figures(result)
    found = [
        f"{counts[level]} {noun}{'s' if counts[level] > 1 else ''}"
        for level, noun in _NOUNS.items()
        if counts[level]
    ]
    aside = [f"{counts[name]} {name}" for name in ("known", "waived") if counts[name]]
    outcome = ", ".join(found) if found else "no new drift" if aside else "no drift and no skew"
    if not found and not any(result.compared):
        outcome = "nothing was compared"
    of = "1 source" if len(result.readings) == 1 else f"{len(result.readings)} sources"
    number = sum(result.compared)
    facts = "1 fact" if number == 1 else f"{number} facts"
    not_counted = f" ({', '.join(aside)})" if aside else ""
    return f"{outcome}{not_counted}, {facts} of {of} compared"


def _finding(finding: DriftFinding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "class": finding.cls,
        "level": finding.level,
        "fact": finding.fact,
        "against": finding.against,
        "before": finding.before,
        "now": finding.now,
        "origin": _origin(finding.origin),
        "base": _origin(finding.base) if finding.base else None,
        "fingerprint": finding.fingerprint,
        "known": finding.known,
        "waived": finding.waived,
        "expires": finding.expires.isoformat() if finding.expires else None,
    }


def _origin(origin: Any) -> dict[str, Any]:
    return asdict(origin)


def _sarif(finding: DriftFinding) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.origin.source, safe="/:._-~")}}
    if finding.origin.line:
        location["region"] = {"startLine": finding.origin.line}
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVEL_NAMES[finding.level][0],
        "message": {"text": finding.sentence()},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"graphcontract/v1": finding.fingerprint},
        "properties": {"class": finding.cls, "against": finding.against},
    }
    if not finding.counts:
        result["suppressions"] = [{"kind": "external", "justification": describe_waived(finding)}]
    return result


def _markdown(result: Result) -> Iterator[str]:
    yield f"## Drift of {_text(result.contract.title)}\n"
    yield f"`{operation(result)}`: **{verdict(result)}.**"
    yield "\n| source | facts compared |\n| --- | --- |"
    for name, number in _compared(result):
        yield f"| {_text(name)} | {number} |"
    counting = [each for each in result.findings if each.counts]
    if counting:
        yield "\n| level | class | rule | what | where | fingerprint |\n| --- | --- | --- | --- | --- | --- |"
    for each in counting:
        cells = (_text(each.sentence()), _text(place(each)))
        yield f"| {each.level} | {each.cls} | {each.rule} | {' | '.join(cells)} | `{each.fingerprint}` |"
    aside = [each for each in result.findings if not each.counts]
    if aside:
        yield "\nNot counted:\n"
        for each in aside:
            word = "known" if each.known is not None else "waived"
            yield f"- {word}: {each.rule}, {_text(place(each))}: {_text(describe_waived(each))}"
    if result.notes:
        yield "\nNotes:\n"
        yield from (f"- {_text(note)}" for note in result.notes)


def _annotation(finding: DriftFinding) -> str:
    origin = finding.origin
    line = f",line={origin.line}" if origin.line else ""
    title = attribute(f"{finding.rule} ({finding.cls})")
    message = data(f"{finding.sentence()}. {BY_ID[finding.rule].means} [{finding.fingerprint}]")
    return (
        f"::{_LEVEL_NAMES[finding.level][1]} file={attribute(origin.source)}{line},title={title}::{message}"
    )


def _text(text: str) -> str:
    """Escape a text for Markdown, including the cells of a table."""
    return re.sub(r"([\\`*_\[\]<>#~|])", r"\\\1", " ".join(text.split()))
