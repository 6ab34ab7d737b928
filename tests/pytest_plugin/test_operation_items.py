"""`--graph-operations`: an item for each operation, with the verdicts and reports of `check --operations`."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.pytest_plugin.test_plugin import SUITES, Project

INI = "[pytest]\ngraph_client = python:items:call\ngraph_profile = quick\n"
MESSAGES = (
    "--graph-operations",
    "beta * /me/messages/{id}",
    "--graph-operations",
    "beta POST /me/messages/{id}/*",
)
CLIENT = """
from dataclasses import replace
from graphcontract.clients.reference import make_call
from graphcontract.exchange import Outcome

def call(call):
    print("calling with", call.token)
    if call.path.endswith("/unsubscribe"):
        return Outcome.unsupported("no such method")
    wrong = call.path.endswith("/send")
    return make_call(replace(call, base_url=call.base_url.replace("/beta", "/v1.0")) if wrong else call)
"""
SEND = "graph-operations::me-messages-id-send-beta"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path, INI)
    made.write("items.py", CLIENT)
    return made


def test_each_operation_is_an_item(project: Project) -> None:
    reports = (
        "--junitxml=pytest.xml",
        "--graph-report=jsonl=report.jsonl",
        "--graph-report=junit=report.xml",
    )
    printed = project.pytest(*SUITES, "--graph-in-process", *MESSAGES, *reports, status=1)
    assert "1 failed, 2 passed, 1 skipped" in printed
    assert "The client sent a version segment other than beta" in printed
    assert "[token]" in printed
    assert "Traceback" not in printed
    root = ElementTree.parse(project.folder / "pytest.xml").getroot()
    failed = [f"{each.get('classname')}::{each.get('name')}" for each in root.iter("testcase") if len(each)]
    assert SEND in failed
    events = project.events("report.jsonl")
    verdicts = {each["operation"]: each["verdict"] for each in events if each["event"] == "operation"}
    assert verdicts == {
        "me-messages-id-delete-beta": "pass",
        "me-messages-id-permanentdelete-beta": "pass",
        "me-messages-id-send-beta": "fail",
        "me-messages-id-unsubscribe-beta": "not-supported",
    }
    assert [each["evidence"]["kind"] for each in events if each["event"] == "finding"] == ["version"]
    assert events[-1]["exit_status"] == 1
    assert 'name="me-messages-id-send-beta"' in (project.folder / "report.xml").read_text(encoding="utf-8")


def test_items_can_be_selected_and_a_failure_can_end_the_run(project: Project) -> None:
    words = (*SUITES, "--graph-in-process", *MESSAGES, "--graph-report=jsonl=report.jsonl")
    assert "2 passed, 2 deselected" in project.pytest(*words, "-k", "delete")
    assert project.events("report.jsonl")[-1]["operations"]["planned"] == 2
    project.pytest(*words, "-x", status=1)
    events = project.events("report.jsonl")
    assert len([each for each in events if each["event"] == "operation"]) == 4
    assert events[-1]["counts"]["not-run"] > 0


def test_a_known_failure_is_expected(project: Project) -> None:
    words = (*SUITES, "--graph-in-process", *MESSAGES, "--graph-report=jsonl=report.jsonl")
    project.pytest(*words, status=1)
    (finding,) = (each for each in project.events("report.jsonl") if each["event"] == "finding")
    entry = (
        f'{{"clause": "request.path", "evidence": ["{finding["evidence"]["id"]}"], "reason": "It is known."}}'
    )
    project.write("known.json", f'{{"known_failures": [{entry}]}}')
    assert "1 xfailed" in project.pytest(*words, "--graph-known-failures", "known.json")
    client = ("--graph-client", "reference")
    gone = project.pytest(*words, *client, "--graph-known-failures", "known.json", status=1)
    assert "known failure that is no longer seen" in gone


def test_a_pattern_without_a_match_is_a_usage_error(project: Project) -> None:
    printed = project.pytest(
        *SUITES, "--graph-in-process", "--graph-operations", "no-such-operation", status=4
    )
    assert "matches no operation" in printed
    assert "Traceback" not in printed


def test_workers_share_the_operations(project: Project) -> None:
    words = (*SUITES, "--graph-in-process", *MESSAGES, "-n", "2", "--graph-report=jsonl=report.jsonl")
    assert "1 failed, 2 passed, 1 skipped" in project.pytest_process(*words, status=1)
    assert project.events("report.jsonl")[-1]["operations"]["planned"] == 4
