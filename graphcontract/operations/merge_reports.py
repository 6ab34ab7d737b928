"""Merges the jsonl reports of the shards of one run, after it has made sure that they are all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from graphcontract.clients import Implementation
from graphcontract.judging.run_recorder import ExitStatus
from graphcontract.operations.merge import ShardMerger
from graphcontract.operations.once import OnceStage
from graphcontract.operations.shards import hash_operations
from graphcontract.operations.tally import Lists
from graphcontract.reporting import ReportError
from graphcontract.reporting.events import Event, Header
from graphcontract.reporting.operations_reader import OperationsReport

_ONE_RUN = "Merge the reports of one run: made with the same options, but for --shard and --report."
_MOST_NAMED = 10


def merge_reports(
    reports: Sequence[OperationsReport],
    ids: Mapping[str, str],
    make_lists: Callable[[Implementation], Lists],
    emit: Callable[[Event], None],
) -> ExitStatus:
    """Emit the events of the whole run, and return its exit status. `ids` maps each id that a clause has or
    had to the one that it has now. `ReportError` if these are not the reports of all shards of one run.
    """
    check_same_run(reports)
    ordered = check_shards(reports)
    first = ordered[0]
    named = first.header["implementation"]
    client = Implementation(named["name"], named.get("version"))
    lists = make_lists(client)
    _check_lists(ordered, lists)
    started = min(each.header["started"] for each in ordered)
    header: Header = {**first.header, "started": started}
    total = sum(each.planned for each in ordered)
    stage = OnceStage([], lambda _name, _version: make_lists(client).known, emit)
    merger = ShardMerger(header, first.plan["clauses"], total, ids, lists, stage.receive)
    for number, report in enumerate(ordered):
        for operation in report.operations:
            merger.add_operation(number, operation)
        for finding in report.findings:
            merger.add_finding(number, finding)
        merger.end_shard(report.footer)
    stopped = any(each.footer["counts"].get("not-run") for each in ordered)
    merger.close(stopped=stopped)
    requests = {each["operation"]: each["request"] for report in ordered for each in report.operations}
    for verdict in (each for report in ordered for each in report.verdicts):
        lead = verdict.get("operation", "")
        stage.add(verdict, requests.get(lead, lead))
    return stage.finish(whole=not stopped)


def check_same_run(reports: Sequence[OperationsReport]) -> None:
    """`ReportError` at the first difference between the settings of two reports."""
    first, *others = reports
    for other in others:
        for name, value in _list_settings(first).items():
            found = _list_settings(other)[name]
            if found != value:
                detail = f": {value} and {found}" if isinstance(value, str | int) else ""
                problem = f"{first.path} and {other.path} are not of one run, they differ in {name}{detail}"
                raise ReportError(problem, _ONE_RUN)


def _list_settings(report: OperationsReport) -> dict[str, object]:
    header = report.header
    named, options = header["implementation"], header.get("options", {})
    return {
        "the version of graphcontract": header["tool"]["version"],
        "the client": f"{named['name']} {named.get('version', '')}".rstrip(),
        "the CLIENT argument": str(options.get("client")),
        "the seed": header["seed"],
        "the profile": header["profile"],
        "the transport": header["transport"],
        "the use of TLS": bool(header.get("tls")),
        "--fail-on, or the use of --known-failures": header["fail_on"],
        "the clauses": [each["clause"] for each in report.plan["clauses"]],
        "the operations (their hash)": header["contract"]["sha256"],
        "the number of shards": header["shard"]["of"] if "shard" in header else 1,
    }


def check_shards(reports: Sequence[OperationsReport]) -> list[OperationsReport]:
    """Put the reports into the order of their shards; `ReportError` if one is missing or there twice."""
    found: dict[int, OperationsReport] = {}
    for report in reports:
        shard = report.header.get("shard")
        if shard is None:
            raise ReportError(f"{report.path} is the report of a whole run, not of a shard", _ONE_RUN)
        index, of = shard["index"], shard["of"]
        if index in found:
            problem = f"{found[index].path} and {report.path} are both of shard {index}/{of}"
            raise ReportError(problem, "Give the report of each shard once.")
        found[index] = report
    missing = [f"{index}/{of}" for index in range(1, of + 1) if index not in found]
    if missing or len(found) != of:
        more = f" and {len(missing) - _MOST_NAMED:,} more" if len(missing) > _MOST_NAMED else ""
        problem = f"shards are missing: {', '.join(missing[:_MOST_NAMED])}{more}"
        raise ReportError(problem, "Give the report of each shard, also of one that failed.")
    ordered = [found[index] for index in sorted(found)]
    _check_operations(ordered)
    return ordered


def _check_operations(reports: Sequence[OperationsReport]) -> None:
    where: dict[str, str] = {}
    names = []
    for report in reports:
        for event in report.operations:
            id = event["operation"]
            if id in where:
                raise ReportError(f"{where[id]} and {report.path} both have the operation {id}", _ONE_RUN)
            where[id] = report.path
            names.append(event["request"])
    if hash_operations(names) != reports[0].header["contract"]["sha256"]:
        paths = ", ".join(each.path for each in reports)
        raise ReportError(f"{paths} do not have the operations of the run that they name", _ONE_RUN)


def _check_lists(reports: Sequence[OperationsReport], lists: Lists) -> None:
    given = {"accepted": lists.known, "baseline": lists.baseline}
    flags = {"accepted": "--known-failures", "baseline": "--baseline"}
    for report in reports:
        for member, value in given.items():
            if member in report.footer and value is None:
                problem = f"the run of {report.path} had {flags[member]}, which decides over all shards"
                raise ReportError(problem, f"Give `report merge` the same {flags[member]} FILE.")
