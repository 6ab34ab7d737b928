"""Pages made from large reports: every clause violated, many operations, and many recorded exchanges."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measuring import Command, rounds

_GRAPHCONTRACT = str(Path(sys.executable).with_name("graphcontract"))
_OPERATIONS = 4350
_EXCHANGES = 100_000
_GOALS = {
    "every clause violated": "less than 0.5 s, 2 MB",
    f"{_OPERATIONS:,} operations": "less than 3 s, 5 MB",
    f"{_EXCHANGES:,} exchanges": "less than 5 s, 300 MiB",
}


def report(count: int) -> None:
    """Measure and print; the events are those of one failing run, changed or repeated."""
    with TemporaryDirectory() as made:
        folder = Path(made)
        writers = (_write_violations, _write_operations, _write_exchanges)
        commands: dict[str, Command] = {}
        for name, write in zip(_GOALS, writers, strict=True):
            events = folder / f"{len(commands)}.jsonl"
            events.write_text("".join(f"{line}\n" for line in write(_record(folder))), encoding="utf-8")
            words = ["report", "html", str(events), "-o", str(events.with_suffix(".html"))]
            commands[name] = Command([_GRAPHCONTRACT, *words])
        taken = rounds(commands, count)
        print()
        print(f"{'page of':34}{'wall':>8}{'processor':>11}{'peak RSS':>10}{'page':>10}")
        for (name, samples), number in zip(taken.items(), range(len(taken)), strict=True):
            wall, processor = (
                median(each.wall for each in samples),
                median(each.processor for each in samples),
            )
            memory = median(each.memory for each in samples) / 2**20
            size = (folder / f"{number}.html").stat().st_size / 1e6
            figures = f"{wall:6.2f} s{processor:9.2f} s{memory:6.0f} MiB{size:7.2f} MB"
            print(f"{name:34}{figures}   goal: {_GOALS[name]}")


def _record(folder: Path) -> list[dict[str, Any]]:
    """The events of a quick check of one clause that curl violates, with all exchanges."""
    path = folder / "run.jsonl"
    if not path.exists():
        client = 'command:curl -sf -X POST -H "Authorization: Bearer {token}" {url}'
        words = ["check", client, "--profile", "quick", "--select", "response.redirection"]
        command = [_GRAPHCONTRACT, *words, "--record", "all", "--report", f"jsonl={path}"]

        subprocess.run(command, capture_output=True, check=False)  # it ends with 1: the clause is violated
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _dump(event: dict[str, Any]) -> str:
    return json.dumps(event, separators=(",", ":"))


def _write_violations(events: list[dict[str, Any]]) -> Iterator[str]:
    """A run in which 80 clauses are violated, each with 12 exchanges of evidence."""
    from graphcontract.run.session import load_contract

    (plan,) = (each for each in events if each["event"] == "plan")
    (verdict,) = (each for each in events if each["event"] == "verdict")
    clauses = list(load_contract("sharepointmigrationtask-cancel").clauses)
    evidence = {**verdict["evidence"], "before": [verdict["evidence"]["exchange"]] * 11}
    planned = [{**plan["clauses"][0], "clause": id} for id in clauses]
    yield _dump(events[0])
    yield _dump({**plan, "clauses": planned})
    for number, id in enumerate(clauses):
        yield _dump({**verdict, "clause": id, "evidence": {**evidence, "id": f"{id}-{number:012x}"}})
    yield _dump(events[-1])


def _write_operations(events: list[dict[str, Any]]) -> Iterator[str]:
    """A run over many operations, one in ten violated, with 50 distinct faults."""
    (verdict,) = (each for each in events if each["event"] == "verdict")
    (plan,) = (each for each in events if each["event"] == "plan")
    yield _dump({**events[0], "kind": "operations"})
    yield _dump({**plan, "operations": _OPERATIONS})
    for number in range(_OPERATIONS):
        failed = number % 10 == 0
        yield _dump(
            {
                "event": "operation",
                "operation": f"area{number % 60}-of-operation-{number}-beta",
                "request": f"beta POST /area{number % 60}/{{id}}/operation{number}",
                "verdict": "fail" if failed else "pass",
                "fails_run": failed,
                "exchanges": 8,
                "duration": 0.01,
                **({"findings": [f"request.method-{number % 50:012x}"]} if failed else {}),
            }
        )
    for number in range(50):
        yield _dump(
            {
                "event": "finding",
                "clause": "request.method",
                "level": "MUST",
                "fails_run": True,
                "evidence": {**verdict["evidence"], "id": f"request.method-{number:012x}"},
                "operation": "area0-of-operation-0-beta",
                "operations": 9,
                "examples": ["area0-of-operation-0-beta"],
            }
        )
    violated = -(-_OPERATIONS // 10)
    counts = {"planned": _OPERATIONS, "judged": _OPERATIONS, "unsupported": 0, "violated": violated}
    yield _dump({**events[-1], "operations": counts})


def _write_exchanges(events: list[dict[str, Any]]) -> Iterator[str]:
    """A run with so many recorded exchanges."""
    recorded = [_dump(each) for each in events if each["event"] == "exchange"]
    yield from (_dump(each) for each in events if each["event"] in ("header", "plan"))
    yield from (recorded[number % len(recorded)] for number in range(_EXCHANGES))
    yield from (_dump(each) for each in events if each["event"] in ("verdict", "footer"))


if __name__ == "__main__":
    report(1)
