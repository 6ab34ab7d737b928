"""A table of several runs side by side: implementations, versions of one client, or nights of one tenant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from graphcontract.errors import UserError
from graphcontract.reporting.changes import Change, list_changes
from graphcontract.reporting.events import Header, VerdictKind
from graphcontract.reporting.operations_reader import OperationsReport
from graphcontract.reporting.operations_summary import find_area
from graphcontract.reporting.report_reader import Report
from graphcontract.reporting.verdict_text import SUPPORTED, label_verdict

R = TypeVar("R", Report, OperationsReport)

_TONES: dict[str, str] = {"pass": "pass", "FAIL": "fail", "warn": "warn", "known": "known", "fixed": "fail"}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one run says in one row."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One clause, fault, area or figure, with a cell for each run; `is_id` unless its name is prose."""

    name: str
    about: str
    cells: tuple[Cell, ...]
    is_id: bool = True

    @property
    def differs(self) -> bool:
        """Whether the runs do not all say the same."""
        return len({each.text for each in self.cells}) > 1


@dataclass(frozen=True, slots=True)
class Section:
    """Rows below one heading."""

    name: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs side by side: of one implementation, if they are `alike`. `changes` are from the last run but one
    to the last, if both tested the same.
    """

    title: str
    runs: tuple[str, ...]
    sections: list[Section]
    changed: tuple[str, str] | None = None
    changes: list[Change] = field(default_factory=list)
    alike: bool = False

    @property
    def kind(self) -> str:
        """What the columns are: `runs`, some of which are of one implementation, or `implementations`."""
        return "runs" if self.changed or self.alike else "implementations"


def compare_reports(reports: Sequence[Report]) -> Comparison:
    """Compare runs over one contract. Raises UserError if they do not belong together."""
    first = reports[0].header
    check_together([(each.path, each.header) for each in reports])
    runs = name_runs([each.header for each in reports])
    clauses = sorted({clause for each in reports for clause in each.verdicts})
    groups: dict[str, list[Row]] = {}
    for clause in clauses:
        verdicts = [each.verdicts.get(clause) for each in reports]
        level = next(each["level"] for each in verdicts if each)
        cells = tuple(_make_cell(label_verdict(each) if each else "") for each in verdicts)
        groups.setdefault(clause.partition(".")[0], []).append(Row(clause, level, cells))
    figures = [
        _count(reports, "MUST tested", lambda each: each.footer["must"]["judged"]),
        _count(reports, "MUST violated", lambda each: _count_level(each, "MUST", "fail")),
        _count(reports, "SHOULD violated", lambda each: _count_level(each, "SHOULD", "fail")),
        _count(reports, "known failures", lambda each: each.footer["counts"].get("known-failure", 0)),
        _count(reports, "exchanges", lambda each: each.footer["exchanges"]),
    ]
    sections = [Section("In figures", figures), *(Section(name, rows) for name, rows in groups.items())]
    title = first["contract"].get("title", first["contract"]["id"])
    same = len({each.header["implementation"]["name"] for each in reports[-2:]}) == 1
    changes = list_changes(reports[-2], reports[-1]) if same else []
    return Comparison(title, runs, sections, (runs[-2], runs[-1]) if same else None, changes)


def compare_operations(reports: Sequence[OperationsReport]) -> Comparison:
    """Compare runs over many operations. Raises UserError if they do not belong together."""
    check_together([(each.path, each.header) for each in reports])
    figures = [
        _count(reports, "operations", lambda each: each.planned),
        _count(reports, "judged", lambda each: _count_operations(each, *SUPPORTED)),
        _count(reports, "not supported", lambda each: _count_operations(each, "not-supported")),
        _count(reports, "violated", lambda each: _count_operations(each, "fail")),
        _count(reports, "distinct faults", lambda each: len(each.findings)),
        _count(reports, "exchanges", lambda each: each.footer["exchanges"]),
    ]
    faults = {each["evidence"]["id"]: each["evidence"]["text"] for run in reports for each in run.findings}
    fault_rows = [
        Row(id, text, tuple(_count_fault(run, id) for run in reports)) for id, text in faults.items()
    ]
    counted = [_count_areas(each) for each in reports]
    areas = sorted({area for each in counted for area in each})
    none = Cell("not in this run", "none")
    area_rows = [Row(area, "", tuple(each.get(area, none) for each in counted)) for area in areas]
    sections = [
        Section("In figures", figures),
        Section("Distinct faults, by operations that show them", fault_rows),
        Section("Service areas, violated of judged", area_rows),
    ]
    return Comparison(
        reports[0].header["contract"]["id"],
        name_runs([each.header for each in reports]),
        [each for each in sections if each.rows],
        alike=len({each.header["implementation"]["name"] for each in reports}) < len(reports),
    )


def check_together(headers: Sequence[tuple[str, Header]]) -> None:
    """Raise UserError unless all reports are of the same kind and of one contract."""
    (first, expected), *others = headers
    for path, header in others:
        for what, name in (
            (header["kind"], expected["kind"]),
            (header["contract"]["id"], expected["contract"]["id"]),
        ):
            if what != name:
                problem = f"{path} cannot be compared with {first}: one is of {what!r}, the other of {name!r}"
                raise UserError(problem, "Give reports of one kind of run over the same contract.")


def name_runs(headers: Sequence[Header]) -> tuple[str, ...]:
    """Name each run: by implementation and version, and by its start where these are equal."""
    names = [
        " ".join(filter(None, (each["implementation"]["name"], each["implementation"].get("version"))))
        for each in headers
    ]
    starts = [f"{each['started'][:10]} {each['started'][11:16]}" for each in headers]
    return tuple(
        f"{name}, {start}" if names.count(name) > 1 else name
        for name, start in zip(names, starts, strict=True)
    )


def _make_cell(label: str) -> Cell:
    return Cell(label or "not in this run", _TONES.get(label, "none"))


def _count_level(report: Report, level: str, verdict: VerdictKind) -> int:
    return sum(each["level"] == level and each["verdict"] == verdict for each in report.verdicts.values())


def _count_operations(report: OperationsReport, *verdicts: VerdictKind) -> int:
    return sum(each["verdict"] in verdicts for each in report.operations)


def _count_fault(report: OperationsReport, id: str) -> Cell:
    found = next((each for each in report.findings if each["evidence"]["id"] == id), None)
    if found is None:
        return Cell("0", "pass")
    return Cell(f"{found['operations']:,}", "fail" if found["fails_run"] else "warn")


def _count_areas(report: OperationsReport) -> dict[str, Cell]:
    """How many operations of each area were violated, of those that were judged."""
    judged, violated = Counter[str](), Counter[str]()
    for each in report.operations:
        area = find_area(each["request"])
        judged[area] += each["verdict"] in SUPPORTED
        violated[area] += each["verdict"] == "fail"
    tones = {area: "fail" if violated[area] else "pass" if judged[area] else "none" for area in judged}
    return {area: Cell(f"{violated[area]:,} of {judged[area]:,}", tones[area]) for area in judged}


def _count(reports: Sequence[R], name: str, value: Callable[[R], int]) -> Row:
    return Row(name, "", tuple(Cell(f"{value(each):,}") for each in reports), is_id=False)
