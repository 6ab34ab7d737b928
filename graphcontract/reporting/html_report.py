"""The HTML report: one file that needs no network, and no script to be read."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TextIO

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from graphcontract.reporting import html_view
from graphcontract.reporting.common_causes import find_common_causes
from graphcontract.reporting.events import Evidence, EvidenceExchange
from graphcontract.reporting.evidence_text import can_be_served, describe_input, escape_unprintable
from graphcontract.reporting.operations_summary import OperationsSummary
from graphcontract.reporting.received_run import ReceivedRun
from graphcontract.reporting.run_summary import RunSummary
from graphcontract.reporting.summary_report import SummaryReport
from graphcontract.reporting.wire_log import WireLine, describe_outcome, list_lines

_CLASSES = {">": "to", "<": "from", "!": "mark", "=": "outcome", "": "time"}
_MOST_IDS = 200
_FIRST = 8
_URL = re.compile(r"https?://[^\s;,]+")


class Html(SummaryReport[RunSummary]):
    """Writes the page of a run over one contract."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, RunSummary())

    def render(self, run: RunSummary) -> Iterator[str]:
        """Yield the page in pieces."""
        rows = html_view.list_rows(run)
        groups = html_view.list_groups(rows.values())
        shortfalls = run.list_shortfalls()
        listed = [rows[each["clause"]] for each in shortfalls]
        first = [*find_common_causes(shortfalls), *(each for each in listed if not each.explained)]
        return _render(
            "check.html",
            run,
            first=first[:_FIRST],
            more=len(first[_FIRST:]),
            findings=[each for each in listed if each.evidence],
            accepted=run.footer.get("accepted", ()),
            groups=groups,
            choices=html_view.list_choices(rows.values()),
            times=html_view.measure_groups(groups, run.verdicts),
        )


class OperationsHtml(SummaryReport[OperationsSummary]):
    """Writes the page of a run over many operations."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, OperationsSummary())

    def render(self, run: OperationsSummary) -> Iterator[str]:
        """Yield the page in pieces."""
        faults = html_view.list_faults(run.findings)
        return _render(
            "operations.html",
            run,
            findings=faults,
            areas=list(run.list_areas()),
            coverage=html_view.measure_coverage(run.footer),
            problems=list(run.problems.items()),
            limit=_MOST_IDS,
            choices=html_view.list_choices(faults),
        )


def _render(template: str, run: ReceivedRun, **shown: object) -> Iterator[str]:
    sentence, good = run.summarize()
    return _environment().get_template(template).generate(run=run, sentence=sentence, good=good, **shown)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("graphcontract.reporting", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "visible": mark_controls,
        "prose": mark_code,
        "plain": escape_unprintable,
        "links": link_urls,
        "wire": _list_wire,
        "css": lambda line: _CLASSES[line.mark],
        "input": lambda call: mark_controls(describe_input(call)),
        "date": lambda text: f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC",
        "thousands": lambda number: f"{number:,}",
    }
    environment.tests["served"] = _is_served
    environment.globals |= {"style": _Inline.read("page.css"), "script": _Inline.read("page.js")}
    return environment


@dataclass(frozen=True, slots=True)
class _Inline:
    """A style sheet or script of ours, and its hash for the page's policy, which allows no other."""

    text: Markup
    hash: str

    @classmethod
    def read(cls, name: str) -> _Inline:
        text = files("graphcontract.reporting").joinpath("html", name).read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        return cls(Markup(text), f"sha256-{digest}")  # noqa: S704  # a file of this package


def _is_served(evidence: Evidence) -> bool:
    return bool(evidence["curl"]) and can_be_served(evidence["repeat"])


def mark_controls(text: str) -> Markup:
    """Escape a text; what cannot be printed appears as an escape sequence, and is marked as one."""
    return Markup("").join(
        Markup.escape("".join(run))
        if printable
        else Markup('<span class="control">{}</span>').format(escape_unprintable("".join(run)))
        for printable, run in groupby(text, lambda each: each.isprintable() or each == "\t")
    )


def mark_code(text: str) -> Markup:
    """Escape a sentence of a contract, in which code stands between backticks."""
    prose, *rest = text.split("`")
    if len(rest) % 2:
        return mark_controls(text)
    parts = [
        Markup("<code>{}</code>{}").format(*map(mark_controls, pair))
        for pair in zip(rest[::2], rest[1::2], strict=True)
    ]
    return Markup("").join([mark_controls(prose), *parts])


def link_urls(text: str) -> Markup:
    """Escape a text, with a link for each URL in it."""
    parts: list[Markup] = []
    start = 0
    for found in _URL.finditer(text):
        link = Markup('<a rel="noreferrer" href="{0}">{1}</a>').format(found[0], mark_controls(found[0]))
        parts += [mark_controls(text[start : found.start()]), link]
        start = found.end()
    return Markup("").join([*parts, mark_controls(text[start:])])


def _list_wire(exchange: EvidenceExchange) -> Iterator[WireLine]:
    yield from list_lines(exchange)
    yield describe_outcome(exchange)
