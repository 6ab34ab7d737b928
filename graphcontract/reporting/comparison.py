"""A table of several runs side by side: implementations, versions of one client, or nights of one tenant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from graphcontract.errors import UserError
from graphcontract.reporting.changes import Change, list_changes
from graphcontract.reporting.events import Header, VerdictKind
from graphcontract.reporting.operations_changes import (
    OperationsChange,
    have_operations_in_common,
    list_operation_changes,
)
from graphcontract.reporting.operations_reader import OperationsReport
from graphcontract.reporting.operations_summary import find_area
from graphcontract.reporting.report_reader import Report
from graphcontract.reporting.verdict_text import SUPPORTED, find_tone, label_verdict

R = TypeVar("R", Report, OperationsReport)


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
    to the last, if both are of one implementation; `notes` say in which settings these two differ.
    """

    title: str
    runs: tuple[str, ...]
    sections: list[Section]
    changed: tuple[str, str] | None = None
    changes: Sequence[Change | OperationsChange] = field(default_factory=list)
    alike: bool = False
    notes: Sequence[str] = field(default_factory=list)

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
    if not _are_of_one_implementation(reports[-2:]):
        return Comparison(title, runs, sections)
    before, after = reports[-2:]
    changed, notes = (runs[-2], runs[-1]), list_other_settings(before.header, after.header)
    return Comparison(title, runs, sections, changed, list_changes(before, after), notes=notes)


def compare_operations(reports: Sequence[OperationsReport]) -> Comparison:
    """Compare runs over many operations. Raises UserError if they do not belong together."""
    headers = [(each.path, each.header) for each in reports]
    check_together(headers, of_one_contract=not have_operations_in_common(reports))
    check_shards(headers)
    figures = [
        _count(reports, "operations", lambda each: each.planned),
        _count(reports, "judged", lambda each: _count_operations(each, *SUPPORTED)),
        _count(reports, "not supported", lambda each: _count_operations(each, "not-supported")),
        _count(reports, "violated", lambda each: _count_operations(each, "fail")),
        _count(reports, "distinct faults that fail the run", lambda each: _count_faults(each, fails=True)),
        _count(reports, "other distinct faults", lambda each: _count_faults(each, fails=False)),
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
    runs = name_runs([each.header for each in reports])
    made = Comparison(
        " and ".join(dict.fromkeys(each.header["contract"]["id"] for each in reports)),
        runs,
        [each for each in sections if each.rows],
        alike=len({each.header["implementation"]["name"] for each in reports}) < len(reports),
    )
    if not _are_of_one_implementation(reports[-2:]):
        return made
    before, after = reports[-2:]
    return replace(
        made,
        changed=(runs[-2], runs[-1]),
        changes=list_operation_changes(before, after),
        notes=list_other_settings(before.header, after.header),
    )


def check_together(headers: Sequence[tuple[str, Header]], *, of_one_contract: bool = True) -> None:
    """Raise UserError unless all reports are of the same kind and, if they have to be, `of_one_contract`."""
    (first, expected), *others = headers
    for path, header in others:
        pairs: list[tuple[str, str]] = [(header["kind"], expected["kind"])]
        pairs += [(header["contract"]["id"], expected["contract"]["id"])] if of_one_contract else []
        for what, name in pairs:
            if what != name:
                problem = f"{path} cannot be compared with {first}: one is of {what!r}, the other of {name!r}"
                raise UserError(problem, "Give reports of one kind of run over the same contract.")


def check_shards(headers: Sequence[tuple[str, Header]]) -> None:
    """Raise UserError if not all reports are of the same shard, or of whole runs."""
    (first, expected), *others = ((path, _name_shard(header)) for path, header in headers)
    for path, shard in others:
        if shard != expected:
            problem = f"{path} cannot be compared with {first}: one is of {shard}, the other of {expected}"
            raise UserError(
                problem, "Join the shards of each run first: `graphcontract report merge` does it."
            )


def list_other_settings(before: Header, after: Header) -> list[str]:
    """List the settings in which two runs differ, as a change of a verdict can come from them alone."""
    found = []
    for name, value in _list_settings(before).items():
        now = _list_settings(after)[name]
        if value != now:
            found.append(f"The runs differ in {name}: {_format_setting(value)}, then {_format_setting(now)}.")
    return found


def _list_settings(header: Header) -> dict[str, Any]:
    options = header.get("options", {})
    given = {f"--{name}": options.get(name) or [] for name in ("select", "deselect", "operations")}
    return {
        "profile": header.get("profile"),
        "transport": header.get("transport"),
        "TLS": header.get("tls"),
        **given,
    }


def _format_setting(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


def _name_shard(header: Header) -> str:
    shard = header.get("shard")
    return f"shard {shard['index']} of {shard['of']}" if shard else "a whole run"


def _are_of_one_implementation(reports: Sequence[R]) -> bool:
    return len({each.header["implementation"]["name"] for each in reports}) == 1


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
    return Cell(label or "not in this run", find_tone(label))


def _count_level(report: Report, level: str, verdict: VerdictKind) -> int:
    return sum(each["level"] == level and each["verdict"] == verdict for each in report.verdicts.values())


def _count_operations(report: OperationsReport, *verdicts: VerdictKind) -> int:
    return sum(each["verdict"] in verdicts for each in report.operations)


def _count_faults(report: OperationsReport, *, fails: bool) -> int:
    return sum(each["fails_run"] is fails for each in report.findings)


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
