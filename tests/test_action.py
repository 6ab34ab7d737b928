"""The GitHub Action gates, annotates and sums up; what its users write is never run as a script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.action import ACTION, CHECKOUT, STEPS, run

GULLIBLE = """
import sys
from graphcontract.clients.reference import make_call as good
from graphcontract.exchange import Outcome

def cancel(call):
    print("::error title=forged::printed by the client", file=sys.stderr)
    outcome = good(call)
    return Outcome.success() if outcome.kind == "failure" else outcome
"""
FAST = "--profile=quick\n--select=transport.failure\n"
INPUTS = (
    *("client", "contract", "operations", "shard", "baseline", "known-failures", "fail-on", "arguments"),
    "html",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "gullible.py").write_text(GULLIBLE)
    return tmp_path


def commands(log: str) -> list[str]:
    """The workflow commands of a log that GitHub obeys."""
    obeyed: list[str] = []
    resume: str | None = None
    for line in log.splitlines():
        stopped = re.fullmatch("::stop-commands::(.+)", line)
        if resume is None and stopped:
            resume = f"::{stopped[1]}::"
        elif line == resume:
            resume = None
        elif resume is None and line.lstrip().startswith("::"):
            obeyed.append(line)
    assert resume is None
    return obeyed


def test_a_client_that_holds(folder: Path) -> None:
    ran = run("Gate", folder, {"client": "reference", "arguments": FAST})
    assert (ran.status, commands(ran.log)) == (0, [])
    assert ran.output.startswith("exit-status=0\nreport<<")
    assert ran.output.splitlines()[2] == "reports/graphcontract.jsonl"
    assert ran.summary.startswith("## reference ")
    assert ran.output.splitlines()[5] == "reports/graphcontract.html"
    assert (folder / "reports" / "graphcontract.jsonl").stat().st_size
    assert (folder / "reports" / "graphcontract.html").read_text().startswith("<!doctype html>")


def test_a_client_that_does_not(folder: Path) -> None:
    given = {
        "client": "python:gullible:cancel",
        "arguments": FAST,
        "report": "",
        "html": "",
        "fail-on": "should",
    }
    ran = run("Gate", folder, given)
    assert (ran.status, ran.output) == (1, "exit-status=1\n")
    annotated = commands(ran.log)
    assert {line.partition(" ")[0] for line in annotated} == {"::error"}
    assert any("transport.failure" in line for line in annotated)
    assert not any("forged" in line for line in annotated)
    assert "**The client violates the contract.**" in ran.summary
    assert "<details>" in ran.summary


def test_failures_that_are_known(folder: Path) -> None:
    given = {"client": "python:gullible:cancel", "arguments": FAST}
    (folder / "known.json").write_text('{"known_failures": []}')
    assert run("Gate", folder, given | {"known-failures": "known.json"}).status == 1
    assert run("Gate", folder, given | {"known-failures": "none.json"}).status == 2


def test_many_operations(folder: Path) -> None:
    (folder / "base.json").write_text('{"supported_operations": []}')
    operations = "beta DELETE /me/messages/{id}\nbeta POST /me/messages/{id}/*\n"
    given = {"client": "reference", "arguments": "--profile=quick\n--no-once", "operations": operations}
    ran = run("Gate", folder, given | {"shard": "1/2", "baseline": "base.json"})
    assert (ran.status, commands(ran.log)) == (0, [])
    assert "against 2 operations of operations.jsonl (shipped)" in ran.summary
    assert "| /me | 2 | 2 | 0 | 0 |" in ran.summary
    assert "2 newly supported" in ran.log


def test_a_fault_in_many_operations_is_one_annotation(folder: Path) -> None:
    operations = {
        "operations": "beta * /me/messages/{id}*",
        "arguments": "--profile=quick\n--no-once\n--in-process",
    }
    (folder / "refuses_errors.py").write_text(GULLIBLE)
    ran = run(
        "Gate", folder, operations | {"client": "python:refuses_errors:cancel", "report": "", "html": ""}
    )
    assert (ran.status, ran.output) == (1, "exit-status=1\n")
    annotated = commands(ran.log)
    assert {line.partition(" ")[0] for line in annotated} == {"::error"}
    assert 1 <= len(annotated) <= 2, "one for each status code"
    assert not any("forged" in line for line in annotated)


def test_a_client_that_cannot_be_started(folder: Path) -> None:
    ran = run("Gate", folder, {"client": "process:/nonexistent/driver"})
    assert (ran.status, ran.output) == (3, "exit-status=3\n")
    (annotation,) = commands(ran.log)
    assert "exit status 3" in annotation
    assert "was not found" in ran.log
    assert "was not checked" in ran.summary


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(INPUTS, id="all inputs"),
        *(pytest.param((name,), marks=pytest.mark.nightly, id=name) for name in INPUTS),
    ],
)
@pytest.mark.parametrize("text", ["$(touch pwned)", 'x"; touch pwned; "', "x\ntouch pwned", "--help", "*"])
def test_no_input_is_run(folder: Path, text: str, names: tuple[str, ...]) -> None:
    given = {"client": "reference", "arguments": "--select=request.query\n--profile=quick"}
    ran = run("Gate", folder, given | dict.fromkeys(names, text))
    assert not (folder / "pwned").exists()
    assert ran.status in (0, 2), ran.log


def test_no_script_holds_an_expression() -> None:
    scripts = [step["run"] for step in STEPS if "run" in step]
    assert len(scripts) == 2
    assert not any("${{" in script for script in scripts)


@pytest.mark.parametrize(("package", "installed"), [("", str(CHECKOUT)), ("a == 0.1", "a == 0.1")])
@pytest.mark.parametrize(("version", "program"), [("", "python"), ("3.13", "uv")])
def test_what_is_installed_is_one_word(
    folder: Path, package: str, installed: str, version: str, program: str
) -> None:
    stub = folder / program
    stub.write_text('#!/bin/sh\nfor word in "$@"; do echo "<$word>"; done\n')
    stub.chmod(0o755)
    given = {"client": "reference", "package": package, "python-version": version}
    ran = run("Install", folder, given, first=folder)
    assert ran.status == 0
    assert ran.log.splitlines()[-1] == f"<{installed}>"
    assert (version != "") is ("<3.13>" in ran.log)


def test_the_page_is_kept_as_one_file() -> None:
    (step,) = (step for step in STEPS if step.get("uses", "").startswith("actions/upload-artifact@"))
    assert step["if"] == "always() && steps.gate.outputs.html != ''"
    assert step["with"] == {"path": "${{ steps.gate.outputs.html }}", "archive": False}


def test_every_input_is_described() -> None:
    for each in (*ACTION["inputs"].values(), *ACTION["outputs"].values()):
        assert each["description"]
    assert [name for name, each in ACTION["inputs"].items() if each.get("required")] == ["client"]
